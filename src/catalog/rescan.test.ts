// A scan of what was scanned before: what is new, changed, gone and back, and where a broken one goes on.
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import type { Catalog } from './catalog.ts';
import { createCatalog } from './database-catalog.ts';
import { entry } from './entry.test-double.ts';
import { listed, ListedStore, scanStore, toResult } from './listed-store.test-double.ts';
import type { ScanOptions } from './scan.ts';

const UNUSUAL = ['a//b', 'folder/', 'line\nfeed'];

onEveryDatabase('a scan again', (open) => {
  let database: Kysely<Schema>;
  let catalog: Catalog;
  let now: number;
  beforeEach(async () => {
    database = await open();
    now = 1_000;
    catalog = createCatalog(database, { now: () => now });
  });

  const run = (store: ListedStore, more: Partial<ScanOptions> = {}) => {
    now += 1_000;
    return scanStore(database, store, { now: () => now, batchSize: 3, ...more });
  };
  const storeOf = (keys: readonly string[]) => new ListedStore(keys.map((key) => listed(key)));
  const marks = () => database.selectFrom('scan_marks').selectAll().execute();
  /** The keys of what is there, and of what has vanished. */
  async function keys(): Promise<readonly [readonly string[], readonly string[]]> {
    const all = await catalog.list({ limit: 10_000 });
    const there = all.filter(({ vanishedAt }) => !vanishedAt);
    const gone = all.filter(({ vanishedAt }) => vanishedAt);
    return [there.map(({ key }) => key).toSorted(), gone.map(({ key }) => key).toSorted()];
  }

  it('writes nothing where nothing has changed', async () => {
    const store = storeOf(['a', 'b', 'c', 'd', ...UNUSUAL]);
    await run(store);
    await catalog.put({ ...(await catalog.find('b'))!, filename: 'mine', digests: { 'sha-256': new Uint8Array(32) } });
    assert.deepEqual(await run(store), toResult({ seen: 7, unchanged: 7 }));
    assert.equal((await catalog.find('b'))?.filename, 'mine');
    assert.deepEqual(await marks(), []);
  });

  it('replaces what has another size or ETag', async () => {
    const store = storeOf(['a', 'b', 'c', ...UNUSUAL]);
    await run(store);
    store.objects = store.objects.map((object, index) => ({ ...object, ...[{ size: 6 }, {}, { etag: '"f"' }][index] }));
    assert.deepEqual(await run(store), toResult({ seen: 6, changed: 2, unchanged: 4 }));
    assert.deepEqual([(await catalog.find('a'))?.size, (await catalog.find('c'))?.etag], [6, '"f"']);
  });

  it('marks what is gone, wherever it was, and takes the mark from what is back', async () => {
    const all = ['a', 'b', 'b1', 'c', 'd', 'e', 'f', ...UNUSUAL];
    const left = ['b', 'd', 'e', 'folder/'];
    await run(storeOf(all));
    assert.deepEqual(await run(storeOf(left)), toResult({ seen: 4, unchanged: 4, vanished: 6 }));
    assert.deepEqual(await keys(), [left, all.filter((key) => !left.includes(key)).toSorted()]);
    assert.deepEqual((await catalog.find('a'))?.vanishedAt, new Date(now));
    assert.deepEqual(await run(storeOf(left)), toResult({ seen: 4, unchanged: 4 }));
    const changed = new ListedStore(all.map((key) => listed(key, key === 'a' ? { etag: '"new"' } : {})));
    assert.deepEqual(await run(changed), toResult({ seen: 10, unchanged: 4, changed: 1, returned: 5 }));
    assert.deepEqual(await keys(), [all.toSorted(), []]);
    assert.deepEqual(await run(storeOf([])), toResult({ vanished: 10 }));
  });

  it('marks many at once', async () => {
    const many = Array.from({ length: 2_500 }, (_, index) => `k/${String(index).padStart(4, '0')}`);
    await run(storeOf(['a', ...many, ...many.map((key) => `${key}//`), 'z']), { batchSize: 1_000 });
    assert.deepEqual(await run(storeOf(['a', 'z'])), toResult({ seen: 2, unchanged: 2, vanished: 5_000 }));
  });

  it('leaves alone what is no entry of its own', async () => {
    const mine = [
      entry('b', { key: 'elsewhere' }),
      entry('b2', { key: 'b2', store: 'other' }),
      entry('b3', { key: 'b3', bucket: 'other' }),
      entry('b4', { key: 'b4', versionId: 'v' }),
      entry('~0123456789012345678901', { key: 'x//y' }),
      entry('~x', { key: '~x', bucket: 'other' }),
      entry('pinned', { key: 'pinned', versionId: 'v', etag: '"old"' }),
    ];
    await catalog.putMany(mine);
    assert.deepEqual(await run(storeOf(['pinned', 'q'])), toResult({ seen: 2, added: 1, unchanged: 1 }));
    await run(storeOf(['q']), { prefix: 'q' });
    assert.deepEqual((await keys())[1], []);
    assert.equal((await catalog.find('pinned'))?.etag, '"old"');
  });

  it('marks only below its prefix, and under its beginning of ids', async () => {
    await run(storeOf(['a/1', 'b/1', 'b//2', 'c//1']));
    await run(storeOf(['a/1', 'b/1', 'b//2', 'c//1']), { idPrefix: 'in/' });
    assert.deepEqual(await run(storeOf([]), { prefix: 'b/' }), toResult({ vanished: 2 }));
    assert.deepEqual(await keys(), [
      ['a/1', 'a/1', 'b/1', 'b//2', 'c//1', 'c//1'].toSorted(),
      ['b//2', 'b/1'].toSorted(),
    ]);
  });

  it('does not mark what came while it ran, nor what it refuses', async () => {
    const store = new ListedStore([listed('a'), listed('b'), listed('c//')]);
    await run(store);
    store.objects = [listed('a'), listed('b', { etag: '' }), listed('c//', { etag: 'W/"x"' }), listed('d')];
    store.before = async ({ key }) => {
      now += 1;
      if (key === 'c//') await catalog.putMany([entry('bb', { key: 'bb' }), entry('~x', { key: 'x//' })]);
    };
    await run(store, { batchSize: 1 });
    assert.deepEqual((await keys())[1], []);
  });

  it('finds all where the store lists in no order, and marks nothing by mistake for long', async () => {
    const store = storeOf(['c', 'a', 'd//', 'b', 'e', 'f']);
    store.isUnordered = true;
    assert.deepEqual(await run(store), toResult({ seen: 6, added: 6, isOrdered: false }));
    const again = await run(store, { batchSize: 1 });
    assert.deepEqual([again.seen, again.added, again.changed, again.isOrdered], [6, 0, 0, false]);
    assert.deepEqual((await keys())[0].length, 6);
  });
});
