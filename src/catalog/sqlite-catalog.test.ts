import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { openCatalog } from './sqlite-catalog.ts';

const FIVE_TIB = 5 * 2 ** 40;

function entry(id: string, more: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    id,
    store: 'archive',
    bucket: 'library',
    key: `objects/${id}`,
    size: 12,
    etag: '"abc"',
    filename: 'file.bin',
    mediaType: 'application/octet-stream',
    digests: {},
    ...more,
  };
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('the catalog in SQLite', () => {
  let catalog: Catalog;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-catalog-'));
  });
  after(async () => {
    await catalog.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    await catalog?.close();
    catalog = await openCatalog(':memory:');
  });

  it('gives back every field of an entry, also when it is opened again', async () => {
    const path = join(folder, 'catalog.db');
    const full = entry('runs/7/größe 🧬.bam', {
      versionId: 'v1',
      size: FIVE_TIB,
      partBytes: 5 * 2 ** 30,
      lastModified: new Date('2026-01-02T03:04:05.678Z'),
      digests: { 'sha-256': new Uint8Array(32).fill(7), 'sha-512': new Uint8Array(64).fill(255) },
    });
    const first = await openCatalog(path);
    await first.putMany([full, entry('bare')]);
    await first.close();
    const second = await openCatalog(path);
    const found = await second.find(full.id);
    const digests = Object.entries(found!.digests).map(([name, digest]) => [name, new Uint8Array(digest)]);
    assert.deepEqual({ ...found, digests: Object.fromEntries(digests) }, full);
    assert.deepEqual(await second.find('bare'), entry('bare'));
    await second.close();
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
    assert.deepEqual(await catalog.find('a'), entry('a', { size: 13 }));
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

  it('lists in the order of UTF-8 bytes, by prefix, page by page', async () => {
    const unit = fc.constantFrom('a', 'b', '-', '/', 'é', '\ud7ff', '\ue000', '\uffff', '🧬', '\u{10ffff}');
    const text = fc.string({ unit, minLength: 1, maxLength: 4 });
    const id = text.filter((candidate) => !candidate.split('/').includes(''));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(id, { maxLength: 20 }),
        fc.string({ unit, maxLength: 2 }),
        fc.integer({ min: 1, max: 5 }),
        async (ids, prefix, limit) => {
          const fresh = await openCatalog(':memory:');
          await fresh.putMany(ids.map((one) => entry(one)));
          const listed: string[] = [];
          for (let page = await fresh.list({ prefix, limit }); page.length > 0;) {
            assert.ok(page.length <= limit);
            listed.push(...page.map((one) => one.id));
            page = await fresh.list({ prefix, limit, after: listed.at(-1)! });
          }
          await fresh.close();
          assert.deepEqual(listed, ids.filter((one) => one.startsWith(prefix)).toSorted(byBytes));
        },
      ),
      { numRuns: 60 },
    );
    assert.deepEqual(await catalog.list({ prefix: '\ud83e', limit: 10 }), []);
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
});
