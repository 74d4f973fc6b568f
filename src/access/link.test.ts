import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NOON_MS } from './access-trial.test-double.ts';
import { hasSignature, isSigned, parseLink, signLink } from './link.ts';
import type { LinkKey, LinkTerms } from './link.ts';

const KEY: LinkKey = { id: 'aaaabbbbccccdddd', secret: Buffer.alloc(32, 7) };
const TERMS: LinkTerms = { id: 'book/1', by: 'alice', expiresAt: new Date(NOON_MS) };

describe('a signed link', () => {
  it('is written in one way', () => {
    const query = signLink({ ...TERMS, addresses: '192.0.2.0/24' }, KEY);
    const form = /^expires=1795435200&by=alice&addresses=192\.0\.2\.0%2F24&key=aaaabbbbccccdddd&sig=[\w-]{43}$/;
    assert.match(query, form);
    assert.ok(hasSignature(query));
  });

  it('is parsed to what was signed, whoever it was, and genuine for that object and key alone', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => /^[^\p{C}\p{Z}]+$/u.test(text));
    const addresses = fc.constantFrom(undefined, '192.0.2.1', '2001:db8::/32');
    const seconds = fc.integer({ min: 1, max: 2 ** 33 });
    fc.assert(
      fc.property(fc.record({ id: fc.string(), by: name, seconds, addresses }), fc.string(), (signed, otherId) => {
        const { id, by } = signed;
        const terms = { id, by, expiresAt: new Date(signed.seconds * 1000), addresses: signed.addresses };
        const link = parseLink(signLink(terms, KEY));
        assert.ok(link);
        assert.deepEqual({ ...terms, keyId: KEY.id, signature: link.signature }, { id, ...link });
        assert.ok(isSigned(link, { id, key: KEY }));
        assert.equal(isSigned(link, { id: otherId, key: KEY }), id === otherId);
        assert.ok(!isSigned(link, { id, key: { ...KEY, secret: randomBytes(32) } }));
      }),
    );
  });

  it('is not signed for any other expiry, signer or addresses', () => {
    const link = parseLink(signLink(TERMS, KEY))!;
    const later = new Date(NOON_MS + 1000);
    for (const changed of [{ expiresAt: later }, { by: 'alicf' }, { addresses: '0.0.0.0/0' }]) {
      assert.ok(!isSigned({ ...link, ...changed }, { id: TERMS.id, key: KEY }), JSON.stringify(changed));
    }
  });

  it('cannot have characters moved from one field to the next', () => {
    const link = parseLink(signLink({ ...TERMS, id: 'ab', by: 'c' }, KEY))!;
    assert.ok(!isSigned({ ...link, by: 'bc' }, { id: 'a', key: KEY }));
  });

  it('is none with any one character changed, left out or added', () => {
    const query = signLink({ ...TERMS, addresses: '192.0.2.0/24' }, KEY);
    const isGenuine = (text: string) => {
      const link = parseLink(text);
      return link !== undefined && isSigned(link, { id: TERMS.id, key: { ...KEY, id: link.keyId } });
    };
    assert.ok(isGenuine(query));
    // The name of the key is not signed: with another one's name there is another secret.
    const [start, end] = [query.indexOf('key=') + 4, query.indexOf('&sig')];
    const other = fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(fc.nat(query.length - 1), other, (at, character) => {
        const [before, after] = [query.slice(0, at), query.slice(at + 1)];
        const isOfKey = at >= start && at < end;
        if (character !== query[at] && !isOfKey) assert.ok(!isGenuine(before + character + after));
        assert.ok(!isGenuine(before + after));
        assert.ok(!isGenuine(before + character + query.slice(at)));
      }),
      { numRuns: 1000 },
    );
  });

  const query = signLink(TERMS, KEY);
  const wrong: Readonly<Record<string, string>> = {
    'with its expiry twice': `${query}&expires=9999999999`,
    'with its signature twice': `${query}&${query.slice(query.indexOf('sig='))}`,
    'with a parameter of another’s': `${query}&filename=a.exe`,
    'with an empty parameter': `${query}&`,
    'without its expiry': query.slice(query.indexOf('by=')),
    'with an encoded letter': query.replace('alice', '%61lice'),
    'with an encoding in lower case': signLink({ ...TERMS, by: 'a/b' }, KEY).replace('%2F', '%2f'),
    'with a plus for a space': signLink({ ...TERMS, by: 'a b' }, KEY).replace('%20', '+'),
    'with a broken encoding': query.replace('alice', '%'),
    'with an encoding of no text': query.replace('alice', '%FF'),
    'with an encoded name': query.replace('sig=', '%73ig='),
    'with a name in capitals': query.replace('expires', 'Expires'),
    'with a leading zero': query.replace('expires=', 'expires=0'),
    'with a sign': query.replace('expires=', 'expires=%2B'),
    'with a fraction': query.replace('&by', '.5&by'),
    'with an exponent': query.replace(/expires=\d+/, 'expires=9e9'),
    'with no addresses': query.replace('&key', '&addresses=&key'),
    'with a second spelling of its signature': query.replace(/.$/, (last) =>
      String.fromCharCode(last.charCodeAt(0) + 1),
    ),
    'with SQL in its key': query.replace(KEY.id, encodeURIComponent("' or 1=1 --")),
    'of endless length': `${query}&by=${'a'.repeat(10_000)}`,
  };
  for (const [what, text] of Object.entries(wrong)) {
    it(`is none ${what}`, () => {
      assert.notEqual(text, query);
      assert.equal(parseLink(text), undefined);
    });
  }
});
