// A transfer that ends before it is complete: each moment, by the client in each way there is to leave, by a signal, by
// a stall. After each of them nothing is held for it: no body, no chunk, no listener.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { BLOCKING_BYTES, GUARDED, HttpTrial, countListeners, untilTrue } from '../flow/http-trial.test-double.ts';
import type { Exchange, Peer } from '../flow/http-trial.test-double.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { sendObject } from './send-object.ts';
import type { Transfer } from './send-object.ts';

const NEVER_MS = 600_000;
const OBJECT = { bucket: 'b', key: 'k' };
const STAT = { size: BLOCKING_BYTES, etag: '"v"' };

type Trial = {
  readonly peer: Peer;
  readonly exchange: Exchange;
  readonly source: ScriptedSource;
  readonly stop: AbortController;
  readonly transfer: Promise<Transfer>;
};

type Setting = { readonly isKnown?: boolean; readonly stallTimeoutMs?: number; readonly fields?: readonly string[] };

async function begin(t: TestContext, setting: Setting = {}): Promise<Trial> {
  const { isKnown = true, stallTimeoutMs = NEVER_MS, fields = [] } = setting;
  const source = new ScriptedSource();
  source.know(OBJECT, isKnown ? STAT : new Promise(() => {}));
  const trial = await HttpTrial.start(t);
  const peer = await trial.connect();
  peer.ask('/', { fields });
  const exchange = await trial.nextRequest();
  const stop = new AbortController();
  const options = { source, object: OBJECT, stallTimeoutMs, signal: stop.signal };
  const transfer = sendObject(exchange.request, exchange.response, options);
  return { peer, exchange, source, stop, transfer };
}

/** A body that has been asked for bytes. */
async function beginReading(t: TestContext, setting: Setting = {}): Promise<Trial & { readonly body: ScriptedBody }> {
  const begun = await begin(t, setting);
  const body = await begun.source.nextBody();
  body.confirm();
  await body.untilRead();
  return { ...begun, body };
}

const BLOCKED_BYTES = 5_000;

/** A write that waits, as one does that the kernel has no room for. */
async function blockWrite({ exchange, body }: Trial & { readonly body: ScriptedBody }): Promise<void> {
  exchange.request.socket.cork();
  body.give(patternBytes({ start: 0, end: BLOCKED_BYTES }));
  await untilTrue('a blocked write', () => exchange.request.socket.writableLength > 0);
}

/** The rest of the first body, and whatever is asked for after it, until nothing more is. */
function giveWhatIsAsked({ source, body }: Trial & { readonly body: ScriptedBody }): void {
  const give = (next: ScriptedBody, start: number) => {
    if (next.isOver) return;
    next.confirm();
    next.give(patternBytes({ start, end: next.request.range.end }));
    next.end();
    void source.nextBody().then((after) => give(after, after.request.range.start));
  };
  give(body, 1000);
}

type Moment = Trial & { readonly deliveredBytes?: number; readonly underWayBytes?: number };

/** The moments at which a transfer can be ended; each gives a trial that is there, and what it has delivered by then. */
const MOMENTS: Readonly<Record<string, (t: TestContext) => Promise<Moment>>> = {
  'while the source is asked': (t) => begin(t, { isKnown: false }),
  'while the source opens a body': async (t) => {
    const begun = await begin(t);
    await begun.source.nextBody();
    return begun;
  },
  'after the head, before a byte': async (t) => {
    const begun = await beginReading(t);
    await untilTrue('the head', () => begun.peer.received.includes('\r\n\r\n'));
    return begun;
  },
  'between two writes': async (t) => {
    const begun = await beginReading(t);
    begun.body.give(patternBytes({ start: 0, end: 1000 }));
    const hasBody = () => begun.peer.received.length - begun.peer.received.indexOf('\r\n\r\n') - 4 === 1000;
    await untilTrue('the bytes', hasBody);
    return { ...begun, deliveredBytes: 1000 };
  },
  'during a write that it does not take': async (t) => {
    const begun = await beginReading(t);
    await blockWrite(begun);
    return { ...begun, underWayBytes: BLOCKED_BYTES };
  },
  'between the parts of a multipart answer': async (t) => {
    const begun = await begin(t, { fields: ['Range: bytes=0-9,50-59'] });
    const first = await begun.source.nextBody();
    first.confirm();
    first.give(patternBytes({ start: 0, end: 10 }));
    first.end();
    await begun.source.nextBody();
    const headOfPart = (start: number) =>
      `\r\n--${'-'.repeat(32)}\r\nContent-Type: application/octet-stream\r\n` +
      `Content-Range: bytes ${start}-${start + 9}/${STAT.size}\r\n\r\n`;
    return { ...begun, deliveredBytes: headOfPart(0).length - 2 + 10 + headOfPart(50).length };
  },
};

