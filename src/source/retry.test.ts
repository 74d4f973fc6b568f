// When a request is made again, how long that waits, and that an abort ends the wait.
import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import { DEFAULT_RETRY_POLICY, planRetry, withRetries } from './retry.ts';

const POLICY = { attempts: 4, baseMs: 100, maxMs: 2_000 };
const BUSY = new SluiceError('origin-busy', 'slow down', { retryable: true });
const never = (): AbortSignal => new AbortController().signal;

/** Fails with each of these in turn, then succeeds with how often it was called. */
function failing(errors: readonly unknown[]): () => Promise<number> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= errors.length) throw errors[calls - 1];
    return calls;
  };
}

describe('planRetry()', () => {
  test('the upper bound doubles with each attempt, up to the most', () => {
    const policy = { ...POLICY, attempts: 100 };
    const boundsMs = [1, 2, 3, 4, 5, 6, 50].map((attempt) => planRetry(policy, BUSY, { attempt, random: 1 }));
    assert.deepEqual(boundsMs, [100, 200, 400, 800, 1600, 2000, 2000]);
  });

  test('the jitter is full: from nothing to the bound', () => {
    assert.equal(planRetry(POLICY, BUSY, { attempt: 2, random: 0 }), 0);
    assert.equal(planRetry(POLICY, BUSY, { attempt: 2, random: 0.25 }), 50);
    fc.assert(
      fc.property(fc.nat(2), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (before, random) => {
        const attempt = before + 1;
        const pauseMs = planRetry(POLICY, BUSY, { attempt, random })!;
        assert.ok(pauseMs >= 0 && pauseMs < POLICY.baseMs * 2 ** before);
      }),
    );
  });

  test('after the last attempt there is none', () => {
    assert.notEqual(planRetry(POLICY, BUSY, { attempt: 3, random: 0 }), undefined);
    assert.equal(planRetry(POLICY, BUSY, { attempt: 4, random: 0 }), undefined);
    assert.equal(planRetry({ ...POLICY, attempts: 1 }, BUSY, { attempt: 1, random: 0 }), undefined);
  });

  test('what the origin asked for is the least', () => {
    const asked = new SluiceError('origin-busy', 'slow down', { retryable: true, retryAfterMs: 3_000 });
    assert.equal(planRetry(POLICY, asked, { attempt: 1, random: 0.5 }), 3_000);
    const soon = new SluiceError('origin-busy', 'slow down', { retryable: true, retryAfterMs: 10 });
    assert.equal(planRetry(POLICY, soon, { attempt: 1, random: 0.5 }), 50);
  });

  test('what cannot succeed, or is no error of ours, is not tried again', () => {
    for (const error of [new SluiceError('not-found', 'gone'), new Error('a bug'), undefined]) {
      assert.equal(planRetry(POLICY, error, { attempt: 1, random: 0 }), undefined);
    }
  });

  test('the default tries four times within some seconds', () => {
    const { attempts, maxMs } = DEFAULT_RETRY_POLICY;
    assert.equal(attempts, 4);
    assert.ok((attempts - 1) * maxMs <= 6_000);
  });
});

describe('withRetries()', () => {
  const quick = { ...POLICY, baseMs: 1 };

  test('gives what the first success gives', async () => {
    assert.equal(await withRetries(quick, never, failing([])), 1);
    assert.equal(await withRetries(quick, never, failing([BUSY, BUSY])), 3);
  });

  test('rejects with the last error when the attempts are used up', async () => {
    const last = new SluiceError('origin-failed', 'the last', { retryable: true });
    await assert.rejects(withRetries(quick, never, failing([BUSY, BUSY, BUSY, last])), last);
  });

  test('rejects at once with what is not worth repeating', async () => {
    const denied = new SluiceError('origin-denied', 'no');
    const calls = mock.fn(failing([denied]));
    await assert.rejects(withRetries(quick, never, calls), denied);
    assert.equal(calls.mock.callCount(), 1);
  });

  test('asks for the signal only when there is a pause to be cut', async () => {
    const signal = mock.fn(never);
    await withRetries(quick, signal, failing([]));
    assert.equal(signal.mock.callCount(), 0);
    await withRetries(quick, signal, failing([BUSY]));
    assert.equal(signal.mock.callCount(), 1);
  });

  test('an abort ends the pause, and nothing is tried any more', async () => {
    const controller = new AbortController();
    const asked = new SluiceError('origin-busy', 'come back in an hour', { retryable: true, retryAfterMs: 3_600_000 });
    const calls = mock.fn(failing([asked]));
    const pending = withRetries(quick, () => controller.signal, calls);
    await nextTurn();
    controller.abort();
    await assert.rejects(pending, { code: 'closed' });
    assert.equal(calls.mock.callCount(), 1);
  });

  test('a signal that is aborted already leaves no pause', async () => {
    await assert.rejects(
      withRetries(quick, () => AbortSignal.abort(), failing([BUSY])),
      { code: 'closed' },
    );
  });
});
