import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { afterPrefix } from './prefix.ts';

const text = fc.string({ unit: 'binary', maxLength: 6 });
const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

it('comes after every text with the prefix and before every greater one without it', () => {
  fc.assert(
    fc.property(text, text, (prefix, other) => {
      const end = afterPrefix(prefix);
      const within = compare(other, prefix) >= 0 && (end === undefined || compare(other, end) < 0);
      assert.equal(within, other.startsWith(prefix));
      assert.ok(end === undefined || compare(`${prefix}${other}`, end) < 0);
    }),
    { numRuns: 2_000 },
  );
});

it('steps over the surrogates and carries from the last code point', () => {
  assert.equal(afterPrefix('a\ud7ff'), 'a\ue000');
  assert.equal(afterPrefix('a\u{10ffff}\u{10ffff}'), 'b');
  assert.equal(afterPrefix('\u{10ffff}'), undefined);
  assert.equal(afterPrefix(''), undefined);
});
