// What has no length: it comes and goes piece by piece, it ends well or is seen to be broken off, and a client that
// leaves ends it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settle } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import type { Peer } from '../flow/http-trial.test-double.ts';
import { GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { ask, startRoutes } from './admin-trial.test-double.ts';

const COUNTS = { seen: 1, added: 1, changed: 0, unchanged: 0, returned: 0, vanished: 0, refused: 0 };
const NDJSON = ['Content-Type: application/x-ndjson', 'Transfer-Encoding: chunked'];

/** Pieces that the test gives when it likes, and that say how they ended. */
function playPieces<Piece>() {
  const waiting: PromiseWithResolvers<IteratorResult<Piece>>[] = [];
  let nextRead = 0;
  const turn = (index: number) => {
    const found = (waiting[index] ??= Promise.withResolvers());
    // A failure that comes before anybody waits for it is not an unhandled one.
    found.promise.catch(() => undefined);
    return found;
  };
  const state = { reads: 0, hasReturned: false };
  const iterator: AsyncIterableIterator<Piece> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => turn(state.reads++).promise,
    return: async () => {
      state.hasReturned = true;
      return { done: true, value: undefined };
    },
  };
  return {
    iterator,
    state,
    give: (value: Piece) => turn(nextRead++).resolve({ done: false, value }),
    end: () => turn(nextRead++).resolve({ done: true, value: undefined }),
    fail: (error: Error) => turn(nextRead++).reject(error),
  };
}

/** The pieces of a chunked answer that have come, and whether its last chunk has. */
function chunksOf({ received }: Peer): { readonly text: string; readonly isWhole: boolean } {
  const content = received.toString().split('\r\n\r\n').slice(1).join('\r\n\r\n');
  const text = content.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, '');
  return { text: text.replace(/\r\n$/, ''), isWhole: /(?:^|\r\n)0(?:\r\n|$)/.test(content) };
}

describe('an answer that is made while it is sent', GUARDED, () => {
  it('is sent as it comes, and ends', async (t) => {
    const pieces = playPieces<string>();
    const { connect, clock } = await startRoutes(t, { exportObjects: () => pieces.iterator });
    const peer = await connect();
    peer.ask('/admin/export?prefix=a');
    pieces.give('one\n');
    await untilTrue('the first piece', () => chunksOf(peer).text === 'one\n');
    assert.equal(chunksOf(peer).isWhole, false);
    pieces.give('two\n');
    pieces.end();
    await untilTrue('the end', () => chunksOf(peer).isWhole);
    assert.match(peer.received.toString(), /content-type: application\/x-ndjson\r\n/i);
    await untilTrue('no alarm', () => clock.alarmCount === 0);
    assert.equal(pieces.state.hasReturned, true);
  });

  it('is a problem where it fails before it begins, and cut where it fails later', async (t) => {
    const [early, late] = [playPieces<string>(), playPieces<string>()];
    const streams = [early, late];
    const { connect, reports } = await startRoutes(t, { exportObjects: () => streams.shift()!.iterator });
    early.fail(new SluiceError('unavailable', 'the database is away'));
    const { status, fields } = await ask(await connect(), 'GET /admin/export');
    assert.deepEqual([status, fields['retry-after']], [503, '2']);
    const peer = await connect();
    peer.ask('/admin/export');
    late.give('one\n');
    await untilTrue('the first piece', () => chunksOf(peer).text === 'one\n');
    late.fail(new SluiceError('unavailable', 'the database is away'));
    await peer.ended;
    assert.equal(chunksOf(peer).isWhole, false);
    assert.deepEqual([peer.wasReset, reports.map(({ code }) => code)], [true, ['unavailable']]);
  });

  it('is cut by a reset also for a client of HTTP/1.0, to whom the end is the end', async (t) => {
    const pieces = playPieces<string>();
    const { connect } = await startRoutes(t, { exportObjects: () => pieces.iterator });
    const peer = await connect();
    peer.socket.write('GET /admin/export HTTP/1.0\r\nHost: x\r\n\r\n');
    pieces.give('one\n');
    await untilTrue('the first piece', () => peer.received.toString().endsWith('one\n'));
    pieces.fail(new Error('broken'));
    await untilTrue('the reset', () => peer.wasReset);
  });

  it('waits for its reader, asks for nothing meanwhile, and does not wait for ever', async (t) => {
    const pieces = playPieces<string>();
    const { connect, clock } = await startRoutes(t, { exportObjects: () => pieces.iterator });
    const peer = await connect();
    peer.socket.pause();
    peer.ask('/admin/export');
    // More than the kernel takes on loopback.
    pieces.give('x'.repeat(32 << 20));
    await untilTrue('the wait', () => clock.alarmCount === 1);
    await settle();
    assert.equal(pieces.state.reads, 1);
    await clock.advance(120_000);
    await untilTrue('the end', () => pieces.state.hasReturned);
    assert.equal(clock.alarmCount, 0);
  });

  it('ends when its client leaves', async (t) => {
    const pieces = playPieces<string>();
    const signals: AbortSignal[] = [];
    const { connect, reports, clock } = await startRoutes(t, {
      exportObjects: (_query, { signal }) => {
        signals.push(signal);
        return pieces.iterator;
      },
    });
    const peer = await connect();
    peer.ask('/admin/export');
    pieces.give('one\n');
    await untilTrue('the first piece', () => pieces.state.reads === 2);
    peer.socket.destroy();
    await untilTrue('the abort', () => signals[0]!.aborted);
    pieces.give('two\n');
    await untilTrue('the end', () => pieces.state.hasReturned);
    assert.deepEqual([reports, clock.alarmCount], [[], 0], 'a client that leaves is no failure');
  });

  it('has a head alone for HEAD', async (t) => {
    const pieces = playPieces<string>();
    const { connect } = await startRoutes(t, { exportObjects: () => pieces.iterator });
    pieces.give('one\n');
    const { status } = await ask(await connect(), 'HEAD /admin/export');
    assert.equal(status, 200);
    await untilTrue('the end', () => pieces.state.hasReturned);
    assert.equal(pieces.state.reads, 1);
  });
});

