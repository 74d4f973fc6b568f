// A source that fails: before the head the status says so, after it the connection is cut; and a client that goes, or a
// server that meddles, while that happens.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { createEngine } from '../flow/engine.ts';
import { GUARDED, HttpTrial, untilTrue } from '../flow/http-trial.test-double.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { sendObject } from './send-object.ts';
import type { Transfer } from './send-object.ts';
import { toProblemAnswer } from './status.ts';

/** What counts as delivered does not depend on when a machine acknowledges. */
const engine = createEngine({ kernel: 'off' });
const OBJECT = { bucket: 'b', key: 'k' };
const STAT = { size: 1000, etag: '"v"' };
const BYTES = patternBytes({ start: 0, end: STAT.size });

const CODES: readonly ErrorCode[] = [
  'not-found',
  'changed',
  'origin-denied',
  'origin-unreachable',
  'origin-timeout',
  'origin-busy',
  'origin-failed',
  'origin-invalid',
  'truncated',
  'stalled',
  'overloaded',
  'unavailable',
  'misuse',
];

async function begin(t: TestContext) {
  const source = new ScriptedSource();
  const transfers: Promise<Transfer>[] = [];
  const trial = await HttpTrial.start(t, (request, response) => {
    transfers.push(sendObject(request, response, { source, object: OBJECT, engine }));
  });
  const peer = await trial.connect();
  return { source, transfers, trial, peer };
}

