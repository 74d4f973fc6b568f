import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isSameHash, makeToken, parseToken } from './token.ts';

describe('a token', () => {
  it('has a form that scanners can tell', () => {
    for (let count = 0; count < 100; count += 1) {
      assert.match(makeToken().text, /^sluice_[a-z2-7]{16}_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/);
    }
  });

  it('is parsed to its id and its hash, and the hash is that of all of it', () => {
    const { id, text, hash } = makeToken();
    assert.deepEqual(parseToken(text), { id, hash });
    assert.deepEqual(hash, createHash('sha256').update(text).digest());
  });

  it('is never the same twice', () => {
    const tokens = Array.from({ length: 1000 }, makeToken);
    assert.equal(new Set(tokens.map(({ id }) => id)).size, 1000);
    assert.equal(new Set(tokens.map(({ text }) => text.slice(24, 67))).size, 1000);
  });

  it('is none with any one character changed, left out or added', () => {
    const { text } = makeToken();
    const at = fc.nat(text.length - 1);
    fc.assert(
      fc.property(at, fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme-ascii' }), (index, other) => {
        const before = text.slice(0, index);
        const after = text.slice(index + 1);
        if (other !== text[index]) assert.equal(parseToken(before + other + after), undefined);
        assert.equal(parseToken(before + after), undefined);
        assert.equal(parseToken(before + other + text.slice(index)), undefined);
      }),
    );
  });

  it('is no other text, however long', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseToken(text) === undefined));
    for (const text of ['', 'sluice_', 'x'.repeat(75), 'x'.repeat(1 << 20), `sluice_${"'".repeat(68)}`]) {
      assert.equal(parseToken(text), undefined);
    }
  });

  it('has the same hash as itself alone', () => {
    const [one, other] = [makeToken().hash, makeToken().hash];
    assert.ok(isSameHash(one, Buffer.from(one)));
    assert.ok(!isSameHash(one, other));
    assert.ok(!isSameHash(one, one.subarray(1)), 'of another length');
  });
});
