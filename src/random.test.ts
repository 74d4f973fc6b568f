import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.test-double.ts';

test('a number up to a limit is often small and often large, and never beyond it', () => {
  const random = new Random(1);
  const numbers = Array.from({ length: 10_000 }, () => random.upTo(1_000_000));
  assert.ok(numbers.every((number) => number >= 0 && number <= 1_000_000 && Number.isInteger(number)));
  const small = numbers.filter((number) => number < 1_000).length;
  const large = numbers.filter((number) => number > 500_000).length;
  assert.ok(small > 2_000 && small < 3_000, `${small} of 10000 are small`);
  assert.ok(large > 2_300 && large < 3_300, `${large} of 10000 are large`);
  assert.ok(numbers.includes(0));
});

test('the ends of a range are reached', () => {
  const random = new Random(1);
  assert.deepEqual(new Set(Array.from({ length: 100 }, () => random.upTo(2))), new Set([0, 1, 2]));
  assert.equal(random.upTo(0), 0);
  assert.equal(random.pick(['only']), 'only');
});

const toNumbers = (random: Random) => Array.from({ length: 5 }, () => random.next());

test('the same seed makes the same numbers, another one others', () => {
  const draw = (seed: number) => toNumbers(new Random(seed));
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});
