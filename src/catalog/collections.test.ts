// Collections: what they say of what is in them, and when one may go.
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import type { Catalog, Collection } from './catalog.ts';
import { isCollectionId } from './collection-check.ts';
import { createCatalog } from './database-catalog.ts';
import { entry } from './entry.test-double.ts';

const OPEN: Collection = { id: 'open-1.0_x', title: 'Öffentlich', isPublic: true };

onEveryDatabase('collections', (open) => {
  let database: Kysely<Schema>;
  let catalog: Catalog;
  beforeEach(async () => {
    database = await open();
    catalog = createCatalog(database);
  });
  const ids = async () => (await catalog.collections()).map(({ id }) => id);

  it('there is one at the beginning, which is not public', async () => {
    const [only, ...others] = await catalog.collections();
    assert.deepEqual([only?.id, only?.isPublic, others.length], ['default', false, 0]);
  });

  it('are added, and what is said of them is replaced', async () => {
    await catalog.putCollection(OPEN);
    await catalog.putCollection({ id: 'default', title: 'The rest', isPublic: true });
    await catalog.putCollection({ ...OPEN, isPublic: false });
    assert.deepEqual(await catalog.collections(), [
      { id: 'default', title: 'The rest', isPublic: true },
      { ...OPEN, isPublic: false },
    ]);
  });

  it('say whether everybody may read an entry, as of now', async () => {
    await catalog.putCollection(OPEN);
    await catalog.putMany([entry('a', { collection: OPEN.id }), entry('b')]);
    assert.deepEqual([(await catalog.find('a'))?.isPublic, (await catalog.find('b'))?.isPublic], [true, false]);
    await catalog.putCollection({ ...OPEN, isPublic: false });
    assert.equal((await catalog.find('a'))?.isPublic, false);
    await catalog.put(entry('a'));
    assert.deepEqual(await catalog.list({ collection: OPEN.id, limit: 5 }), []);
  });

  it('are private where a row says nothing', async () => {
    await catalog.put(entry('a'));
    await database.deleteFrom('collections').execute();
    assert.equal((await catalog.find('a'))?.isPublic, false);
  });

  it('go once, when they are empty', async () => {
    await catalog.putCollection(OPEN);
    await catalog.put(entry('a', { collection: OPEN.id }));
    await assert.rejects(catalog.removeCollection(OPEN.id), { code: 'bad-input', message: /has objects in it; .*"a"/ });
    await catalog.remove('a');
    assert.deepEqual([await catalog.removeCollection(OPEN.id), await catalog.removeCollection(OPEN.id)], [true, false]);
    assert.deepEqual(await ids(), ['default']);
    assert.equal(await catalog.removeCollection('No id'), false);
    await assert.rejects(catalog.removeCollection('default'), { code: 'bad-input', message: /stays/ });
  });

  it('never go from under an entry that is being put', async () => {
    for (let round = 0; round < 10; round += 1) {
      await catalog.putCollection(OPEN);
      await Promise.allSettled([
        catalog.put(entry('a', { collection: OPEN.id })),
        catalog.removeCollection(OPEN.id),
        catalog.put(entry('b', { collection: OPEN.id })),
      ]);
      const [listed] = await catalog.list({ collection: OPEN.id, limit: 1 });
      assert.equal((await ids()).includes(OPEN.id), listed !== undefined);
      for (const id of ['a', 'b']) await catalog.remove(id);
    }
  });

  it('refuses what can be none, and says why', async () => {
    for (const id of ['', 'A', '-a', '.', 'a b', 'a/b', 'ä', `a${'b'.repeat(63)}`, 'a\n', "a';--"]) {
      assert.equal(isCollectionId(id), false);
      await assert.rejects(catalog.putCollection({ ...OPEN, id }), { code: 'bad-input', message: /want 1 to 63/ });
    }
    for (const title of ['', ' ', 'two\nlines', '\ud800', 'x'.repeat(201)]) {
      await assert.rejects(catalog.putCollection({ ...OPEN, title }), { code: 'bad-input', message: /want one line/ });
    }
    assert.deepEqual(await ids(), ['default']);
  });
});
