import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isObjectId, MAX_OBJECT_ID_BYTES } from './object-id.ts';

/** Segments of anything that may stand in one. */
const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/[\p{Cc}\p{Zl}\p{Zp}\\/]/u.test(text) && text !== '.' && text !== '..');
const segments = fc.array(segment, { minLength: 1, maxLength: 8 });

describe('isObjectId', () => {
  it('takes any segments joined by slashes', () => {
    fc.assert(fc.property(segments, (parts) => isObjectId(parts.join('/'))));
  });

  it('refuses an empty, "." or ".." segment wherever it stands', () => {
    const bad = fc.constantFrom('', '.', '..');
    fc.assert(
      fc.property(segments, bad, fc.nat(8), (parts, wrong, position) => {
        const text = parts.toSpliced(Math.min(position, parts.length), 0, wrong).join('/');
        assert.equal(isObjectId(text), false);
      }),
    );
  });

  it('refuses a control character, a backslash, a line separator or half a character wherever it stands', () => {
    const control = fc.oneof(fc.integer({ min: 0, max: 0x1f }), fc.integer({ min: 0x7f, max: 0x9f }));
    const half = fc.integer({ min: 0xd800, max: 0xdfff });
    const code = fc.oneof(control, half, fc.constantFrom(0x5c, 0x2028, 0x2029));
    fc.assert(
      fc.property(segment, segment, code, (before, after, wrong) => {
        assert.equal(isObjectId(`${before}-${String.fromCharCode(wrong)}-${after}`), false);
      }),
    );
  });

  it('counts bytes of UTF-8, not characters', () => {
    const unit = fc.constantFrom('a', 'é', '鏈', '🧬');
    fc.assert(
      fc.property(unit, fc.integer({ min: 1, max: 1100 }), (character, count) => {
        const text = character.repeat(count);
        assert.equal(isObjectId(text), Buffer.byteLength(text) <= MAX_OBJECT_ID_BYTES);
      }),
    );
  });

  it('never throws, and what it takes survives a URL unchanged', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(anything, (text) => {
        if (!isObjectId(text)) return;
        const path = text.split('/').map(encodeURIComponent).join('/');
        assert.equal(decodeURIComponent(new URL(`http://host/data/${path}`).pathname), `/data/${text}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes composed and decomposed letters as different ids', () => {
    assert.ok(isObjectId('caf\u00e9') && isObjectId('cafe\u0301'));
  });

  it('knows its examples', () => {
    for (const id of ['a', '...', '.hidden', 'runs/2024 05/x.bam', 'a/b/c', '~x', 'a%2Fb', 'a?b#c']) {
      assert.equal(isObjectId(id), true, id);
    }
    for (const id of ['', '/', '/a', 'a/', 'a//b', 'a/../b', './a', 'a\\b', 'a\nb', 'a\u0000', 'x'.repeat(1025)]) {
      assert.equal(isObjectId(id), false, JSON.stringify(id));
    }
  });
});
