// The catalog in one SQLite file.
import type { Kysely } from 'kysely';
import type { NewObjectRow, ObjectRow, Schema } from '../database/schema.ts';
import { openSqlite } from '../database/sqlite.ts';
import type { Catalog, CatalogEntry, ListOptions } from './catalog.ts';
import { checkEntry } from './entry-check.ts';
import { isObjectId } from './object-id.ts';
import { afterPrefix } from './prefix.ts';

/** Opens the catalog in the file `path`, which is made if there is none. Whoever opened it closes it. */
export async function openCatalog(path: string): Promise<Catalog> {
  return new SqliteCatalog(await openSqlite(path));
}

class SqliteCatalog implements Catalog {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async find(id: string): Promise<CatalogEntry | undefined> {
    if (!isObjectId(id)) return undefined;
    const row = await this.#database.selectFrom('objects').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toEntry(row);
  }

  async list({ prefix = '', after, limit }: ListOptions): Promise<readonly CatalogEntry[]> {
    // SQLite would compare the replacement character that stands in for half a character; no id begins so.
    if (!prefix.isWellFormed()) return [];
    const end = afterPrefix(prefix);
    let query = this.#database.selectFrom('objects').selectAll().where('id', '>=', prefix);
    if (end !== undefined) query = query.where('id', '<', end);
    if (after !== undefined) query = query.where('id', '>', after);
    const rows = await query.orderBy('id').limit(limit).execute();
    return rows.map(toEntry);
  }

  async put(entry: CatalogEntry): Promise<void> {
    await this.putMany([entry]);
  }

  async putMany(entries: readonly CatalogEntry[]): Promise<void> {
    for (const entry of entries) checkEntry(entry);
    if (entries.length === 0) return;
    const now = Date.now();
    await this.#database.transaction().execute(async (transaction) => {
      for (const entry of entries) {
        const { id, added_at, ...rest } = toRow(entry, now);
        await transaction
          .insertInto('objects')
          .values({ id, added_at, ...rest })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
          .execute();
      }
    });
  }

  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database.deleteFrom('objects').where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async close(): Promise<void> {
    await this.#database.destroy();
  }
}

function toRow(entry: CatalogEntry, now: number): NewObjectRow {
  const digests = Object.entries(entry.digests).map(([name, digest]) => [name, Buffer.from(digest).toString('base64')]);
  return {
    id: entry.id,
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
    digests: JSON.stringify(Object.fromEntries(digests)),
    added_at: now,
  };
}

function toEntry(row: ObjectRow): CatalogEntry {
  const digests = Object.entries(JSON.parse(row.digests) as Record<string, string>);
  return {
    id: row.id,
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
    digests: Object.fromEntries(digests.map(([name, digest]) => [name, Buffer.from(digest, 'base64')])),
  };
}
