import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, it } from 'node:test';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { isSluiceError } from '../errors.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { createCatalog, openCatalog } from './database-catalog.ts';
import { entry } from './entry.test-double.ts';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

const FULL = entry('runs/7/größe 🧬.bam', {
  versionId: 'v1',
  size: 5 * 2 ** 40,
  partBytes: 5 * 2 ** 30,
  lastModified: new Date('2026-01-02T03:04:05.678Z'),
  digests: { 'sha-256': new Uint8Array(32).fill(7), 'sha-512': new Uint8Array(64).fill(255) },
  vanishedAt: new Date('2026-02-03T04:05:06.789Z'),
});

/** Buffers as the arrays that they are. */
function plain({ digests, ...rest }: CatalogEntry): CatalogEntry {
  const pairs = Object.entries(digests).map(([name, digest]) => [name, new Uint8Array(digest)]);
  return { ...rest, digests: Object.fromEntries(pairs) };
}

onEveryDatabase('the catalog', (open) => {
  let database: Kysely<Schema>;
  let catalog: Catalog;
  beforeEach(async () => {
    database = await open();
    catalog = createCatalog(database, { now: () => 5 });
  });

  it('gives back every field of an entry', async () => {
    await catalog.putMany([FULL, entry('bare')]);
    assert.deepEqual(plain((await catalog.find(FULL.id))!), { ...FULL, isPublic: false });
    assert.deepEqual((await catalog.list({ limit: 2 })).map(plain), [entry('bare'), FULL]);
  });

  it('writes any number of entries, and keeps when each came', async () => {
    const ids = Array.from({ length: 1_234 }, (_, index) => `id-${index}`);
    await catalog.putMany(ids.map((id, size) => entry(id, { size })));
    await createCatalog(database, { now: () => 9 }).putMany([entry('id-7', { size: 1 }), entry('new')]);
    const listed = await catalog.list({ limit: 10_000 });
    assert.deepEqual(
      new Map(listed.map(({ id, size }) => [id, size])),
      new Map([...ids.map((id, size) => [id, size === 7 ? 1 : size] as const), ['new', 12]]),
    );
    const added = await database.selectFrom('objects').select('id').where('added_at', '=', 9).execute();
    assert.deepEqual(
      added.map(({ id }) => id),
      ['new'],
    );
  });

  it('has no entry for an unknown id, nor for a text that is no id', async () => {
    assert.equal(await catalog.find('nobody'), undefined);
    for (const text of ['', '../etc', 'a\u0000b', '\ud800', 'x'.repeat(100_000)]) {
      assert.equal(await catalog.find(text), undefined);
    }
  });

  it('replaces the entry of an id, and forgets what the new one lacks', async () => {
    await catalog.put(entry('a', { versionId: 'v1', lastModified: new Date(0), partBytes: 5 }));
    await catalog.put(entry('a', { size: 13 }));
    assert.deepEqual(await catalog.find('a'), { ...entry('a', { size: 13 }), isPublic: false });
  });

  it('tells apart ids that differ only in case or in composition', async () => {
    const ids = ['a', 'A', 'caf\u00e9', 'cafe\u0301'];
    await catalog.putMany(ids.map((id, size) => entry(id, { size })));
    assert.deepEqual(await Promise.all(ids.map(async (id) => (await catalog.find(id))?.size)), [0, 1, 2, 3]);
  });

  it('removes once', async () => {
    await catalog.put(entry('a'));
    assert.equal(await catalog.remove('a'), true);
    assert.equal(await catalog.remove('a'), false);
    assert.equal(await catalog.find('a'), undefined);
  });

  it('takes all of many entries or none', async () => {
    await assert.rejects(catalog.putMany([entry('good'), entry('bad', { etag: 'W/"x"' })]), (error) =>
      isSluiceError(error, 'bad-input'),
    );
    assert.equal(await catalog.find('good'), undefined);
    await catalog.putMany([]);
    await catalog.putMany([entry('same'), entry('same', { size: 99 })]);
    assert.equal((await catalog.find('same'))?.size, 99);
  });

  it('lists in the order of UTF-8 bytes, by prefix and collection, page by page', async () => {
    const unit = fc.constantFrom('a', 'b', '-', '/', 'é', '\ud7ff', '\ue000', '\uffff', '🧬', '\u{10ffff}');
    const text = fc.string({ unit, minLength: 1, maxLength: 4 });
    const id = text.filter((candidate) => !candidate.split('/').includes(''));
    await catalog.putCollection({ id: 'other', title: 'Other', isPublic: true });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(id, fc.constantFrom('default', 'other')), { maxLength: 20, selector: ([one]) => one }),
        fc.string({ unit, maxLength: 2 }),
        fc.constantFrom(undefined, 'default', 'other', 'none', 'NO ID'),
        fc.integer({ min: 1, max: 5 }),
        async (placed, prefix, collection, limit) => {
          await database.deleteFrom('objects').execute();
          await catalog.putMany(placed.map(([one, within]) => entry(one, { collection: within })));
          const options = { prefix, limit, ...(collection === undefined ? {} : { collection }) };
          const listed: string[] = [];
          for (let page = await catalog.list(options); page.length > 0;) {
            assert.ok(page.length <= limit);
            listed.push(...page.map((one) => one.id));
            page = await catalog.list({ ...options, after: listed.at(-1)! });
          }
          const wanted = placed.filter(([, within]) => collection === undefined || within === collection);
          const ids = wanted.map(([one]) => one).filter((one) => one.startsWith(prefix));
          assert.deepEqual(listed, ids.toSorted(byBytes));
        },
      ),
      { numRuns: 60 },
    );
    for (const prefix of ['\ud83e', '\0']) assert.deepEqual(await catalog.list({ prefix, limit: 10 }), []);
  });

  it('goes on after any text', async () => {
    await catalog.putMany(['a', 'b'].map((id) => entry(id)));
    const after = async (text: string) => (await catalog.list({ after: text, limit: 5 })).map(({ id }) => id);
    assert.deepEqual(await after('a\0b'), ['b']);
    assert.deepEqual(await after('\0'), ['a', 'b']);
    assert.deepEqual(await after('aa'), ['b']);
  });

  it('serves many callers of one connection', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `id-${index}`);
    await Promise.all(ids.map((id) => catalog.put(entry(id))));
    const found = await Promise.all(ids.map((id) => catalog.find(id)));
    assert.deepEqual(
      found.map((one) => one?.id),
      ids,
    );
  });

  it('refuses an entry that could not be served, and says why', async () => {
    const wrong: readonly [Partial<CatalogEntry>, RegExp][] = [
      [{ id: 'a/../b' }, /got this id, want 1 to 1024 bytes/],
      [{ store: '' }, /got no store/],
      [{ key: '' }, /got no key/],
      [{ filename: '\ud800' }, /half a character/],
      [{ key: 'a\0b' }, /half a character or a NUL/],
      [{ collection: 'Not one' }, /got the collection "Not one", want 1 to 63/],
      [{ collection: 'missing' }, /there is no collection "missing"/],
      [{ vanishedAt: new Date(Number.NaN) }, /vanished-at that is no date/],
      [{ size: -1, etag: '' }, /got the size -1, .*; got the ETag ""/],
      [{ size: -1 }, /got the size -1/],
      [{ size: 1.5 }, /got the size 1.5/],
      [{ etag: 'abc' }, /got the ETag "abc", want a strong one/],
      [{ etag: '"a"b"' }, /want a strong one/],
      [{ partBytes: 0 }, /got the part size 0/],
      [{ partBytes: 0.5 }, /got the part size 0.5/],
      [{ lastModified: new Date(Number.NaN) }, /no date/],
      [{ filename: '' }, /got no filename/],
      [{ mediaType: 'text/plain\r\nX: y' }, /got the media type/],
      [{ digests: { md5: new Uint8Array(16) } }, /got the digest md5, want sha-256 or sha-512/],
      [{ digests: { 'sha-256': new Uint8Array(31) } }, /got 31 bytes of sha-256, want 32/],
    ];
    for (const [more, message] of wrong) {
      await assert.rejects(catalog.put(entry('a', more)), (error) => {
        assert.ok(isSluiceError(error, 'bad-input'));
        assert.match(error.message, message);
        return true;
      });
    }
    assert.deepEqual(await catalog.list({ limit: 1 }), []);
  });

  it('takes entries from many writers at once', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `id-${index}`);
    const orders = [ids, ids.toReversed(), ids];
    await Promise.all(orders.map((order, size) => catalog.putMany(order.map((id) => entry(id, { size })))));
    assert.equal(new Set((await catalog.list({ limit: 500 })).map(({ size }) => size)).size, 1);
  });
});

it('an opened catalog keeps what it had, and is closed by who opened it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-catalog-'));
  const path = join(folder, 'sluice.db');
  const first = await openCatalog(path);
  await first.put(FULL);
  await first.close();
  const second = await openCatalog(path);
  assert.deepEqual(plain((await second.find(FULL.id))!), { ...FULL, isPublic: false });
  await second.close();
  await rm(folder, { recursive: true });
});
