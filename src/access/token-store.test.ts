import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { HOUR_MS, NOON_MS } from './access-trial.test-double.ts';
import { createTokenStore } from './token-store.ts';
import type { NewTokenEntry, TokenStore } from './token-store.ts';
import { parseToken } from './token.ts';

const ALICE: NewTokenEntry = { principal: 'alice', scopes: ['read'], collections: ['maps', 'books'] };

onEveryDatabase('the store of tokens', (open) => {
  let database: Kysely<Schema>;
  let nowMs: number;
  let store: TokenStore;
  beforeEach(async () => {
    database = await open();
    nowMs = NOON_MS;
    store = createTokenStore(database, { now: () => nowMs });
  });

  it('gives the token once, and keeps its hash alone', async () => {
    const { text, entry } = await store.create({ ...ALICE, expiresAt: new Date(NOON_MS + HOUR_MS) });
    const createdAt = new Date(NOON_MS);
    assert.deepEqual(entry, { ...ALICE, id: entry.id, createdAt, expiresAt: new Date(NOON_MS + HOUR_MS) });
    const shown = parseToken(text)!;
    assert.deepEqual(await store.find(shown.id), { entry, hash: shown.hash });
    const rows = JSON.stringify(await database.selectFrom('tokens').selectAll().execute());
    assert.ok(!rows.includes(text.slice(24, 60)), 'nothing of the secret');
  });

  it('finds nothing by what is no id', async () => {
    await store.create(ALICE);
    for (const id of ['', 'aaaaaaaaaaaaaaaa', "' or 1=1 --", '%']) assert.equal(await store.find(id), undefined);
  });

  it('lists pages in the order of ids, of everybody or of one principal, with no hash', async () => {
    const principals = ['alice', 'bob', 'alice', 'carol', 'alice'];
    for (const principal of principals) await store.create({ ...ALICE, principal });
    const all = await store.list({ limit: 10 });
    assert.deepEqual(all.map(({ principal }) => principal).toSorted(), principals.toSorted());
    const ids = all.map(({ id }) => id);
    assert.deepEqual(ids, ids.toSorted());
    const [first, ...rest] = await store.list({ principal: 'alice', limit: 2 });
    const last = await store.list({ principal: 'alice', after: rest[0]!.id, limit: 2 });
    assert.deepEqual([first!.principal, rest.length, last.length], ['alice', 1, 1]);
    assert.ok(all.every((entry) => !('hash' in entry)));
  });

  it('revokes a token for good, at the time when it was first done', async () => {
    const { entry } = await store.create(ALICE);
    assert.ok(await store.revoke(entry.id));
    nowMs += HOUR_MS;
    assert.ok(await store.revoke(entry.id));
    assert.deepEqual((await store.find(entry.id))?.entry.revokedAt, new Date(NOON_MS));
    assert.equal(await store.revoke('aaaaaaaaaaaaaaaa'), false);
  });

  it('keeps each scope and collection once', async () => {
    const { entry } = await store.create({ ...ALICE, scopes: ['admin', 'admin'], collections: ['*', '*'] });
    assert.deepEqual([entry.scopes, entry.collections], [['admin'], ['*']]);
  });

  const wrong: Readonly<Record<string, Partial<NewTokenEntry>>> = {
    'with no principal': { principal: '' },
    'of nobody in particular': { principal: 'anonymous' },
    'with the name of a link': { principal: 'link:alice' },
    'with a name of two lines': { principal: 'alice\r\nset-cookie: a' },
    'with a name that is turned around': { principal: 'alice\u202e' },
    'with an endless name': { principal: 'a'.repeat(257) },
    'with no scope': { scopes: [] },
    'with an unknown scope': { scopes: ['write' as 'read'] },
    'with an empty collection': { collections: [''] },
    'with too many collections': { collections: Array.from({ length: 1001 }, String) },
    'that has expired': { expiresAt: new Date(NOON_MS) },
    'that expires at no time': { expiresAt: new Date(NaN) },
  };
  for (const [what, part] of Object.entries(wrong)) {
    it(`makes no token ${what}`, async () => {
      await assert.rejects(store.create({ ...ALICE, ...part }), { code: 'bad-input' });
      assert.deepEqual(await store.list({ limit: 1 }), []);
    });
  }
});
