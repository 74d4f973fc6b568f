import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { patternBytes } from './pattern.ts';

test('any range is the same part of the whole, and another seed is another pattern', () => {
  const whole = patternBytes({ start: 0, end: 300_000 });
  fc.assert(
    fc.property(fc.nat(300_000), fc.nat(300_000), (a, b) => {
      const range = { start: Math.min(a, b), end: Math.max(a, b) };
      assert.ok(patternBytes(range).equals(whole.subarray(range.start, range.end)));
    }),
  );
  assert.ok(!patternBytes({ start: 0, end: 100 }, 1).equals(whole.subarray(0, 100)));
});

test('a shift by any power of two shows within 32 bytes', () => {
  const first = patternBytes({ start: 0, end: 32 });
  for (let shift = 1; shift <= 2 ** 40; shift *= 2) {
    assert.ok(!patternBytes({ start: shift, end: shift + 32 }).equals(first), `a shift of ${shift} does not show`);
  }
});
