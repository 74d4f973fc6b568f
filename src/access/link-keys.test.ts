import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { HOUR_MS, NOON_MS } from './access-trial.test-double.ts';
import { createLinkKeys } from './link-keys.ts';
import type { LinkKeys } from './link-keys.ts';

onEveryDatabase('the keys of links', (open) => {
  let database: Kysely<Schema>;
  let nowMs: number;
  let keys: LinkKeys;
  const make = () => createLinkKeys(database, { maxLifetimeMs: HOUR_MS, now: () => nowMs });
  beforeEach(async () => {
    database = await open();
    nowMs = NOON_MS;
    keys = make();
  });

  it('have a current one, made when it is first wanted', async () => {
    assert.deepEqual(await keys.list(), []);
    const key = await keys.current();
    assert.equal(key.secret.length, 32);
    assert.deepEqual(await keys.current(), key);
    assert.deepEqual(await keys.find(key.id), key);
    assert.deepEqual(await keys.list(), [{ id: key.id, createdAt: new Date(NOON_MS) }], 'and no secret in the list');
  });

  it('have one current one, however many gateways want one at once', async () => {
    const current = await Promise.all(Array.from({ length: 8 }, () => make().current()));
    assert.equal(new Set(current.map(({ id }) => id)).size, 1);
    assert.equal((await keys.list()).length, 1);
  });

  it('rotate: the one before verifies until its last link has expired', async () => {
    const before = await keys.current();
    nowMs += 1000;
    const { id } = await keys.rotate();
    assert.notEqual(id, before.id);
    assert.equal((await keys.current()).id, id);
    nowMs += HOUR_MS - 1;
    assert.deepEqual(await keys.find(before.id), { ...before, retiredAt: new Date(NOON_MS + 1000) });
    nowMs += 1;
    assert.equal(await keys.find(before.id), undefined);
    await keys.rotate();
    assert.ok(
      (await keys.list()).every((key) => key.id !== before.id),
      'and is deleted when they rotate the next time',
    );
  });

  it('rotate with nothing to retire', async () => {
    const { id } = await keys.rotate();
    assert.equal((await keys.current()).id, id);
  });

  it('have one current one when they are rotated twice at once', async () => {
    await keys.current();
    await Promise.all([make().rotate(), make().rotate(), make().current()]);
    const current = (await keys.list()).filter(({ retiredAt }) => retiredAt === undefined);
    assert.deepEqual(
      current.map(({ id }) => id),
      [(await keys.current()).id],
    );
  });

  it('verify nothing once they are removed', async () => {
    const { id } = await keys.current();
    assert.deepEqual([await keys.remove(id), await keys.remove(id)], [true, false]);
    assert.equal(await keys.find(id), undefined);
    assert.notEqual((await keys.current()).id, id);
  });
});
