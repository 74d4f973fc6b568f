// Bundles in their file: what is kept, for how long, and what goes when there is too much.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { openCatalog } from '../catalog/sqlite-catalog.ts';
import type { Bundleable, Bundles } from './bundles.ts';
import { pinBundle } from './pin.ts';
import { DEFAULT_BUNDLE_LIMITS, openBundles } from './sqlite-bundles.ts';
import type { BundleLimits } from './sqlite-bundles.ts';

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

describe('openBundles()', () => {
  let folder: string;
  let count = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-bundles-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** A file of its own, a clock that the test moves, and as many stores on the file as it opens. */
  function createFile(t: TestContext, limits: Partial<BundleLimits> = {}) {
    const path = join(folder, `${(count += 1)}.db`);
    const clock = { nowMs: 1e12 };
    const open = async (): Promise<Bundles> => {
      const bundles = await openBundles(path, { limits, now: () => clock.nowMs });
      t.after(() => bundles.close());
      return bundles;
    };
    return { path, clock, open };
  }

  it('keeps a bundle as it was made, for who opens the file later', async (t) => {
    const { open } = createFile(t);
    const first = await open();
    const objects = [objectOf('a'), objectOf('ü/b')];
    const { bundle, isNew } = await create(first, objects);
    assert.deepEqual([bundle, isNew], [pinBundle(objects), true]);
    const second = await open();
    assert.deepEqual(await second.find(bundle.id, { signal }), bundle);
    assert.deepEqual(await create(second, objects), { bundle, isNew: false });
    assert.equal(await second.find('0'.repeat(64), { signal }), undefined);
  });

  it('gives everyone the same bundle, and reads it once', async (t) => {
    const { open } = createFile(t);
    const { bundle } = await create(await open(), [objectOf('a')]);
    const bundles = await open();
    const [one, two] = await Promise.all([bundles.find(bundle.id, { signal }), bundles.find(bundle.id, { signal })]);
    assert.ok(one && one === two && one === (await bundles.find(bundle.id, { signal })));
  });

  it('shares its file with the catalog', async (t) => {
    const { open, path } = createFile(t);
    const catalog = await openCatalog(path);
    t.after(() => catalog.close());
    const { bundle } = await create(await open(), [objectOf('a')]);
    await catalog.put({ ...objectOf('a'), etag: '"e"', mediaType: 'text/plain', digests: {} });
    assert.deepEqual(await (await open()).find(bundle.id, { signal }), bundle);
  });

  it('lists what it has in the order of ids, page by page', async (t) => {
    const { open } = createFile(t);
    const bundles = await open();
    const made = [];
    for (const id of ['a', 'b', 'c', 'd', 'e']) made.push((await create(bundles, [objectOf(id)])).bundle);
    const all = made.map(({ id, size, etag }) => ({ id, size, etag })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual(await bundles.list({ prefix: '', after: '', limit: 10 }), all);
    assert.deepEqual(await bundles.list({ prefix: '', after: all[1]!.id, limit: 2 }), all.slice(2, 4));
    assert.deepEqual(await bundles.list({ prefix: all[2]!.id.slice(0, 60), after: '', limit: 10 }), [all[2]]);
    assert.deepEqual(await bundles.list({ prefix: 'x', after: '', limit: 10 }), []);
    assert.deepEqual(await bundles.list({ prefix: '\ud800', after: '', limit: 10 }), []);
  });

  it('refuses none, too many, and what takes too much to pin', async (t) => {
    const { open } = createFile(t, { maxMembers: 2, maxBundleBytes: 1000 });
    const bundles = await open();
    assert.equal(bundles.maxMembers, 2);
    for (const ids of [[], ['a', 'b', 'c'], ['x'.repeat(1000)]]) {
      assert.throws(() => bundles.pin(ids.map(objectOf)), { code: 'bad-input' });
    }
    assert.deepEqual(await bundles.list({ prefix: '', after: '', limit: 10 }), []);
  });

  it('lets one go that nobody has used for long, and no other', async (t) => {
    const { open, clock } = createFile(t, { maxIdleMs: 30 * DAY_MS });
    const bundles = await open();
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

  it('writes a use down once in an hour, and serves what it cannot write it down for', async (t) => {
    const { open, clock, path } = createFile(t);
    const { bundle } = await create(await open(), [objectOf('a')]);
    const usedAt = () => {
      const file = new DatabaseSync(path);
      const { used_at } = file.prepare('select used_at from bundles').get() as { used_at: number };
      file.close();
      return used_at;
    };
    const madeAt = clock.nowMs;
    clock.nowMs += HOUR_MS - 1;
    await (await open()).find(bundle.id, { signal });
    assert.equal(usedAt(), madeAt);
    clock.nowMs += 1;
    const bundles = await open();
    const file = new DatabaseSync(path);
    file.exec("create trigger refuse before update on bundles begin select raise(abort, 'on purpose'); end");
    assert.deepEqual(await bundles.find(bundle.id, { signal }), bundle);
    assert.equal(usedAt(), madeAt);
    file.exec('drop trigger refuse');
    file.close();
    await (await open()).find(bundle.id, { signal });
    assert.equal(usedAt(), clock.nowMs);
  });

  for (const [what, limits] of [
    ['number', { maxBundles: 3 }],
    ['size', { maxStoredBytes: 3 * Buffer.byteLength(JSON.stringify(pinBundle([objectOf('0')]).members)) }],
  ] as const) {
    it(`never keeps more than its ${what}: those go that were used the longest ago`, async (t) => {
      const { open, clock } = createFile(t, limits);
      const bundles = await open();
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

  it('makes room for one that is larger than many together', async (t) => {
    const { open } = createFile(t, { maxStoredBytes: 40_000 });
    const bundles = await open();
    for (let index = 0; index < 150; index += 1) await create(bundles, [objectOf(`${index}`)]);
    const many = Array.from({ length: 250 }, (_, index) => objectOf(`m${index}`));
    const { bundle } = await create(bundles, many);
    const kept = await bundles.list({ prefix: '', after: '', limit: 1000 });
    assert.ok(kept.length < 100 && kept.some(({ id }) => id === bundle.id), `${kept.length} are kept`);
  });

  it('holds the largest bundle within its limits by default', () => {
    const { maxBundleBytes, maxRememberedBytes, maxStoredBytes } = DEFAULT_BUNDLE_LIMITS;
    assert.ok(maxBundleBytes <= maxRememberedBytes && maxBundleBytes <= maxStoredBytes);
  });
});
