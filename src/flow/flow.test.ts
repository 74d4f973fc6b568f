// The loop between a body and its client, at every moment at which one of the two can end it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { Body, Chunk } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { Client } from './client.ts';
import { flow } from './flow.ts';
import { BLOCKING_BYTES, GUARDED, HttpTrial, countListeners, untilTrue } from './http-trial.test-double.ts';

const NEVER_MS = 600_000;

/** Each chunk that was given back: whether the connection was closed by then, and what it had not yet taken. */
type Release = { readonly closed: boolean; readonly untakenBytes: number };

/** A body whose holder is watched as it gives chunks back. */
function observe(body: Body, onRelease: () => void): Body {
  const read = async (): Promise<Chunk | undefined> => {
    const chunk = await body.read();
    if (!chunk) return undefined;
    const release = () => {
      onRelease();
      chunk.release();
    };
    return { bytes: chunk.bytes, release };
  };
  return { opened: body.opened, receivedBytes: 0, read, close: () => body.close() };
}

/** A flow of `size` bytes that has sent its head and reads its first chunk. */
async function begin(t: TestContext, { size = 10, stallTimeoutMs = NEVER_MS } = {}) {
  const trial = await HttpTrial.start(t);
  const peer = await trial.connect();
  peer.ask();
  const { request, response } = await trial.nextRequest();
  const stop = new AbortController();
  const client = new Client(request, response, { stallTimeoutMs, signal: stop.signal });
  const source = new ScriptedSource();
  const body = source.open({
    object: { bucket: '', key: 'object' },
    version: { size, etag: '"v"' },
    range: { start: 0, end: size },
    signal: client.signal,
  });
  body.confirm();
  client.head(200, { 'content-length': String(size) });
  const releases: Release[] = [];
  const { socket } = request;
  const onRelease = () => releases.push({ closed: socket.destroyed, untakenBytes: socket.writableLength });
  const flowing = flow(observe(body, onRelease), client);
  const whole = patternBytes({ start: 0, end: size });
  const assertNothingLeft = () => {
    assert.equal(source.unreleasedChunks, 0);
    assert.equal(body.isOver, true);
    for (const signal of [stop.signal, client.signal]) assert.deepEqual(countListeners(signal), { abort: 0 });
    for (const name of ['drain', 'finish', 'socket', 'error'])
      assert.ok(response.listenerCount(name) <= (name === 'finish' ? 1 : 0), name);
  };
  return { peer, request, stop, client, source, body, releases, flowing, whole, assertNothingLeft };
}

