// The order of listings, against the bytes themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareKeys } from './source.ts';

const unit = fc.constantFrom('a', 'b', '\0', 'é', '\ud7ff', '\ue000', '\uffff', '🧬', '🧭', '\u{10ffff}');
const text = fc.oneof(fc.string({ unit, maxLength: 6 }), fc.string({ unit: 'binary', maxLength: 6 }));

test('compareKeys() is the order of UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2_000 },
  );
});
