import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isSluiceError } from '../errors.ts';
import type { ListedObject, ListRequest, Source } from '../source/source.ts';
import type { Catalog } from './catalog.ts';
import { isObjectId } from './object-id.ts';
import { filenameOf, scan } from './scan.ts';
import type { RefusedObject, ScanOptions, ScanProgress } from './scan.ts';
import { openCatalog } from './sqlite-catalog.ts';

const listed = (key: string, more: Partial<ListedObject> = {}): ListedObject => ({
  key,
  size: 5,
  etag: '"e"',
  ...more,
});

/** A source of which nothing but the listing is asked. */
function listing(objects: Iterable<ListedObject>, requests: ListRequest[] = []): Source {
  const refuse = () => {
    throw new Error('a scan only lists');
  };
  async function* list(request: ListRequest): AsyncIterable<ListedObject> {
    requests.push(request);
    for (const object of objects) {
      request.signal.throwIfAborted();
      yield object;
    }
  }
  return { stat: refuse, open: refuse, list, close: refuse };
}

describe('scan', () => {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await openCatalog(':memory:');
  });
  afterEach(() => catalog.close());

  const run = (source: Source, more: Partial<ScanOptions> = {}) =>
    scan({
      source,
      catalog,
      store: 'archive',
      bucket: 'library',
      prefix: '',
      idPrefix: '',
      signal: new AbortController().signal,
      ...more,
    });
  const ids = async () => (await catalog.list({ limit: 10_000 })).map((entry) => entry.id);

  it('catalogues what the listing tells, and guesses the media type from the name', async () => {
    const requests: ListRequest[] = [];
    const lastModified = new Date('2026-01-02T03:04:05Z');
    const source = listing([listed('runs/7/reads.FASTQ.gz', { lastModified, size: 9 })], requests);
    const result = await run(source, { prefix: 'runs/', idPrefix: 'lab/' });
    assert.deepEqual(result, { seen: 1, catalogued: 1, refused: 0 });
    assert.deepEqual(await catalog.find('lab/runs/7/reads.FASTQ.gz'), {
      id: 'lab/runs/7/reads.FASTQ.gz',
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
      requests.map(({ bucket, prefix }) => [bucket, prefix]),
      [['library', 'runs/']],
    );
  });

  it('keeps the size of the parts where the listing tells it', async () => {
    await run(listing([listed('a', { partBytes: 8 << 20 }), listed('b')]));
    const found = await catalog.list({ limit: 2 });
    assert.deepEqual(
      found.map((entry) => entry.partBytes),
      [8 << 20, undefined],
    );
  });

  it("takes the listing's media type when it can be a header", async () => {
    await run(listing([listed('a.bam', { mediaType: 'text/x' }), listed('b.bam', { mediaType: 'no\r\nheader' })]));
    const found = await catalog.list({ limit: 2 });
    assert.deepEqual(
      found.map((entry) => entry.mediaType),
      ['text/x', 'application/vnd.ga4gh.bam'],
    );
  });

  it('names by a hash what cannot be named by its key, the same at each scan', async () => {
    const keys = ['a//b', '../up', '/root', 'folder/', 'line\nfeed', 'x'.repeat(1_024)];
    const source = listing(keys.map((key) => listed(key)));
    await run(source, { idPrefix: 'in/' });
    const first = await ids();
    await run(source, { idPrefix: 'in/' });
    assert.deepEqual(await ids(), first);
    assert.equal(first.length, keys.length);
    for (const id of first) assert.match(id, /^in\/~[\w-]{22}$/);
    await run(source, { bucket: 'other' });
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
    ];
    const result = await run(listing(objects), { onRefused: (one) => refused.push(one) });
    assert.deepEqual(result, { seen: 4, catalogued: 1, refused: 3 });
    assert.deepEqual(await ids(), ['ok']);
    assert.deepEqual(
      refused.map((one) => one.key),
      ['none', 'weak', 'bare'],
    );
    assert.match(refused[0]!.reason, /gives no ETag/);
    assert.match(refused[1]!.reason, /not a strong one/);
  });

  it('writes batches of a thousand and tells of each', async () => {
    const told: ScanProgress[] = [];
    const objects = Iterator.from(Array.from({ length: 2_500 }, (_, index) => listed(`k${index}`)));
    await run(listing(objects), { onProgress: (progress) => told.push(progress) });
    assert.deepEqual(
      told.map((progress) => progress.catalogued),
      [1_000, 2_000, 2_500],
    );
    assert.equal((await ids()).length, 2_500);
  });

  it('stops when it is aborted; what was catalogued stays', async () => {
    const stop = new AbortController();
    const objects = Array.from({ length: 2_500 }, (_, index) => listed(`k${index}`));
    const onProgress = () => stop.abort();
    await assert.rejects(run(listing(objects), { signal: stop.signal, onProgress }), { name: 'AbortError' });
    assert.equal((await ids()).length, 1_000);
  });

  it('refuses a beginning that no id can have', async () => {
    for (const idPrefix of ['../', '/a', 'x'.repeat(1_003)]) {
      await assert.rejects(run(listing([]), { idPrefix }), (error) => isSluiceError(error, 'bad-input'));
    }
  });
});

describe('filenameOf', () => {
  it('is the last segment, fit to be shown', () => {
    const names = { 'a/b.txt': 'b.txt', 'a/b/': 'b', '/': 'object', 'a\nb': 'a_b', '\ud800': '\ufffd', ü: 'ü' };
    for (const [key, name] of Object.entries(names)) assert.equal(filenameOf(key), name);
  });
});