describe('a scan', GUARDED, () => {
  it('that fails says so in its last line', async (t) => {
    const lines = playPieces<{ kind: 'progress'; counts: typeof COUNTS }>();
    const { connect, reports } = await startRoutes(t, { scan: () => lines.iterator });
    const peer = await connect();
    const content = '{"store":"s","bucket":"b"}';
    const fields = ['Content-Type: application/json', `Content-Length: ${content.length}`];
    peer.ask('/admin/scans', { method: 'POST', fields });
    peer.socket.write(content);
    lines.give({ kind: 'progress', counts: COUNTS });
    lines.fail(new SluiceError('origin-denied', 'the store says: secret words'));
    await untilTrue('the end', () => chunksOf(peer).isWhole);
    const told = chunksOf(peer)
      .text.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(told, [
      { kind: 'progress', counts: COUNTS },
      { kind: 'failed', title: 'The store refused the gateway' },
    ]);
    assert.deepEqual(
      reports.map(({ code }) => code),
      ['origin-denied'],
    );
  });
});

describe('an import', GUARDED, () => {
  it('takes its content as it comes, and no faster than it is wanted', async (t) => {
    const taken: number[] = [];
    const gate = Promise.withResolvers<void>();
    const { connect } = await startRoutes(t, {
      importObjects: async (content) => {
        for await (const piece of content) {
          taken.push(piece.length);
          await gate.promise;
        }
        return taken.length;
      },
    });
    const peer = await connect();
    const bytes = 32 << 20;
    const fields = ['Content-Type: application/x-ndjson', `Content-Length: ${bytes}`];
    peer.ask('/admin/import', { method: 'POST', fields });
    const isAllTaken = peer.socket.write(Buffer.alloc(bytes));
    await untilTrue('the first piece', () => taken.length > 0);
    await settle();
    assert.deepEqual([isAllTaken, taken.length, peer.socket.writableLength > 0], [false, 1, true]);
    gate.resolve();
    const { status } = await peer.answer();
    assert.deepEqual([status, taken.reduce((sum, length) => sum + length, 0)], [200, bytes]);
  });

  it('ends when its client leaves, or says nothing for too long', async (t) => {
    const ended: unknown[] = [];
    const { connect, clock, reports } = await startRoutes(t, {
      importObjects: async (content, { signal }) => {
        try {
          for await (const piece of content) assert.ok(piece.length > 0);
        } catch (error) {
          ended.push([error instanceof SluiceError && error.code, signal.aborted]);
          throw error;
        }
        return 0;
      },
    });
    const leaving = await connect();
    leaving.ask('/admin/import', { method: 'POST', fields: NDJSON });
    leaving.socket.write('3\r\n{}\n\r\n');
    await untilTrue('the wait', () => clock.alarmCount === 1);
    leaving.socket.destroy();
    await untilTrue('its end', () => ended.length === 1);
    const silent = await connect();
    silent.ask('/admin/import', { method: 'POST', fields: NDJSON });
    await untilTrue('the wait', () => clock.alarmCount === 1);
    await clock.advance(60_000);
    assert.equal((await silent.answer()).status, 408);
    await silent.ended;
    await untilTrue('its end', () => ended.length === 2);
    assert.deepEqual(ended, [
      ['closed', true],
      ['closed', true],
    ]);
    assert.deepEqual([clock.alarmCount, reports], [0, []]);
  });

  it('that is refused early is told so while its content still comes, for a while', async (t) => {
    const { connect, clock } = await startRoutes(t, {
      importObjects: async (content) => {
        for await (const piece of content) throw new SluiceError('bad-input', `line 1: ${piece.length} bytes`);
        return 0;
      },
    });
    const peer = await connect();
    peer.ask('/admin/import', { method: 'POST', fields: NDJSON });
    peer.socket.write('3\r\n{}\n\r\n');
    const { status, content } = await peer.answer();
    assert.deepEqual([status, /line 1: 3 bytes/.test(content.toString())], [422, true]);
    assert.equal(clock.alarmCount, 1);
    peer.socket.write('3\r\n{}\n\r\n');
    await clock.advance(2_000);
    await peer.ended;
  });

  it('that is refused leaves the connection as it was when all of its content has come', async (t) => {
    const { connect, clock } = await startRoutes(t, {
      importObjects: async () => {
        throw new SluiceError('bad-input', 'no');
      },
      collections: async () => [],
    });
    const peer = await connect();
    peer.ask('/admin/import', { method: 'POST', fields: NDJSON });
    peer.socket.write('3\r\n{}\n\r\n');
    assert.equal((await peer.answer()).status, 422);
    peer.socket.write('0\r\n\r\n');
    assert.equal((await ask(peer, 'GET /admin/collections')).status, 200);
    assert.equal(clock.alarmCount, 0);
  });
});
