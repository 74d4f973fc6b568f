// What the `sluice catalog` commands do: each opens what it needs, does one thing, and closes it again.
import type { Kysely } from 'kysely';
import { DEFAULT_COLLECTION } from '../catalog/catalog.ts';
import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { createCatalog } from '../catalog/database-catalog.ts';
import { isStrongEtag } from '../catalog/entry-check.ts';
import { formatEntryLine } from '../catalog/entry-line.ts';
import { filenameOf } from '../catalog/filename.ts';
import { mediaTypeOf } from '../catalog/media-types.ts';
import { isObjectId, OBJECT_ID_RULE } from '../catalog/object-id.ts';
import { scan } from '../catalog/scan.ts';
import { openDatabase } from '../database/open.ts';
import type { Schema } from '../database/schema.ts';
import { isSluiceError, SluiceError } from '../errors.ts';
import type { Source, Stat } from '../source/source.ts';
import type { AddOptions, ConfigOption, ListCommandOptions, ScanCommandOptions, ShowOptions } from './catalog.ts';
import { loadConfig } from './config.ts';
import type { Config } from './config.ts';
import { addDigest } from './digest-option.ts';
import { EntryTable, formatSize, toCard } from './entry-text.ts';
import { interruptible } from './interrupt.ts';
import { formatLocation, parseLocation } from './location.ts';
import type { Location } from './location.ts';
import { print } from './output.ts';

/** Rows asked for at once: a page of the table, and what a listing of any length keeps in memory. */
const PAGE_SIZE = 1_000;

/** A store that refuses many objects refuses them for one reason: the first few tell it. */
const MAX_REFUSALS_TOLD = 10;

export async function add(id: string, location: string, options: AddOptions): Promise<void> {
  if (!isObjectId(id)) throw new SluiceError('bad-input', `got the id ${JSON.stringify(id)}, want ${OBJECT_ID_RULE}`);
  const digests = (options.digest ?? []).reduce<Record<string, Uint8Array>>(
    (before, text) => addDigest(text, before),
    {},
  );
  const config = await loadConfig(options.config);
  const place = parseLocation(location, { stores: config.stores, store: options.store });
  if (place.key === '') throw new SluiceError('bad-input', `got ${location}, which names no object; want its key, too`);
  const version = options.versionId === undefined ? {} : { versionId: options.versionId };
  const stat = await interruptible((signal) =>
    withSource(config, place.store, (source) => statObject(source, { ...place, ...version }, signal)),
  );
  const filename = options.filename ?? filenameOf(place.key);
  const entry: CatalogEntry = {
    id,
    collection: options.collection ?? DEFAULT_COLLECTION,
    ...place,
    ...version,
    size: stat.size,
    etag: stat.etag,
    ...(stat.partBytes === undefined ? {} : { partBytes: stat.partBytes }),
    ...(stat.lastModified === undefined ? {} : { lastModified: stat.lastModified }),
    filename,
    mediaType: options.mediaType ?? mediaTypeOf(stat.mediaType, filename),
    digests,
  };
  const replaced = await withCatalog(config, async (catalog) => {
    const before = await catalog.find(id);
    await catalog.put(entry);
    return before !== undefined;
  });
  await print(`${replaced ? 'replaced' : 'added'} ${id} (${formatSize(entry.size)} at ${formatLocation(entry)})\n`);
}

type StatObject = Location & { readonly versionId?: string };

async function statObject(source: Source, object: StatObject, signal: AbortSignal): Promise<Stat> {
  const place = formatLocation(object);
  let stat: Stat;
  try {
    stat = await source.stat(object, { signal });
  } catch (cause) {
    if (!isSluiceError(cause, 'not-found')) throw cause;
    const version = object.versionId === undefined ? '' : ` in the version ${object.versionId}`;
    throw new SluiceError('not-found', `there is no object ${place}${version} (${cause.message})`, {
      cause,
    });
  }
  if (isStrongEtag(stat.etag)) return stat;
  const got = stat.etag === '' ? 'no ETag' : `the ETag ${stat.etag}`;
  throw new SluiceError(
    'origin-invalid',
    `the store gives ${place} ${got}, want a strong one: versions must be told apart`,
  );
}

