// An origin that fails: in the middle of a body the client sees a broken transfer and never a complete one; before
// the first byte it gets a status that says what happened, and when to come back.
import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import type { Fault, FaultRule } from '../../src/lab/origin/fault-rules.ts';
import { syntheticBytes, syntheticSha256 } from '../../src/lab/origin/synthetic-bytes.ts';
import type { Answer } from './http-reader.ts';
import { runProgram } from './program.ts';
import { openRawClient } from './raw-client.ts';
import { followTransfers, startWorld, within } from './world.ts';

const LARGE = { id: 'large', size: 40_000_000, seed: 21 };
/** What the origin gives before it fails for good: more than its first answers, less than the object. */
const BREAKING_BYTES = 10_000_000;
const REPLACED = { id: 'replaced', size: 1_000_000, seed: 22 };
const REMOVED = { id: 'removed', size: 1_000_000, seed: 23 };
const UNREACHABLE = { id: 'unreachable', store: 'gone' };

/** Nobody listens there: tcpmux, the service of that port, has not been in use for decades. */
const DEAD_ENDPOINT = 'http://127.0.0.1:1';

const world = await startWorld({
  objects: [LARGE, REPLACED, REMOVED],
  config: { timeouts: { connectMs: 500, headMs: 200, upstreamStallMs: 300 } },
  stores: { gone: { type: 's3', endpoint: DEAD_ENDPOINT, region: 'us-east-1' } },
  entries: [
    {
      ...UNREACHABLE,
      collection: 'default',
      bucket: 'bucket',
      key: 'k',
      size: 5,
      etag: '"e"',
      filename: 'k',
      mediaType: 'text/plain',
      digests: {},
    },
  ],
});
const { origin, gateway } = world;

/** The ledger's word on the transfer that has just ended. */
const lastLine = followTransfers(gateway);

async function ask(
  id: string,
  range?: string,
): Promise<{ readonly answer: Answer | undefined; readonly rest: string }> {
  const client = await openRawClient(gateway);
  const answered = client.answer().catch(() => undefined);
  client.write(`GET /data/${id} HTTP/1.1\r\nHost: test\r\n${range === undefined ? '' : `Range: ${range}\r\n`}\r\n`);
  const answer = await within(answered, `an answer for ${id}`);
  const rest = client.unasked;
  client.close();
  return { answer, rest };
}

/** From the moment on that so many bytes have left the origin, every request suffers `fault`. */
async function failAfter(bytes: number, fault: Fault): Promise<void> {
  origin.meter.reset();
  // Slow enough for that moment to come before the end.
  origin.setFaults([{ fault: { rateBytesPerSecond: 20_000_000 } }]);
  await origin.meter.until(({ totals }) => totals.bytesLeft >= bytes || undefined);
  origin.setFaults([{ fault }]);
}

describe('an origin that fails in the middle', () => {
  afterEach(() => origin.setFaults([]));

  const endings: readonly (readonly [string, Fault, string])[] = [
    ['resets', { resetAfterBytes: 100 }, 'truncated'],
    ['ends early', { truncateAfterBytes: 100 }, 'truncated'],
    ['falls silent', { stallAfterBytes: 100 }, 'stalled'],
    ['has no answer but a reset', { resetUnanswered: true }, 'origin-unreachable'],
  ];
  for (const [how, fault, error] of endings) {
    for (const program of ['curl', 'wget'] as const) {
      it(`and ${how} for good breaks the transfer of ${program}`, async () => {
        const failing = failAfter(BREAKING_BYTES, fault);
        const args = program === 'curl' ? ['-s'] : ['-q', '--tries=1', '-O', '-'];
        const { code, outBytes } = await runProgram(program, [...args, world.urlOf(LARGE.id)]);
        await failing;
        assert.notEqual(code, 0);
        assert.ok(outBytes < LARGE.size);
        const { outcome, status, deliveredBytes, ...line } = await lastLine();
        assert.deepEqual([outcome, status, line.error], ['source-failed', 200, error]);
        assert.ok(deliveredBytes >= outBytes, 'what the client has was delivered');
      });
    }
  }

  it('gives only right bytes up to there', async () => {
    const failing = failAfter(BREAKING_BYTES, { resetUnanswered: true });
    const { answer, rest } = await ask(LARGE.id);
    await failing;
    assert.equal(answer, undefined);
    const body = Buffer.from(rest.slice(rest.indexOf('\r\n\r\n') + 4), 'latin1');
    assert.ok(body.equals(syntheticBytes({ ...LARGE, offset: 0, length: body.length })));
    await lastLine();
  });

  it('never continues a response with another version', async () => {
    origin.setFaults([{ match: { nth: 2 }, fault: { changedEtag: true } }]);
    const { answer, rest } = await ask(LARGE.id, 'bytes=0-99, 200-299');
    assert.equal(answer, undefined);
    const expected = syntheticBytes({ ...LARGE, offset: 0, length: 100 }).toString('latin1');
    const [, afterFirst] = rest.split(expected);
    assert.ok(afterFirst !== undefined && afterFirst.length < 300, 'the first part, and no bytes of a second one');
    const { outcome, status, error } = await lastLine();
    assert.deepEqual([outcome, status, error], ['source-failed', 206, 'changed']);
  });
});

