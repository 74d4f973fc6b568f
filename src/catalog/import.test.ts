// What was exported is imported, on either database; and how far an import comes that ends early.
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { createCatalog } from './database-catalog.ts';
import { entry } from './entry.test-double.ts';
import { exportEntries } from './export.ts';
import { importEntries } from './import.ts';
import type { ImportOptions, ImportProgress } from './import.ts';

const { signal } = new AbortController();

onEveryDatabase('export and import', (open) => {
  let database: Kysely<Schema>;
  let catalog: Catalog;
  beforeEach(async () => {
    database = await open();
    catalog = createCatalog(database);
    await catalog.putCollection({ id: 'open', title: 'Open', isPublic: true });
  });

  const lineOf = (id: string, more: object = {}) =>
    JSON.stringify({ id, store: 's', key: id, size: 1, etag: '"e"', ...more });
  const ids = async () => (await catalog.list({ limit: 10_000 })).map(({ id }) => id);

  function run(lines: readonly string[], more: Partial<ImportOptions> = {}): Promise<ImportProgress> {
    async function* read() {
      yield Buffer.from(lines.join('\n'));
    }
    return importEntries({ input: read(), database, signal, ...more });
  }

  async function exported(options: { readonly collection?: string; readonly prefix?: string } = {}): Promise<string> {
    return (await Array.fromAsync(exportEntries(catalog, { ...options, signal }))).join('');
  }

  it('an export is imported as it was, by pages and batches', async () => {
    const entries: CatalogEntry[] = Array.from({ length: 2_300 }, (_, index) =>
      entry(`id-${index}`, {
        size: index,
        collection: index % 3 === 0 ? 'open' : 'default',
        ...(index % 5 === 0 ? { vanishedAt: new Date(index) } : {}),
        ...(index % 7 === 0 ? { digests: { 'sha-256': new Uint8Array(32).fill(index) } } : {}),
      }),
    );
    await catalog.putMany(entries);
    const text = await exported();
    assert.equal(text.split('\n').length, entries.length + 1);
    for (const { id } of entries) await catalog.remove(id);
    const told: ImportProgress[] = [];
    const result = await run([text], { batchSize: 1_000, onProgress: (progress) => told.push(progress) });
    assert.deepEqual(result, { lines: 2_300, imported: 2_300 });
    assert.deepEqual(
      told.map(({ imported }) => imported),
      [1_000, 2_000, 2_300],
    );
    assert.equal(await exported(), text);
  });

  it('an export is of a collection or a prefix', async () => {
    await catalog.putMany([entry('a/1', { collection: 'open' }), entry('a/2'), entry('b')]);
    const of = async (options: object) =>
      [...(await exported(options)).matchAll(/"id":"([^"]*)"/g)].map(([, id]) => id);
    assert.deepEqual(await of({ collection: 'open' }), ['a/1']);
    assert.deepEqual(await of({ prefix: 'a/' }), ['a/1', 'a/2']);
  });

  it('lines that name no collection come into the one that is said, and blank lines are none', async () => {
    await run([lineOf('a'), '', ' \r', lineOf('b', { collection: 'default' })], { collection: 'open' });
    assert.deepEqual(
      (await catalog.list({ limit: 5 })).map(({ id, collection }) => [id, collection]),
      [
        ['a', 'open'],
        ['b', 'default'],
      ],
    );
  });

  it('the first wrong line ends it, told with its number; its batch is not written', async () => {
    const lines = [lineOf('a'), lineOf('b'), lineOf('c'), lineOf('d', { size: -1, etag: 'x' }), lineOf('e')];
    const message =
      /^line 4: got the size -1, [^;]*; got the ETag "x", [^;]* \(imported is what comes before line 3\)$/;
    await assert.rejects(run(lines, { batchSize: 2 }), { code: 'bad-input', message });
    assert.deepEqual(await ids(), ['a', 'b']);
    await assert.rejects(run(['', 'x']), { message: /^line 2: got no JSON.* \(nothing is imported\)$/ });
    await assert.rejects(run([lineOf('e', { collection: 'none' })]), {
      message: /^line 1: there is no collection "none"/,
    });
    assert.deepEqual(await ids(), ['a', 'b']);
  });

  it('an abort ends it between two batches, and lets go of its input', async () => {
    const stop = new AbortController();
    let isLeft = false;
    async function* endless() {
      try {
        for (let index = 0; ; index += 1) yield Buffer.from(`${lineOf(`id-${index}`)}\n`);
      } finally {
        isLeft = true;
      }
    }
    const running = run([], { input: endless(), batchSize: 5, signal: stop.signal, onProgress: () => stop.abort() });
    await assert.rejects(running, { code: 'closed' });
    assert.deepEqual([(await ids()).length, isLeft], [5, true]);
  });

  it('an export that is aborted ends', async () => {
    await assert.rejects(Array.fromAsync(exportEntries(catalog, { signal: AbortSignal.abort() })), { code: 'closed' });
  });
});
