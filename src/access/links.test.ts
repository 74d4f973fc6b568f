import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { AccessRequest } from './access.ts';
import { HOUR_MS, NOON_MS, principalOf, toRequest, wordOf } from './access-trial.test-double.ts';
import { createLinkKeys } from './link-keys.ts';
import type { LinkKeys } from './link-keys.ts';
import { signLink } from './link.ts';
import type { LinkTerms } from './link.ts';
import { createLinks } from './links.ts';
import type { Links } from './links.ts';

const TERMS: LinkTerms = { id: 'book/1', by: 'alice', expiresAt: new Date(NOON_MS + HOUR_MS) };

onEveryDatabase('links', (open) => {
  let clock: FakeClock;
  let keys: LinkKeys;
  let links: Links;
  let lookUps: number;
  const now = () => NOON_MS + clock.now();
  const maxLifetimeMs = 24 * HOUR_MS;
  beforeEach(async () => {
    clock = new FakeClock();
    keys = createLinkKeys(await open(), { maxLifetimeMs, now });
    lookUps = 0;
    const find = (id: string) => {
      lookUps += 1;
      return keys.find(id);
    };
    links = createLinks({ ...keys, find }, { maxLifetimeMs, now, clock });
  });
  const verify = async (query: string, request: Partial<AccessRequest> = {}) =>
    links.verify(toRequest({ query, ...request }));

  it('let whoever has one read its object, whatever collection that is in, and no other', async () => {
    const query = await links.sign(TERMS);
    const principal = principalOf(await verify(query, { method: 'HEAD' }));
    const { name, credential, isAdmin } = principal;
    assert.deepEqual([name, credential, isAdmin], ['link:alice', `link:${(await keys.current()).id}`, false]);
    assert.ok(principal.mayRead({ id: 'book/1', collection: 'any', isPublic: false }));
    assert.ok(!principal.mayRead({ id: 'book/2', collection: 'any', isPublic: true }));
  });

  it('are verified with a key that is looked up once, and then without a promise', async () => {
    const query = await links.sign(TERMS);
    const request = toRequest({ query });
    assert.ok(!links.remembers(request));
    await links.verify(request);
    assert.ok(!(links.verify(request) instanceof Promise));
    assert.ok(links.remembers(request));
    assert.equal(lookUps, 1);
  });

  it('expire to the second', async () => {
    const query = await links.sign(TERMS);
    await clock.advance(HOUR_MS - 1);
    assert.equal(wordOf(await verify(query)), 'genuine');
    await clock.advance(1);
    assert.equal(wordOf(await verify(query)), 'expired');
  });

  it('are for their object, and for a request that has one', async () => {
    const query = await links.sign(TERMS);
    assert.equal(wordOf(await verify(query, { id: 'book/2' })), 'signature');
    assert.equal(wordOf(await verify(query, { id: undefined })), 'malformed');
  });

  it('are for GET and HEAD', async () => {
    const verdict = await verify(await links.sign(TERMS), { method: 'DELETE' });
    assert.deepEqual(verdict, { kind: 'unfit', principal: 'link:alice', reason: 'A signed link is for GET and HEAD' });
  });

  it('are for their addresses, where they have some', async () => {
    const query = await links.sign({ ...TERMS, addresses: '192.0.2.0/24' });
    assert.equal(wordOf(await verify(query)), 'genuine');
    assert.equal(wordOf(await verify(query, { remoteAddress: '198.51.100.1' })), 'unfit');
    assert.equal(wordOf(await verify(query, { remoteAddress: undefined })), 'unfit');
  });

  it('outlive the rotation of their key, and no removal of it', async () => {
    const query = await links.sign({ ...TERMS, expiresAt: new Date(NOON_MS + maxLifetimeMs) });
    const { id } = await keys.current();
    await keys.rotate();
    await clock.advance(maxLifetimeMs - 2000);
    assert.equal(wordOf(await verify(query)), 'genuine');
    await keys.remove(id);
    await clock.advance(1000);
    assert.equal(wordOf(await verify(query)), 'unknown');
  });

  it('that were signed with a key after it was retired live no longer than those before', async () => {
    const stolen = await keys.current();
    await keys.rotate();
    await clock.advance(maxLifetimeMs - 500);
    const query = signLink({ ...TERMS, expiresAt: new Date(now() + HOUR_MS) }, stolen);
    assert.equal(wordOf(await verify(query)), 'genuine');
    await clock.advance(500);
    assert.equal(wordOf(await verify(query)), 'unknown', 'though the key is remembered');
  });

  it('that live longer than any may are worthless, whoever signed them', async () => {
    const key = await keys.current();
    const query = signLink({ ...TERMS, expiresAt: new Date(NOON_MS + 2 * maxLifetimeMs) }, key);
    assert.equal(wordOf(await verify(query)), 'lifetime');
  });

  const wrong: Readonly<Record<string, Partial<LinkTerms>>> = {
    'has expired': { expiresAt: new Date(NOON_MS) },
    'expires at no time': { expiresAt: new Date(NaN) },
    'lives too long': { expiresAt: new Date(NOON_MS + maxLifetimeMs + 1) },
    'nobody signs': { by: '' },
    'a link signs': { by: 'link:alice' },
    'is for no addresses': { addresses: 'example.org' },
  };
  for (const [what, part] of Object.entries(wrong)) {
    it(`are not signed when one ${what}`, async () => {
      await assert.rejects(links.sign({ ...TERMS, ...part }), { code: 'bad-input' });
    });
  }
});
