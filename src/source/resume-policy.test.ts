// Which failure is final, how long the pause before the next attempt is, and when the count begins anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import { DEFAULT_RESUME_POLICY, Setbacks } from './resume-policy.ts';
import type { Setback } from './resume-policy.ts';

const BUSY = new SluiceError('origin-busy', 'slow down', { retryable: true });

function setback(fields: Partial<Setback> = {}): Setback {
  return { error: BUSY, position: 0, isRefusal: false, openingForMs: undefined, random: 1, ...fields };
}

/** The pauses of failures one after the other, by the default policy but for `attempts`. */
function pausesMs(count: number, fields: Partial<Setback>): readonly (number | undefined)[] {
  const setbacks = new Setbacks({ ...DEFAULT_RESUME_POLICY, attempts: 100 });
  return Array.from({ length: count }, () => setbacks.plan(setback(fields))?.pauseMs);
}

test('the bound of a pause doubles, from nearly nothing after a break, from more after a refusal', () => {
  assert.deepEqual(pausesMs(10, {}), [25, 50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  assert.deepEqual(pausesMs(6, { isRefusal: true }), [500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});

test('a pause is drawn from nothing to its bound', () => {
  assert.deepEqual(pausesMs(3, { random: 0 }), [0, 0, 0]);
  assert.deepEqual(pausesMs(3, { random: 0.5 }), [12.5, 25, 50]);
});

test('a pause is as long as the origin has asked for, at the least', () => {
  const error = new SluiceError('origin-busy', 'slow down', { retryable: true, retryAfterMs: 60 });
  assert.deepEqual(pausesMs(4, { error }), [60, 60, 100, 200]);
});

test('so many failures at one place are survived, but the last', () => {
  const setbacks = new Setbacks({ ...DEFAULT_RESUME_POLICY, attempts: 3 });
  const plans = [1, 2, 3].map(() => setbacks.plan(setback({ position: 7 })));
  assert.deepEqual(
    plans.map((plan) => plan?.attempt),
    [1, 2, undefined],
  );
});

test('the count begins anew after progress, and after nothing less', () => {
  const setbacks = new Setbacks({ ...DEFAULT_RESUME_POLICY, attempts: 4, progressBytes: 100 });
  const attempts = [0, 99, 100, 150, 199, 200].map((position) => setbacks.plan(setback({ position }))?.attempt);
  assert.deepEqual(attempts, [1, 2, 1, 2, 3, 1]);
});

test('however small or large its steps, a body is asked for at most so often for what is progress', () => {
  const steps = fc.array(fc.nat(300), { minLength: 50, maxLength: 300 });
  const policy = { ...DEFAULT_RESUME_POLICY, attempts: 4, progressBytes: 100 };
  fc.assert(
    fc.property(steps, (steps) => {
      const setbacks = new Setbacks(policy);
      let position = 0;
      let openings = 1;
      for (const step of steps) {
        position += step;
        if (!setbacks.plan(setback({ position }))) break;
        openings += 1;
      }
      assert.ok(openings <= policy.attempts * (Math.floor(position / policy.progressBytes) + 1));
    }),
  );
});

test('what asking again cannot mend is final', () => {
  const codes = ['changed', 'not-found', 'origin-denied', 'origin-invalid', 'closed', 'misuse', 'bad-input'] as const;
  for (const error of [...codes.map((code) => new SluiceError(code, 'final')), new Error('a bug'), undefined]) {
    assert.equal(new Setbacks(DEFAULT_RESUME_POLICY).plan(setback({ error })), undefined);
  }
});

test('what broke off is asked for again, also where nobody has said that it may be', () => {
  for (const code of ['truncated', 'stalled'] as const) {
    const error = new SluiceError(code, 'broke off');
    assert.equal(new Setbacks(DEFAULT_RESUME_POLICY).plan(setback({ error }))?.error, error);
  }
});

test('before the first opening, nothing is asked again that would come too late', () => {
  const plan = (openingForMs: number | undefined, random: number) =>
    new Setbacks(DEFAULT_RESUME_POLICY).plan(setback({ isRefusal: true, openingForMs, random }))?.pauseMs;
  assert.equal(plan(4_500, 1), 500);
  assert.equal(plan(4_501, 1), undefined);
  assert.equal(plan(5_001, 0), undefined);
  assert.equal(plan(undefined, 1), 500);
});