describe('flow()', GUARDED, () => {
  it('delivers every byte and gives each chunk back when the kernel has it', async (t) => {
    const size = 3_000_017;
    const { peer, body, releases, flowing, whole, assertNothingLeft } = await begin(t, { size });
    for (let start = 0; start < size; start += 250_000) body.give(whole.subarray(start, start + 250_000));
    body.end();
    assert.deepEqual(await flowing, { outcome: 'complete', deliveredBytes: size, deliveredBy: 'accepted' });
    // A chunk that was given back too early would have been overwritten by the next one, or by the double.
    assert.ok((await peer.answer()).content.equals(whole));
    assert.equal(releases.length, 13);
    assert.deepEqual(
      releases.filter(({ closed, untakenBytes }) => closed || untakenBytes > 0),
      [],
    );
    assert.equal(body.closedBy, 'close()');
    assertNothingLeft();
  });

  it('delivers chunks of any length, empty ones too', async (t) => {
    const { peer, body, flowing, whole } = await begin(t, { size: 7 });
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 7],
      [7, 7],
    ])
      body.give(whole.subarray(start, end));
    body.end();
    assert.deepEqual(await flowing, { outcome: 'complete', deliveredBytes: 7, deliveredBy: 'accepted' });
    assert.ok((await peer.answer()).content.equals(whole));
  });

  for (const [how, leave] of [
    ['closes', 'destroy'],
    ['resets', 'resetAndDestroy'],
    ['half-closes', 'end'],
  ] as const) {
    it(`lets go when the client ${how} while the source is silent`, async (t) => {
      const { peer, body, flowing, whole, assertNothingLeft } = await begin(t);
      body.give(whole.subarray(0, 4));
      await body.untilRead();
      peer.socket[leave]();
      const { outcome, deliveredBytes, error } = await flowing;
      assert.deepEqual([outcome, deliveredBytes, error?.code], ['client-gone', 4, 'closed']);
      assert.equal(body.closedBy, 'the signal', 'the body is let go before the loop hears of it');
      assertNothingLeft();
    });

    it(`lets go when the client ${how} during a write that it does not take`, async (t) => {
      const { peer, request, body, releases, flowing, whole, assertNothingLeft } = await begin(t, {
        size: BLOCKING_BYTES,
      });
      peer.socket.pause();
      body.give(whole);
      await untilTrue('a blocked write', () => request.socket.writableLength > 0);
      peer.socket[leave]();
      const { outcome, deliveredBytes } = await flowing;
      assert.equal(outcome, 'client-gone');
      assert.ok(
        deliveredBytes > 0 && deliveredBytes < BLOCKING_BYTES,
        `${deliveredBytes} bytes of a write in the kernel`,
      );
      assert.deepEqual(
        releases.map(({ closed }) => closed),
        [true],
        'no memory goes back while the connection may still read it',
      );
      assertNothingLeft();
    });
  }

  it('lets go when the client leaves between two writes', async (t) => {
    const { peer, request, body, releases, flowing, whole, assertNothingLeft } = await begin(t);
    body.give(whole.subarray(0, 4));
    await untilTrue('the first chunk to be delivered', () => releases.length === 1);
    body.give(whole.subarray(4, 6));
    peer.socket.resetAndDestroy();
    await untilTrue('the connection to be closed', () => request.socket.destroyed);
    const { outcome } = await flowing;
    assert.equal(outcome, 'client-gone');
    assertNothingLeft();
  });

  it('has an outcome when the client leaves after the last byte and before the end', async (t) => {
    const { peer, body, flowing, whole, assertNothingLeft } = await begin(t);
    body.give(whole);
    await body.untilRead();
    await peer.untilReceived(10);
    peer.socket.destroy();
    const { outcome, deliveredBytes } = await flowing;
    assert.deepEqual([outcome, deliveredBytes], ['client-gone', 10]);
    assertNothingLeft();
  });

  it('is complete when the client leaves after the end', async (t) => {
    const { peer, body, flowing, whole, assertNothingLeft } = await begin(t);
    body.give(whole);
    body.end();
    assert.equal((await flowing).outcome, 'complete');
    peer.socket.resetAndDestroy();
    await peer.ended;
    assertNothingLeft();
  });

  it('is cut short by a client that takes nothing for too long', async (t) => {
    const { peer, body, releases, flowing, whole, assertNothingLeft } = await begin(t, {
      size: BLOCKING_BYTES,
      stallTimeoutMs: 30,
    });
    peer.socket.pause();
    body.give(whole);
    assert.equal((await flowing).outcome, 'cut-short');
    assert.deepEqual(
      releases.map(({ closed }) => closed),
      [true],
    );
    assertNothingLeft();
  });

  it('is cut short by a signal, while the source is silent and during a blocked write', async (t) => {
    for (const size of [10, BLOCKING_BYTES]) {
      const { peer, request, stop, body, releases, flowing, whole, assertNothingLeft } = await begin(t, { size });
      peer.socket.pause();
      if (size > 10) {
        body.give(whole);
        await untilTrue('a blocked write', () => request.socket.writableLength > 0);
      }
      stop.abort();
      assert.equal(request.socket.destroyed, true, 'in the same turn');
      assert.equal(body.closedBy, 'the signal', 'in the same turn');
      assert.equal((await flowing).outcome, 'cut-short');
      assert.deepEqual(
        releases.filter(({ closed }) => !closed),
        [],
      );
      assertNothingLeft();
    }
  });

  it('cuts the connection when the source fails, so that what came is never taken for the whole', async (t) => {
    const { peer, body, flowing, whole, assertNothingLeft } = await begin(t);
    const failure = new SluiceError('truncated', 'the origin ended the body early');
    body.give(whole.subarray(0, 4));
    await body.untilRead();
    body.fail(failure);
    const { deliveredBy: _, ...ended } = await flowing;
    assert.deepEqual(ended, { outcome: 'source-failed', deliveredBytes: 4, error: failure });
    await peer.ended;
    assert.ok(peer.received.subarray(-4).equals(whole.subarray(0, 4)));
    assertNothingLeft();
  });

  it('takes a failure that is not in the words of the contract for misuse', async (t) => {
    const { body, flowing } = await begin(t);
    const cause = new TypeError('oops');
    body.fail(cause);
    const { outcome, error } = await flowing;
    assert.deepEqual([outcome, error?.code, error?.cause], ['source-failed', 'misuse', cause]);
  });

  for (const [what, givenBytes] of [
    ['too few', 9],
    ['too many', 11],
  ] as const) {
    it(`cuts the connection when a body that breaks its contract gives ${what} bytes`, async (t) => {
      const { peer, body, flowing, assertNothingLeft } = await begin(t, { size: 10 });
      body.give(patternBytes({ start: 0, end: givenBytes }));
      body.end();
      const { outcome, error } = await flowing;
      assert.deepEqual([outcome, error?.code], ['source-failed', 'misuse']);
      await peer.ended;
      assertNothingLeft();
    });
  }
});