/** Fails unless the transfer ended so, and nothing of it is left. Of a write under way some may leave in the end. */
async function assertEnded(
  begun: Trial & { readonly underWayBytes?: number },
  expected: Pick<Transfer, 'outcome' | 'deliveredBytes'>,
): Promise<void> {
  const { exchange, source, stop, transfer, underWayBytes = 0 } = begun;
  const { outcome, deliveredBytes, receivedBytes, overReadBytes, error } = await transfer;
  assert.deepEqual([outcome, error?.code], [expected.outcome, 'closed']);
  assert.ok(deliveredBytes >= expected.deliveredBytes && deliveredBytes <= expected.deliveredBytes + underWayBytes);
  assert.ok(overReadBytes <= receivedBytes);
  assert.equal(exchange.request.socket.destroyed, true);
  assert.equal(source.unreleasedChunks, 0);
  for (const body of source.bodies) {
    assert.equal(body.isOver, true);
    assert.deepEqual(countListeners(body.request.signal), { abort: 0 });
  }
  assert.deepEqual(countListeners(stop.signal), { abort: 0 });
  // Once Node has closed the response, too, only its own listeners are there.
  await untilTrue('the response to be closed', () => exchange.response.closed);
  const own = ['socket', 'drain', 'error', 'finish'].map((name) => exchange.response.listenerCount(name));
  assert.deepEqual(own.slice(0, 3), [0, 0, 0]);
  assert.ok(own[3]! <= 1, 'Node itself has one for the end of a response');
}

describe('sendObject(), ended early', GUARDED, () => {
  for (const [when, approach] of Object.entries(MOMENTS)) {
    for (const [how, leave] of [
      ['closes', 'destroy'],
      ['resets', 'resetAndDestroy'],
      ['half-closes', 'end'],
    ] as const) {
      it(`lets go when the client ${how} ${when}`, async (t) => {
        const begun = await approach(t);
        begun.peer.socket[leave]();
        await assertEnded(begun, { outcome: 'client-gone', deliveredBytes: begun.deliveredBytes ?? 0 });
      });
    }

    it(`is cut short by its signal ${when}`, async (t) => {
      const begun = await approach(t);
      const { source, stop, exchange } = begun;
      stop.abort();
      assert.equal(exchange.request.socket.destroyed, true, 'in the same turn');
      assert.ok(
        source.bodies.every(({ isOver }) => isOver),
        'in the same turn',
      );
      await assertEnded(begun, { outcome: 'cut-short', deliveredBytes: begun.deliveredBytes ?? 0 });
      begun.peer.socket.resume();
      await begun.peer.ended;
    });
  }

  it('asks the source for nothing when the client has gone before the call', async (t) => {
    const source = new ScriptedSource();
    source.know(OBJECT, STAT);
    for (const how of ['closed', 'aborted'] as const) {
      const trial = await HttpTrial.start(t);
      const peer = await trial.connect();
      peer.ask();
      const exchange = await trial.nextRequest();
      const stop = new AbortController();
      if (how === 'closed') exchange.request.socket.destroy();
      else stop.abort();
      const options = { source, object: OBJECT, signal: stop.signal };
      const transfer = sendObject(exchange.request, exchange.response, options);
      const outcome = how === 'closed' ? 'client-gone' : 'cut-short';
      await assertEnded({ peer, exchange, source, stop, transfer }, { outcome, deliveredBytes: 0 });
      assert.equal((await transfer).status, undefined);
    }
    assert.equal(source.bodies.length, 0);
  });

  it('sends no head to a client that went in the turn in which the body opened', async (t) => {
    const begun = await begin(t);
    const body = await begun.source.nextBody();
    body.confirm();
    begun.exchange.request.socket.destroy();
    await assertEnded(begun, { outcome: 'client-gone', deliveredBytes: 0 });
    assert.equal(begun.exchange.response.headersSent, false);
  });

  it('tells of bytes that came and that nobody took', async (t) => {
    const begun = await beginReading(t);
    await blockWrite(begun);
    begun.peer.socket.resetAndDestroy();
    const { receivedBytes, overReadBytes } = await begun.transfer;
    assert.deepEqual([receivedBytes, overReadBytes], [BLOCKED_BYTES, BLOCKED_BYTES]);
  });

  it('is cut short by a client that takes nothing, and not by a source that gives nothing', async (t) => {
    const begun = await beginReading(t, { stallTimeoutMs: 40 });
    begun.body.give(patternBytes({ start: 0, end: 1000 }));
    await begun.body.untilRead();
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(begun.body.isOver, false, 'the client has all there was');
    begun.peer.socket.pause();
    giveWhatIsAsked(begun);
    const { outcome, error } = await begun.transfer;
    assert.deepEqual([outcome, error?.code], ['cut-short', 'closed']);
  });

  it('ends all that stand in line on a connection when its client goes', async (t) => {
    const source = new ScriptedSource();
    source.know(OBJECT, STAT);
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    const stop = new AbortController();
    const transfers: Trial[] = [];
    for (let count = 0; count < 3; count += 1) {
      peer.ask();
      const exchange = await trial.nextRequest();
      const options = { source, object: OBJECT, signal: stop.signal };
      const transfer = sendObject(exchange.request, exchange.response, options);
      transfers.push({ peer, exchange, source, stop, transfer });
    }
    await source.nextBody();
    assert.equal(source.bodies.length, 1, 'those that wait for their turn ask for nothing');
    peer.socket.resetAndDestroy();
    const outcomes = await Promise.all(transfers.map(({ transfer }) => transfer));
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['client-gone', 'client-gone', 'client-gone'],
    );
    assert.equal(source.bodies.length, 1);
    assert.deepEqual(countListeners(stop.signal), { abort: 0 });
  });
});
