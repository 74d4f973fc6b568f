import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { HOUR_MS, NOON_MS, inCollection, principalOf, wordOf } from './access-trial.test-double.ts';
import { createTokenStore } from './token-store.ts';
import type { TokenStore } from './token-store.ts';
import { makeToken } from './token.ts';
import { createTokens } from './tokens.ts';
import type { Verifier } from './verdict.ts';

onEveryDatabase('tokens', (open) => {
  let clock: FakeClock;
  let store: TokenStore;
  let lookUps: number;
  let tokens: Verifier<string>;
  const now = () => NOON_MS + clock.now();
  beforeEach(async () => {
    clock = new FakeClock();
    store = createTokenStore(await open(), { now });
    lookUps = 0;
    const find = (id: string) => {
      lookUps += 1;
      return store.find(id);
    };
    tokens = createTokens({ find }, { now, clock });
  });

  it('are verified for who has them and what they may', async () => {
    const { text, entry } = await store.create({ principal: 'alice', scopes: ['read'], collections: ['maps'] });
    const principal = principalOf(await tokens.verify(text));
    const { name, credential, isAdmin, challenge } = principal;
    assert.deepEqual([name, credential, isAdmin, challenge], ['alice', `token:${entry.id}`, false, undefined]);
    const objects = [inCollection('maps'), inCollection('books'), inCollection('books', true)];
    const readable = objects.map((object) => principal.mayRead(object));
    assert.deepEqual(readable, [true, false, true]);
  });

  it('of all collections read all of them, if they read', async () => {
    const entry = { principal: 'root', scopes: ['admin', 'read'], collections: ['*'] } as const;
    const both = principalOf(await tokens.verify((await store.create(entry)).text));
    const admin = principalOf(await tokens.verify((await store.create({ ...entry, scopes: ['admin'] })).text));
    assert.deepEqual([both.isAdmin, both.mayRead(inCollection('any'))], [true, true]);
    assert.deepEqual([admin.isAdmin, admin.mayRead(inCollection('any'))], [true, false]);
    assert.ok(admin.mayRead(inCollection('any', true)), 'what is public is everybody’s');
  });

  it('are looked up once for many requests, and then verified without a promise', async () => {
    const { text } = await store.create({ principal: 'alice', scopes: ['read'], collections: [] });
    assert.ok(!tokens.remembers(text));
    await tokens.verify(text);
    for (let count = 0; count < 100; count += 1) assert.ok(!(tokens.verify(text) instanceof Promise));
    assert.ok(tokens.remembers(text));
    assert.equal(lookUps, 1);
  });

  it('are dead within a second of being revoked', async () => {
    const { text, entry } = await store.create({ principal: 'alice', scopes: ['read'], collections: [] });
    assert.equal(wordOf(await tokens.verify(text)), 'genuine');
    await store.revoke(entry.id);
    await clock.advance(1000);
    assert.equal(wordOf(await tokens.verify(text)), 'revoked');
  });

  it('expire to the millisecond, remembered or not', async () => {
    const expiresAt = new Date(NOON_MS + HOUR_MS);
    const { text } = await store.create({ principal: 'alice', scopes: ['read'], collections: [], expiresAt });
    await clock.advance(HOUR_MS - 1);
    assert.equal(wordOf(await tokens.verify(text)), 'genuine');
    await clock.advance(1);
    assert.equal(wordOf(await tokens.verify(text)), 'expired');
  });

  it('are worthless when they are guessed, and mistyped ones are not even looked up', async () => {
    const { text, entry } = await store.create({ principal: 'alice', scopes: ['read'], collections: [] });
    const other = makeToken();
    assert.equal(wordOf(await tokens.verify(other.text)), 'unknown');
    assert.equal(lookUps, 1);
    const mistyped = `${text.slice(0, 30)}${text[30] === 'a' ? 'b' : 'a'}${text.slice(31)}`;
    const verdict = await tokens.verify(mistyped);
    assert.deepEqual(verdict, { kind: 'worthless', why: 'malformed', credential: 'token' });
    assert.equal(lookUps, 1);
    // With a checksum that is right.
    const { crc32 } = await import('node:zlib');
    const body = `sluice_${entry.id}_${'A'.repeat(43)}`;
    const guessed = body + crc32(body).toString(16).padStart(8, '0');
    assert.equal(wordOf(await tokens.verify(guessed)), 'wrong-secret');
    assert.equal(wordOf(await tokens.verify(text)), 'genuine', 'the right one is as good as before');
  });
});
