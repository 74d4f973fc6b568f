import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { isSluiceError } from '../errors.ts';
import type { Catalog } from './catalog.ts';
import { createCatalog } from './database-catalog.ts';
import { listed, ListedStore, scanStore, toResult } from './listed-store.test-double.ts';
import { isObjectId } from './object-id.ts';
import type { ScanCounts } from './scan-log.ts';
import type { RefusedObject, ScanOptions } from './scan.ts';

onEveryDatabase('scan', (open) => {
  let database: Kysely<Schema>;
  let catalog: Catalog;
  beforeEach(async () => {
    database = await open();
    catalog = createCatalog(database);
  });

  const run = (store: ListedStore, more: Partial<ScanOptions> = {}) => scanStore(database, store, more);
  const ids = async () => (await catalog.list({ limit: 10_000 })).map((entry) => entry.id);

  it('catalogues what the listing tells, and guesses the media type from the name', async () => {
    const lastModified = new Date('2026-01-02T03:04:05Z');
    const store = new ListedStore([listed('runs/7/reads.FASTQ.gz', { lastModified, size: 9 })]);
    const result = await run(store, { prefix: 'runs/', idPrefix: 'lab/' });
    assert.deepEqual(result, toResult({ seen: 1, added: 1 }));
    assert.deepEqual(await catalog.find('lab/runs/7/reads.FASTQ.gz'), {
      id: 'lab/runs/7/reads.FASTQ.gz',
      collection: 'default',
      isPublic: false,
      store: 'archive',
      bucket: 'library',
      key: 'runs/7/reads.FASTQ.gz',
      size: 9,
      etag: '"e"',
      lastModified,
      filename: 'reads.FASTQ.gz',
      mediaType: 'application/gzip',
      digests: {},
    });
    assert.deepEqual(
      store.requests.map(({ bucket, prefix, after }) => [bucket, prefix, after]),
      [['library', 'runs/', undefined]],
    );
  });

  it('keeps the size of the parts where the listing tells it', async () => {
    await run(new ListedStore([listed('a', { partBytes: 8 << 20 }), listed('b')]));
    const found = await catalog.list({ limit: 2 });
    assert.deepEqual(
      found.map((entry) => entry.partBytes),
      [8 << 20, undefined],
    );
  });

  it("takes the listing's media type when it can be a header", async () => {
    await run(
      new ListedStore([listed('a.bam', { mediaType: 'text/x' }), listed('b.bam', { mediaType: 'no\r\nheader' })]),
    );
    const found = await catalog.list({ limit: 2 });
    assert.deepEqual(
      found.map((entry) => entry.mediaType),
      ['text/x', 'application/vnd.ga4gh.bam'],
    );
  });

  it('names by a hash what cannot be named by its key, the same at each scan', async () => {
    const keys = ['a//b', '../up', '/root', 'folder/', 'line\nfeed', 'x'.repeat(1_024)];
    const store = new ListedStore(keys.map((key) => listed(key)));
    await run(store, { idPrefix: 'in/' });
    const first = await ids();
    await run(store, { idPrefix: 'in/' });
    assert.deepEqual(await ids(), first);
    assert.equal(first.length, keys.length);
    for (const id of first) assert.match(id, /^in\/~[\w-]{22}$/);
    await run(store, { bucket: 'other' });
    assert.ok((await ids()).every(isObjectId));
    assert.equal((await ids()).length, 2 * keys.length);
  });

  it('refuses objects whose version cannot be pinned, counts them and says why', async () => {
    const refused: RefusedObject[] = [];
    const objects = [
      listed('none', { etag: '' }),
      listed('weak', { etag: 'W/"e"' }),
      listed('bare', { etag: 'e' }),
      listed('ok'),
      listed('nul\0'),
      listed('half\ud800'),
    ];
    const result = await run(new ListedStore(objects), { onRefused: (one) => refused.push(one) });
    assert.deepEqual(result, toResult({ seen: 6, added: 1, refused: 5 }));
    assert.deepEqual(await ids(), ['ok']);
    assert.deepEqual(
      refused.map((one) => one.key),
      ['bare', 'half\ud800', 'none', 'nul\0', 'weak'],
    );
    assert.match(refused[0]!.reason, /not a strong one/);
    assert.match(refused[1]!.reason, /no Unicode/);
    assert.match(refused[2]!.reason, /gives no ETag/);
  });

  it('writes batches of a thousand and tells of each', async () => {
    const told: ScanCounts[] = [];
    const objects = Array.from({ length: 2_500 }, (_, index) => listed(`k${index}`));
    await run(new ListedStore(objects), { onProgress: (progress) => told.push(progress) });
    assert.deepEqual(
      told.map(({ added }) => added),
      [1_000, 2_000, 2_500, 2_500],
    );
    assert.equal((await ids()).length, 2_500);
  });

  it('stops when it is aborted; what was catalogued stays', async () => {
    const stop = new AbortController();
    const objects = Array.from({ length: 2_500 }, (_, index) => listed(`k${index}`));
    const onProgress = () => stop.abort();
    await assert.rejects(run(new ListedStore(objects), { signal: stop.signal, onProgress }), { name: 'AbortError' });
    assert.equal((await ids()).length, 1_000);
  });

  it('puts what it finds into a collection that is there', async () => {
    await catalog.putCollection({ id: 'open', title: 'Open', isPublic: true });
    const store = new ListedStore([listed('a'), listed('b')]);
    await run(store);
    assert.deepEqual(await run(store, { collection: 'open' }), toResult({ seen: 2, changed: 2 }));
    assert.equal((await catalog.find('a'))?.isPublic, true);
    await assert.rejects(run(store, { collection: 'none' }), { code: 'bad-input', message: /no collection "none"/ });
  });

  it('refuses a prefix that no database can keep', async () => {
    await assert.rejects(run(new ListedStore([]), { prefix: 'a\0' }), { code: 'bad-input' });
  });

  it('refuses a beginning that no id can have', async () => {
    for (const idPrefix of ['../', '/a', 'x'.repeat(1_003)]) {
      await assert.rejects(run(new ListedStore([]), { idPrefix }), (error) => isSluiceError(error, 'bad-input'));
    }
  });
});
