import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toPercentile, toRatios, toSpread } from './statistics.ts';

test('the median of an odd number of values is the middle one, whatever their order', () => {
  assert.deepEqual(toSpread([9, 1, 5]), { median: 5, min: 1, max: 9 });
});

test('the median of an even number of values lies between the middle two', () => {
  assert.deepEqual(toSpread([4, 1, 10, 2]), { median: 3, min: 1, max: 10 });
});

test('no values have no spread', () => {
  assert.throws(() => toSpread([]), /at least one value/);
});

test('a slow round leaves its ratio as it was', () => {
  // The second round was three times as slow for both.
  assert.deepEqual(toRatios([1, 3, 1], [2, 6, 2]), { median: 0.5, min: 0.5, max: 0.5 });
});

test('a round that only one side has is no ratio', () => {
  assert.throws(() => toRatios([1, 2], [1]), /each round/);
});

test('a percentile is one of the values, and exceeded by no more than its share leaves', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(
    [0, 0.5, 0.99, 1].map((share) => toPercentile(values, share)),
    [1, 50, 99, 100],
  );
  assert.equal(toPercentile([7], 0.99), 7);
  assert.throws(() => toPercentile([], 0.5), /at least one value/);
});
