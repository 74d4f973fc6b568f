import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toGrant } from './jwt-claims.ts';
import { checkJwtOptions, toIssuerUrl } from './jwt-options.ts';
import type { JwtOptions } from './jwt-options.ts';

const ISSUER: JwtOptions = { issuer: 'https://issuer.example', audience: 'sluice' };

/** The collections that the claims grant. */
const collectionsOf = (claims: Readonly<Record<string, unknown>>, options: Partial<JwtOptions>) =>
  toGrant({ sub: 'alice', ...claims }, { ...ISSUER, ...options })?.collections;

const scopesOf = (claims: Readonly<Record<string, unknown>>, options: Partial<JwtOptions>) =>
  toGrant({ sub: 'alice', ...claims }, { ...ISSUER, ...options })?.scopes;

describe('what claims grant', () => {
  it('is reading, and nothing to read, unless more was agreed', () => {
    assert.deepEqual(toGrant({ sub: 'alice', scope: 'admin', collections: ['*'] }, ISSUER), {
      name: 'alice',
      credential: 'jwt:https://issuer.example',
      scopes: ['read'],
      collections: [],
    });
  });

  it('is granted to whoever the agreed claim names', () => {
    const nameOf = (claims: Readonly<Record<string, unknown>>, principalClaim?: JwtOptions['principalClaim']) =>
      toGrant(claims, { ...ISSUER, principalClaim })?.name;
    assert.equal(nameOf({ sub: 'a', email: 'alice@example.org' }, 'email'), 'alice@example.org');
    assert.equal(nameOf({ act: { sub: 'alice' } }, ['act', 'sub']), 'alice');
    const nobodies = [
      undefined,
      '',
      7,
      ['alice'],
      'anonymous',
      'link:alice',
      'alice\nadmin',
      'a'.repeat(300),
      '\ud800',
    ];
    for (const sub of nobodies) assert.equal(nameOf({ sub }), undefined);
    assert.equal(nameOf({}, 'constructor'), undefined);
    assert.equal(nameOf({ sub: 'alice' }, ['sub', 'length']), undefined);
  });

  it('is the collections of a claim, in a list or in words', () => {
    const collectionsClaim = 'groups';
    assert.deepEqual(collectionsOf({ groups: ['maps', 'books'] }, { collectionsClaim }), ['maps', 'books']);
    assert.deepEqual(collectionsOf({ groups: ' maps  books' }, { collectionsClaim }), ['maps', 'books']);
    assert.deepEqual(collectionsOf({ groups: ['maps', 7, null, ['books']] }, { collectionsClaim }), ['maps']);
    for (const groups of [undefined, null, 7, true, { maps: true }]) {
      assert.deepEqual(collectionsOf({ groups }, { collectionsClaim }), []);
    }
  });

  it('is never all collections by the word of the issuer, only by that of the operator', () => {
    const collectionsClaim = 'groups';
    assert.deepEqual(collectionsOf({ groups: ['*', 'maps'] }, { collectionsClaim }), ['maps']);
    const collectionsByValue = { staff: ['*'], '/maps': ['maps', 'atlas'] };
    assert.deepEqual(collectionsOf({ groups: ['staff'] }, { collectionsClaim, collectionsByValue }), ['*']);
    assert.deepEqual(collectionsOf({}, { collections: ['*'] }), ['*']);
  });

  it('is what each value stands for, where that was agreed, and nothing for other values', () => {
    const options = { collectionsClaim: ['realm', 'roles'], collectionsByValue: { '/maps': ['maps', 'atlas'] } };
    const roles = ['/maps', 'atlas', '*', 'constructor', '__proto__', 'toString'];
    assert.deepEqual(collectionsOf({ realm: { roles } }, options), ['maps', 'atlas']);
    assert.deepEqual(collectionsOf({ 'realm.roles': roles }, options), []);
    assert.deepEqual(collectionsOf({ realm: { roles } }, { ...options, collections: ['news'] }), [
      'news',
      'maps',
      'atlas',
    ]);
  });

  it('is reading and administration where their claims hold, and no more', () => {
    const options = { read: { claim: 'scope', value: 'data' }, admin: { claim: ['roles'], value: 'librarian' } };
    assert.deepEqual(scopesOf({ scope: 'openid data' }, options), ['read']);
    assert.deepEqual(scopesOf({ scope: 'data', roles: ['librarian'] }, options), ['read', 'admin']);
    assert.deepEqual(scopesOf({ roles: 'librarian' }, options), ['admin']);
    assert.deepEqual(scopesOf({ scope: 'database', roles: ['librarians'] }, options), []);
  });
});

describe('the options of an issuer', () => {
  const wrong: Readonly<Record<string, Partial<JwtOptions>>> = {
    'no issuer': { issuer: '' },
    'no audience': { audience: [] },
    'an empty audience': { audience: ['sluice', ''] },
    'a symmetric algorithm': { algorithms: ['RS256', 'HS256'] },
    'no signature at all': { algorithms: ['none'] },
    'no algorithm': { algorithms: [] },
    'a tolerance of an hour': { clockToleranceMs: 3_600_000 },
    'a tolerance below nought': { clockToleranceMs: -1 },
    'keys over plain HTTP': { jwks: { url: 'http://issuer.example/keys' } },
    'keys from a file': { jwks: { url: 'file:///etc/keys' } },
    'keys behind a password': { jwks: { url: 'https://user:secret@issuer.example/keys' } },
    'an issuer that is no URL, and no keys': { issuer: 'issuer' },
  };
  for (const [what, part] of Object.entries(wrong)) {
    it(`are refused with ${what}, without a word of secrets`, () => {
      const isRefusal = (error: Error & { code?: string }) =>
        error.code === 'bad-config' && !error.message.includes('secret');
      assert.throws(() => checkJwtOptions({ ...ISSUER, ...part }), isRefusal);
    });
  }

  it('are taken otherwise', () => {
    checkJwtOptions(ISSUER);
    checkJwtOptions({ ...ISSUER, issuer: 'issuer', jwks: { url: 'https://issuer.example/keys' } });
    checkJwtOptions({ ...ISSUER, algorithms: ['ES256'], clockToleranceMs: 0, jwks: { document: '{"keys":[]}' } });
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) assert.ok(toIssuerUrl(`http://${host}:8080/keys`));
  });
});
