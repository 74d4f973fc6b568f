// An entry as a row of the database, and back.
import type { NewObjectRow, ObjectRow } from '../database/schema.ts';
import type { CatalogEntry } from './catalog.ts';

/** Every column is there, so that all rows are written by one statement. */
export type EntryRow = Required<NewObjectRow>;

/** `now` is when the id came into the catalog, if it is new to it. */
export function toRow(entry: CatalogEntry, now: number): EntryRow {
  return {
    id: entry.id,
    collection: entry.collection,
    store: entry.store,
    bucket: entry.bucket,
    key: entry.key,
    version_id: entry.versionId ?? null,
    size: entry.size,
    etag: entry.etag,
    part_bytes: entry.partBytes ?? null,
    last_modified: entry.lastModified?.getTime() ?? null,
    filename: entry.filename,
    media_type: entry.mediaType,
    digests: formatDigests(entry.digests),
    added_at: now,
    vanished_at: entry.vanishedAt?.getTime() ?? null,
  };
}

export function toEntry(row: ObjectRow): CatalogEntry {
  return {
    id: row.id,
    collection: row.collection,
    store: row.store,
    bucket: row.bucket,
    key: row.key,
    ...(row.version_id === null ? {} : { versionId: row.version_id }),
    size: row.size,
    etag: row.etag,
    ...(row.part_bytes === null ? {} : { partBytes: row.part_bytes }),
    ...(row.last_modified === null ? {} : { lastModified: new Date(row.last_modified) }),
    filename: row.filename,
    mediaType: row.media_type,
    digests: parseDigests(row.digests),
    ...(row.vanished_at === null ? {} : { vanishedAt: new Date(row.vanished_at) }),
  };
}

function formatDigests(digests: CatalogEntry['digests']): string {
  const encoded = Object.entries(digests).map(([name, digest]) => [name, Buffer.from(digest).toString('base64')]);
  return JSON.stringify(Object.fromEntries(encoded));
}

function parseDigests(text: string): CatalogEntry['digests'] {
  const digests = Object.entries(JSON.parse(text) as Record<string, string>);
  return Object.fromEntries(digests.map(([name, digest]) => [name, Buffer.from(digest, 'base64')]));
}
