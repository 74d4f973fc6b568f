// What the `sluice catalog` commands do with `--server`: the same, over HTTP on a running gateway.
import type { Admin, Work } from '../admin/admin.ts';
import type { NewObjectData, ObjectData, ScanLine } from '../admin/schemas.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { SluiceError } from '../errors.ts';
import type { AddOptions, ListCommandOptions, ScanCommandOptions, ShowOptions } from './catalog.ts';
import { withAdmin } from './admin-command.ts';
import type { AdminOptions } from './admin-command.ts';
import { addDigest } from './digest-option.ts';
import { EntryTable, formatSize, toCard } from './entry-text.ts';
import { formatLocation } from './location.ts';
import { print } from './output.ts';

/** Rows asked for at once. */
const PAGE_SIZE = 1_000;

type Place = { readonly store: string; readonly bucket: string; readonly key: string };

/** Whether a store has buckets is for the server to know: `STORE:BUCKET/KEY`, and a folder's path after `STORE:/`. */
function parsePlace(location: string): Place {
  const [, store = '', bucket = '', key = ''] = /^([a-z0-9][a-z0-9_-]{0,62}):([^/]*)\/?(.*)$/s.exec(location) ?? [];
  if (store !== '' && !location.startsWith('s3://')) return { store, bucket, key };
  throw new SluiceError('bad-input', `got ${location}, want STORE:BUCKET/KEY, or STORE:/PATH in a store of type file`);
}

export async function addOnServer(id: string, location: string, options: AddOptions & AdminOptions): Promise<void> {
  const { filename, mediaType, versionId, digest = [], collection } = options;
  const digests = digest.reduce<Record<string, Uint8Array>>((before, text) => addDigest(text, before), {});
  const hex = Object.entries(digests).map(([name, value]) => [name, Buffer.from(value).toString('hex')]);
  const object: NewObjectData = {
    ...parsePlace(location),
    ...(filename === undefined ? {} : { filename }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(collection === undefined ? {} : { collection }),
    digests: Object.fromEntries(hex) as Record<string, string>,
  };
  const kept = await withAdmin(options, (books, work) => books.putObject(id, object, work));
  const place = formatLocation(kept);
  await print(`${kept.isNew ? 'added' : 'replaced'} ${id} (${formatSize(kept.size)} at ${place})\n`);
}

export async function scanOnServer(location: string, options: ScanCommandOptions & AdminOptions): Promise<void> {
  const { store, bucket, key } = parsePlace(location);
  const { idPrefix, collection } = options;
  const scan = { store, bucket, prefix: key, idPrefix, ...(collection === undefined ? {} : { collection }) };
  const last = await withAdmin(options, async (books, work) => {
    let line: ScanLine | undefined;
    for await (line of books.scan(scan, work)) {
      if (line.kind === 'refused')
        process.stderr.write(`sluice: refused ${JSON.stringify(line.key)}: ${line.reason}\n`);
    }
    return line;
  });
  if (last?.kind !== 'done') {
    const why = last?.kind === 'failed' ? last.title : 'the answer was broken off';
    throw new SluiceError('origin-failed', `the scan has not ended (${why}); the same command goes on from there`);
  }
  const { seen, refused, added, changed, vanished } = last.counts;
  await print(`catalogued ${seen - refused} of ${seen} objects: ${added} new, ${changed} changed, ${vanished} gone\n`);
  if (refused > 0)
    throw new SluiceError('origin-invalid', `${refused} objects cannot be served and were not catalogued`);
}

export function listOnServer(options: ListCommandOptions & AdminOptions): Promise<void> {
  const table = new EntryTable();
  return withAdmin(options, async (books, work) => {
    for await (const items of pages(books, { options, work })) {
      await print(
        options.json ? items.map((item) => `${JSON.stringify(item)}\n`).join('') : table.format(items.map(toEntry)),
      );
    }
  });
}

type Paging = { readonly options: ListCommandOptions; readonly work: Work };

async function* pages(books: Admin, { options, work }: Paging): AsyncGenerator<readonly ObjectData[]> {
  const { prefix, collection, limit = Number.POSITIVE_INFINITY } = options;
  const selection = { prefix, ...(collection === undefined ? {} : { collection }) };
  let left = limit;
  for (let after = options.after; left > 0;) {
    const wanted = Math.min(PAGE_SIZE, left);
    const query = { ...selection, limit: wanted, ...(after === undefined ? {} : { after }) };
    const { items, next } = await books.objects(query, work);
    if (items.length > 0) yield items;
    if (next === undefined) return;
    left -= items.length;
    after = next;
  }
}

export async function showOnServer(id: string, options: ShowOptions & AdminOptions): Promise<void> {
  const object = await withAdmin(options, (books, work) => books.object(id, work));
  if (!object) throw new SluiceError('not-found', `no entry has the id ${JSON.stringify(id)}`);
  await print(options.json ? `${JSON.stringify(object)}\n` : toCard(toEntry(object)));
}

export async function removeOnServer(ids: readonly string[], options: AdminOptions): Promise<void> {
  const missing = await withAdmin(options, async (books, work) => {
    const unknown: string[] = [];
    for (const id of ids) {
      if (await books.removeObject(id, work)) await print(`removed ${id}\n`);
      else unknown.push(id);
    }
    return unknown;
  });
  if (missing.length === 0) return;
  throw new SluiceError('not-found', `no entry has the id ${missing.map((id) => JSON.stringify(id)).join(', ')}`);
}

function toEntry({ lastModified, vanishedAt, digests, ...rest }: ObjectData): CatalogEntry {
  const bytes = Object.entries(digests).map(([name, digest]) => [name, Buffer.from(digest, 'hex')]);
  return {
    ...rest,
    ...(lastModified === undefined ? {} : { lastModified: new Date(lastModified) }),
    ...(vanishedAt === undefined ? {} : { vanishedAt: new Date(vanishedAt) }),
    digests: Object.fromEntries(bytes) as Record<string, Uint8Array>,
  };
}
