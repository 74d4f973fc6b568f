import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from './nearest.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });

it('is a distance: nought for the same word alone, the same both ways, at most one for one slip', () => {
  fc.assert(
    fc.property(word, word, fc.nat(6), (a, b, position) => {
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
      assert.ok(editDistance(a, `${a.slice(0, position)}x${a.slice(position)}`) === 1);
      const at = Math.min(position, Math.max(0, a.length - 2));
      const swapped = a.length < 2 ? a : `${a.slice(0, at)}${a[at + 1]}${a[at]}${a.slice(at + 2)}`;
      assert.ok(editDistance(a, swapped) <= 1);
    }),
  );
});

it('suggests what was probably meant, and nothing far from it', () => {
  const known = ['listen', 'log', 'limits', 'pathStyle'];
  for (const [written, meant] of [
    ['lisen', 'listen'],
    ['pathstyle', 'pathStyle'],
    ['lgo', 'log'],
    ['limit', 'limits'],
    ['bucket', undefined],
    ['', undefined],
    ['x'.repeat(1_000_000), undefined],
  ] as const) {
    assert.equal(nearest(written, known), meant);
  }
});