export async function scanStore(
  location: string,
  { config: path, store, idPrefix, collection = DEFAULT_COLLECTION }: ScanCommandOptions,
): Promise<void> {
  const config = await loadConfig(path);
  const place = parseLocation(location, { stores: config.stores, store });
  let untold = 0;
  const result = await interruptible((signal) =>
    withDatabase(config, (database) =>
      withSource(config, place.store, (source) =>
        scan({
          source,
          database,
          collection,
          store: place.store,
          bucket: place.bucket,
          prefix: place.key,
          idPrefix,
          signal,
          onProgress: ({ seen }) => showProgress(`${seen} objects seen`),
          onRefused: ({ key, reason }) => {
            untold += 1;
            if (untold <= MAX_REFUSALS_TOLD) complain(`refused ${JSON.stringify(key)}: ${reason}`);
          },
        }),
      ),
    ),
  );
  showProgress('');
  if (result.seen === 0) complain(`nothing is listed at ${location}; want a prefix that keys begin with`);
  await print(`catalogued ${result.seen - result.refused} of ${result.seen} objects\n`);
  if (result.refused > 0) {
    throw new SluiceError('origin-invalid', `${result.refused} objects cannot be served and were not catalogued`);
  }
}

export async function list(options: ListCommandOptions): Promise<void> {
  const { config: path, prefix, collection, after, limit, json } = options;
  const selection = { prefix, ...(collection === undefined ? {} : { collection }) };
  const table = new EntryTable();
  await withCatalog(await loadConfig(path), async (catalog) => {
    let left = limit ?? Number.POSITIVE_INFINITY;
    let last = after;
    while (left > 0) {
      const wanted = Math.min(PAGE_SIZE, left);
      const page = await catalog.list({ ...selection, limit: wanted, ...(last === undefined ? {} : { after: last }) });
      if (page.length > 0) await print(json ? toJsonLines(page) : table.format(page));
      else if (last === after && !json)
        complain(prefix === '' ? 'the catalog is empty' : `no id begins with ${prefix}`);
      if (page.length < wanted) return;
      left -= page.length;
      last = page.at(-1)?.id;
    }
  });
}

function toJsonLines(entries: readonly CatalogEntry[]): string {
  return entries.map((entry) => `${formatEntryLine(entry)}\n`).join('');
}

export async function show(id: string, { config: path, json }: ShowOptions): Promise<void> {
  const entry = await withCatalog(await loadConfig(path), (catalog) => catalog.find(id));
  if (!entry)
    throw new SluiceError('not-found', `no entry has the id ${JSON.stringify(id)}; "sluice catalog list" has all`);
  await print(json ? `${formatEntryLine(entry)}\n` : toCard(entry));
}

export async function remove(ids: readonly string[], { config: path }: ConfigOption): Promise<void> {
  const missing = await withCatalog(await loadConfig(path), async (catalog) => {
    const unknown: string[] = [];
    for (const id of ids) {
      if (await catalog.remove(id)) await print(`removed ${id}\n`);
      else unknown.push(id);
    }
    return unknown;
  });
  if (missing.length === 0) return;
  throw new SluiceError('not-found', `no entry has the id ${missing.map((id) => JSON.stringify(id)).join(', ')}`);
}

function withCatalog<Result>(config: Config, task: (catalog: Catalog) => Promise<Result>): Promise<Result> {
  return withDatabase(config, (database) => task(createCatalog(database)));
}

async function withDatabase<Result>(
  config: Config,
  task: (database: Kysely<Schema>) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(config.database);
  try {
    return await task(database);
  } finally {
    await database.destroy();
  }
}

async function withSource<Result>(
  config: Config,
  name: string,
  task: (source: Source) => Promise<Result>,
): Promise<Result> {
  // Loaded only here: the AWS credential chain alone takes longer than a listing.
  const [{ pino }, { openStores }] = await Promise.all([import('pino'), import('./stores.ts')]);
  const log = pino({ level: config.log }, process.stderr);
  // The others are not opened: they may be on disks and in networks that are away.
  const only = new Map([...config.stores].filter(([store]) => store === name));
  const source = openStores({ ...config, stores: only }, { log }).get(name)!;
  try {
    return await task(source);
  } finally {
    source.close();
  }
}

function complain(text: string): void {
  showProgress('');
  process.stderr.write(`sluice: ${text}\n`);
}

/** One line that replaces itself, for a person who waits; a file or a pipe gets none. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
