// Bundles in their database: what is kept, for how long, and what goes when there is too much.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Kysely, KyselyPlugin } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import type { Bundleable, Bundles } from './bundles.ts';
import { createBundles, DEFAULT_BUNDLE_LIMITS } from './database-bundles.ts';
import type { BundleLimits } from './database-bundles.ts';
import { pinBundle } from './pin.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const { signal } = new AbortController();

const objectOf = (id: string): Bundleable => ({
  id,
  store: 's',
  bucket: 'b',
  key: `key of ${id}`,
  versionId: 'v',
  size: 5e12,
  etag: '"é"',
  lastModified: new Date(1e12),
  filename: id,
});

async function create(bundles: Bundles, objects: readonly Bundleable[]) {
  const bundle = bundles.pin(objects);
  return { bundle, isNew: await bundles.keep(bundle) };
}

/** As when a database can be read, and takes no writes. */
const REFUSE_UPDATES: KyselyPlugin = {
  transformQuery: ({ node }) => {
    if (node.kind === 'UpdateQueryNode') throw new Error('on purpose');
    return node;
  },
  transformResult: async ({ result }) => result,
};

onEveryDatabase('createBundles()', (openDatabase) => {
  /** A database of its own, a clock that the test moves, and as many gateways on it as it opens. */
  async function createWorld(limits: Partial<BundleLimits> = {}) {
    const database = await openDatabase();
    const clock = { nowMs: 1e12 };
    const open = (on: Kysely<Schema> = database) => createBundles(on, { limits, now: () => clock.nowMs });
    return { database, clock, open };
  }

  it('keeps a bundle as it was made, for every gateway that has its database', async () => {
    const { open } = await createWorld();
    const first = open();
    const objects = [objectOf('a'), objectOf('ü/b')];
    const { bundle, isNew } = await create(first, objects);
    assert.deepEqual([bundle, isNew], [pinBundle(objects), true]);
    const second = open();
    assert.deepEqual(await second.find(bundle.id, { signal }), bundle);
    assert.deepEqual(await create(second, objects), { bundle, isNew: false });
    assert.equal(await second.find('0'.repeat(64), { signal }), undefined);
  });

  it('gives everyone the same bundle, and reads it once', async () => {
    const { open } = await createWorld();
    const { bundle } = await create(open(), [objectOf('a')]);
    const bundles = open();
    const [one, two] = await Promise.all([bundles.find(bundle.id, { signal }), bundles.find(bundle.id, { signal })]);
    assert.ok(one && one === two && one === (await bundles.find(bundle.id, { signal })));
  });

  it('is made once by gateways that make it at the same time', async () => {
    const { open } = await createWorld();
    const gateways = [open(), open(), open(), open()];
    const kept = await Promise.all(gateways.map((bundles) => create(bundles, [objectOf('a')])));
    assert.equal(kept.filter(({ isNew }) => isNew).length, 1);
  });

  it('lists what it has in the order of ids, page by page', async () => {
    const { open } = await createWorld();
    const bundles = open();
    const made = [];
    for (const id of ['a', 'b', 'c', 'd', 'e']) made.push((await create(bundles, [objectOf(id)])).bundle);
    const all = made.map(({ id, size, etag }) => ({ id, size, etag })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual(await bundles.list({ prefix: '', after: '', limit: 10 }), all);
    assert.deepEqual(await bundles.list({ prefix: '', after: all[1]!.id, limit: 2 }), all.slice(2, 4));
    assert.deepEqual(await bundles.list({ prefix: all[2]!.id.slice(0, 60), after: '', limit: 10 }), [all[2]]);
    assert.deepEqual(await bundles.list({ prefix: 'x', after: '', limit: 10 }), []);
    assert.deepEqual(await bundles.list({ prefix: '\ud800', after: '', limit: 10 }), []);
    assert.deepEqual(await bundles.list({ prefix: '\0', after: '', limit: 10 }), []);
    assert.equal(await bundles.find('\0', { signal }), undefined);
  });

  it('refuses none, too many, and what takes too much to pin', async () => {
    const { open } = await createWorld({ maxMembers: 2, maxBundleBytes: 1000 });
    const bundles = open();
    assert.equal(bundles.maxMembers, 2);
    for (const ids of [[], ['a', 'b', 'c'], ['x'.repeat(1000)]]) {
      assert.throws(() => bundles.pin(ids.map(objectOf)), { code: 'bad-input' });
    }
    assert.deepEqual(await bundles.list({ prefix: '', after: '', limit: 10 }), []);
  });

  it('lets one go that nobody has used for long, and no other', async () => {
    const { open, clock } = await createWorld({ maxIdleMs: 30 * DAY_MS });
    const bundles = open();
    const { bundle: unused } = await create(bundles, [objectOf('unused')]);
    const { bundle: used } = await create(bundles, [objectOf('used')]);
    clock.nowMs += 20 * DAY_MS;
    assert.ok(await bundles.find(used.id, { signal }));
    clock.nowMs += 10 * DAY_MS;
    assert.equal(await bundles.find(unused.id, { signal }), undefined);
    assert.ok(await bundles.find(used.id, { signal }));
    await create(bundles, [objectOf('new')]);
    assert.equal((await bundles.list({ prefix: '', after: '', limit: 10 })).length, 2);
  });

  it('writes a use down once in an hour, and serves what it cannot write it down for', async () => {
    const { open, clock, database } = await createWorld();
    const { bundle } = await create(open(), [objectOf('a')]);
    const usedAt = async () => (await database.selectFrom('bundles').select('used_at').executeTakeFirst())?.used_at;
    const madeAt = clock.nowMs;
    clock.nowMs += HOUR_MS - 1;
    await open().find(bundle.id, { signal });
    assert.equal(await usedAt(), madeAt);
    clock.nowMs += 1;
    const unwritable = open(database.withPlugin(REFUSE_UPDATES));
    assert.deepEqual(await unwritable.find(bundle.id, { signal }), bundle);
    assert.equal(await usedAt(), madeAt);
    await open().find(bundle.id, { signal });
    assert.equal(await usedAt(), clock.nowMs);
  });

  for (const [what, limits] of [
    ['number', { maxBundles: 3 }],
    ['size', { maxStoredBytes: 3 * Buffer.byteLength(JSON.stringify(pinBundle([objectOf('0')]).members)) }],
  ] as const) {
    it(`never keeps more than its ${what}: those go that were used the longest ago`, async () => {
      const { open, clock } = await createWorld(limits);
      const bundles = open();
      const ids: string[] = [];
      for (const name of ['0', '1', '2', '0', '3', '4']) {
        clock.nowMs += 1;
        ids.push((await create(bundles, [objectOf(name)])).bundle.id);
        assert.ok((await bundles.list({ prefix: '', after: '', limit: 10 })).length <= 3);
      }
      const kept = await bundles.list({ prefix: '', after: '', limit: 10 });
      assert.deepEqual(
        kept.map(({ id }) => id),
        [ids[0]!, ids[4]!, ids[5]!].toSorted(),
      );
      assert.equal(await bundles.find(ids[1]!, { signal }), undefined);
    });
  }

  it('makes room for one that is larger than many together', async () => {
    const { open } = await createWorld({ maxStoredBytes: 40_000 });
    const bundles = open();
    for (let index = 0; index < 150; index += 1) await create(bundles, [objectOf(`${index}`)]);
    const many = Array.from({ length: 250 }, (_, index) => objectOf(`m${index}`));
    const { bundle } = await create(bundles, many);
    const kept = await bundles.list({ prefix: '', after: '', limit: 1000 });
    assert.ok(kept.length < 100 && kept.some(({ id }) => id === bundle.id), `${kept.length} are kept`);
  });
});

it('holds the largest bundle within its limits by default', () => {
  const { maxBundleBytes, maxRememberedBytes, maxStoredBytes } = DEFAULT_BUNDLE_LIMITS;
  assert.ok(maxBundleBytes <= maxRememberedBytes && maxBundleBytes <= maxStoredBytes);
});