describe('sendObject(), with a source that fails', GUARDED, () => {
  for (const code of CODES) {
    it(`says so before the head, as the table has it: ${code}`, async (t) => {
      const { source, transfers, peer } = await begin(t);
      const failure = new SluiceError(code, 'SECRET', { retryAfterMs: 6_500 });
      const { problem, retryAfterSeconds } = toProblemAnswer(failure);
      for (const step of ['stat', 'open'] as const) {
        source.know(OBJECT, step === 'stat' ? Promise.reject(failure) : STAT);
        peer.ask();
        if (step === 'open') (await source.nextBody()).fail(failure);
        const { status, fields, content } = await peer.answer();
        assert.equal(status, problem.status);
        assert.equal(fields['retry-after'], retryAfterSeconds === undefined ? undefined : '7');
        assert.equal(fields['content-type'], 'application/problem+json');
        assert.equal(fields['etag'], undefined, 'nothing of the object is said beside it');
        assert.deepEqual(JSON.parse(String(content)), problem);
        const { outcome, error, deliveredBytes } = await transfers.at(-1)!;
        assert.deepEqual([outcome, error, deliveredBytes], ['source-failed', failure, 0]);
      }
      assert.equal(source.unreleasedChunks, 0);
    });
  }

  it('takes anything else that is thrown for a failure of ours', async (t) => {
    const { source, transfers, peer } = await begin(t);
    const cause = new TypeError('SECRET');
    source.know(OBJECT, Promise.reject(cause));
    peer.ask();
    const { status, content } = await peer.answer();
    assert.equal(status, 500);
    assert.doesNotMatch(String(content), /SECRET/);
    const { outcome, error } = await transfers[0]!;
    assert.deepEqual([outcome, error?.code, error?.cause], ['source-failed', 'misuse', cause]);
  });

  it('survives a source whose functions throw at once', async (t) => {
    const { source, transfers, peer } = await begin(t);
    source.know(OBJECT, STAT);
    source.open = () => {
      throw new RangeError('oops');
    };
    peer.ask();
    assert.equal((await peer.answer()).status, 500);
    assert.deepEqual([(await transfers[0]!).outcome, (await transfers[0]!).error?.code], ['source-failed', 'misuse']);
  });

  it('answers as if nothing had been when the first part of several fails', async (t) => {
    const { source, transfers, peer } = await begin(t);
    source.know(OBJECT, STAT);
    peer.ask('/', { fields: ['Range: bytes=0-9,20-29'] });
    (await source.nextBody()).fail(new SluiceError('origin-busy', 'slow down'));
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['retry-after']], [503, '2']);
    assert.deepEqual((await transfers[0]!).ranges.length, 2);
  });

  for (const code of ['truncated', 'stalled', 'changed', 'origin-unreachable'] as const) {
    it(`cuts the connection after the head, so that what came is never taken for the whole: ${code}`, async (t) => {
      const { source, transfers, peer } = await begin(t);
      source.know(OBJECT, STAT);
      peer.ask();
      const body = await source.nextBody();
      body.confirm();
      body.give(BYTES.subarray(0, 600));
      await body.untilRead();
      const failure = new SluiceError(code, 'SECRET');
      body.fail(failure);
      await peer.ended;
      const [head = '', content = ''] = peer.received.toString('latin1').split('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 200 .*\r\ncontent-length: 1000\r\n/is);
      assert.equal(content, BYTES.toString('latin1', 0, 600));
      const { durationMs: _, ...transfer } = await transfers[0]!;
      assert.deepEqual(transfer, {
        outcome: 'source-failed',
        status: 200,
        ranges: [{ start: 0, end: 1000 }],
        deliveredBytes: 600,
        deliveredBy: 'accepted',
        receivedBytes: 600,
        overReadBytes: 0,
        resumedCount: 0,
        error: failure,
      });
    });
  }

  it('cuts the connection when a later part of several fails', async (t) => {
    const { source, transfers, peer } = await begin(t);
    source.know(OBJECT, STAT);
    peer.ask('/', { fields: ['Range: bytes=0-9,20-29'] });
    const first = await source.nextBody();
    first.confirm();
    first.give(BYTES.subarray(0, 10));
    first.end();
    (await source.nextBody()).fail(new SluiceError('changed', 'another version'));
    await peer.ended;
    assert.ok(peer.received.includes('Content-Range: bytes 20-29/1000'));
    assert.doesNotMatch(peer.received.toString('latin1'), /--\r\n$/, 'the closing never came');
    assert.deepEqual([(await transfers[0]!).outcome, (await transfers[0]!).error?.code], ['source-failed', 'changed']);
  });

  it('calls an object changed that is gone in the middle, for it was there', async (t) => {
    const { source, transfers, peer } = await begin(t);
    source.know(OBJECT, STAT);
    peer.ask();
    const body = await source.nextBody();
    body.confirm();
    body.give(BYTES.subarray(0, 600));
    await body.untilRead();
    const cause = new SluiceError('not-found', 'SECRET');
    body.fail(cause);
    await peer.ended;
    const { outcome, error } = await transfers[0]!;
    assert.deepEqual([outcome, error?.code, error?.cause], ['source-failed', 'changed', cause]);
  });

  it('cuts what stands in line behind it on the connection, too', async (t) => {
    const { source, transfers, peer } = await begin(t);
    source.know(OBJECT, STAT);
    peer.ask();
    peer.ask();
    const body = await source.nextBody();
    body.confirm();
    body.give(BYTES.subarray(0, 1));
    await body.untilRead();
    body.fail(new SluiceError('truncated', 'early'));
    await untilTrue('both transfers to begin', () => transfers.length === 2);
    const outcomes = (await Promise.all(transfers)).map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ['source-failed', 'client-gone']);
    assert.equal(source.bodies.length, 1);
  });

  it('is not surprised by a server that destroys the response in the middle', async (t) => {
    const source = new ScriptedSource();
    source.know(OBJECT, STAT);
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    peer.ask();
    const { request, response } = await trial.nextRequest();
    const transfer = sendObject(request, response, { source, object: OBJECT, engine });
    const body = await source.nextBody();
    body.confirm();
    await body.untilRead();
    response.destroy();
    // The bytes come in the turn in which nobody has been told yet.
    body.give(BYTES);
    assert.equal((await transfer).outcome, 'client-gone');
    assert.equal(source.unreleasedChunks, 0);
  });
});
