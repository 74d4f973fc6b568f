import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRatios, toSpread } from './statistics.ts';

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
