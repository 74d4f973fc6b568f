import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SlidingQuantile } from './sliding-quantile.ts';

/** One bucket's width, and a little for the logarithm. */
const WIDTH = 2 ** (1 / 8) * 1.001;

test('an estimate is the exact quantile, or up to nine per cent above it', () => {
  const aDuration = fc.double({ min: 0.13, max: 100_000, noNaN: true });
  const durations = fc.array(aDuration, { minLength: 1, maxLength: 2_000 });
  fc.assert(
    fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (durationsMs, quantile) => {
      const sliding = new SlidingQuantile();
      for (const durationMs of durationsMs) sliding.add(durationMs);
      const sorted = durationsMs.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(quantile * sorted.length) - 1]!;
      const estimate = sliding.estimate(quantile);
      assert.ok(estimate >= exact * 0.999 && estimate <= exact * WIDTH, `${estimate} for ${exact}`);
    }),
  );
});

test('it is 0 while there is nothing, and its least for what takes no time', () => {
  const sliding = new SlidingQuantile();
  assert.equal(sliding.estimate(0.5), 0);
  sliding.add(0);
  assert.equal(sliding.estimate(0.5), 0.125);
});

test('what is longer than its scale counts as the longest', () => {
  const sliding = new SlidingQuantile();
  sliding.add(10 ** 9);
  assert.equal(sliding.estimate(1), 0.125 * 2 ** 20);
});

test('it forgets: after some thousands of another kind, nothing of the first is left to see', () => {
  const sliding = new SlidingQuantile();
  for (let index = 0; index < 100_000; index += 1) sliding.add(1_000);
  for (let index = 0; index < 10_000; index += 1) sliding.add(1);
  assert.ok(sliding.estimate(0.97) < WIDTH);
});

test('what is rare stays in sight, however long it goes on', () => {
  const sliding = new SlidingQuantile();
  for (let index = 0; index < 100_000; index += 1) sliding.add(index % 25 === 0 ? 1_000 : 1);
  assert.ok(sliding.estimate(0.95) < WIDTH);
  assert.ok(sliding.estimate(0.97) > 999);
});