describe('an origin that fails before the first byte', () => {
  after(() => world.close());
  afterEach(() => origin.setFaults([]));

  const RETRY_AFTER = /^[1-9]\d*$/;
  const refusals: readonly (readonly [string, FaultRule, number, string, boolean])[] = [
    ['asks to slow down', { fault: { slowDown: {} } }, 503, 'origin-busy', true],
    ['says when to come back', { fault: { slowDown: { retryAfterSeconds: 1 } } }, 503, 'origin-busy', true],
    ['fails', { fault: { internalError: true } }, 502, 'origin-failed', true],
    ['resets every connection', { fault: { resetUnanswered: true } }, 502, 'origin-unreachable', true],
    ['does not answer', { fault: { neverAnswer: true } }, 504, 'origin-timeout', true],
    ['answers too late', { fault: { headDelayMs: 60_000 } }, 504, 'origin-timeout', true],
    ['has another version', { fault: { changedEtag: true } }, 502, 'changed', false],
  ];
  for (const [how, rule, status, error, hasRetryAfter] of refusals) {
    it(`and ${how} makes a ${status}`, async () => {
      origin.setFaults([rule]);
      const { answer } = await ask(LARGE.id);
      assert.equal(answer?.status, status);
      assert.equal(answer.fields['content-type'], 'application/problem+json');
      assert.equal(RETRY_AFTER.test(answer.fields['retry-after'] ?? ''), hasRetryAfter);
      const line = await lastLine();
      assert.deepEqual([line.outcome, line.status, line.error], ['source-failed', status, error]);
      assert.equal(line.deliveredBytes, 0);
    });
  }

  it('but answers rightly when asked again is not noticed', async () => {
    origin.setFaults([{ times: 2, fault: { slowDown: {} } }]);
    const { code, outSha256 } = await runProgram('curl', ['-sS', '--fail', world.urlOf(LARGE.id)]);
    assert.deepEqual([code, outSha256], [0, await syntheticSha256(LARGE)]);
    assert.equal((await lastLine()).outcome, 'complete');
  });

  for (const [how, fault] of [
    ['gives other bytes than were asked for', { wrongContentRange: true }],
    ['gives the whole instead of a range', { ignoreRange: true }],
  ] as const) {
    it(`and ${how} makes a 502`, async () => {
      origin.setFaults([{ fault }]);
      const { answer } = await ask(LARGE.id, 'bytes=1000-1999');
      assert.equal(answer?.status, 502);
      const line = await lastLine();
      assert.deepEqual([line.outcome, line.error], ['source-failed', 'origin-invalid']);
    });
  }

  it('because the object was replaced makes a 502, since the catalog names one version', async () => {
    origin.replaceObject(world.bucket, REPLACED.id);
    assert.equal((await ask(REPLACED.id)).answer?.status, 502);
    assert.equal((await lastLine()).error, 'changed');
  });

  it('because the object was removed makes a 404', async () => {
    origin.removeObject(world.bucket, REMOVED.id);
    assert.equal((await ask(REMOVED.id)).answer?.status, 404);
    assert.equal((await lastLine()).error, 'not-found');
  });

  it('because it is down makes a 502 that says when to come back', async () => {
    const { answer } = await ask(UNREACHABLE.id);
    assert.equal(answer?.status, 502);
    assert.match(answer.fields['retry-after'] ?? '', RETRY_AFTER);
    const line = await lastLine();
    assert.deepEqual([line.outcome, line.error], ['source-failed', 'origin-unreachable']);
  });
});
