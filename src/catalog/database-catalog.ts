// The catalog in a database: SQLite's or PostgreSQL's.
import type { Kysely } from 'kysely';
import type { ObjectRow, Schema } from '../database/schema.ts';
import { openDatabase } from '../database/open.ts';
import { SluiceError } from '../errors.ts';
import { compareKeys } from '../source/source.ts';
import { DEFAULT_COLLECTION } from './catalog.ts';
import type { Catalog, CatalogEntry, Collection, FoundEntry, ListOptions } from './catalog.ts';
import { checkCollection, isCollectionId } from './collection-check.ts';
import { deleteCollection, holdCollections, toCollection } from './collection-rows.ts';
import { keepCompiled } from './compiled.ts';
import type { Compiled } from './compiled.ts';
import { checkEntry } from './entry-check.ts';
import { toEntry } from './entry-row.ts';
import { createEntryWriter } from './entry-writer.ts';
import type { EntryWriter } from './entry-writer.ts';
import { isObjectId } from './object-id.ts';
import { afterPrefix } from './prefix.ts';

export type CatalogOptions = {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** The catalog in `database`. Whoever opened that closes it: closing the catalog does nothing. */
export function createCatalog(database: Kysely<Schema>, options: CatalogOptions = {}): Catalog {
  return new DatabaseCatalog(database, { ...options, close: async () => undefined });
}

/** Opens the catalog in the database at `location`, as `openDatabase` takes it. Whoever opened it closes it. */
export async function openCatalog(location: string): Promise<Catalog> {
  const database = await openDatabase(location);
  return new DatabaseCatalog(database, { close: () => database.destroy() });
}

type FoundRow = ObjectRow & { readonly is_public: number | null };

class DatabaseCatalog implements Catalog {
  readonly #database: Kysely<Schema>;
  readonly #now: () => number;
  readonly #close: () => Promise<void>;
  readonly #find: Compiled<FoundRow>;
  readonly #write: EntryWriter;

  constructor(database: Kysely<Schema>, options: CatalogOptions & { readonly close: () => Promise<void> }) {
    this.#database = database;
    this.#now = options.now ?? Date.now;
    this.#close = options.close;
    this.#find = compileFind(database);
    this.#write = createEntryWriter(database);
  }

  async find(id: string): Promise<FoundEntry | undefined> {
    if (!isObjectId(id)) return undefined;
    const { rows } = await this.#find(this.#database, [id]);
    // Where nothing says that it is public, it is not.
    return rows[0] && { ...toEntry(rows[0]), isPublic: rows[0].is_public === 1 };
  }

  async list({ prefix = '', collection, after, limit }: ListOptions): Promise<readonly CatalogEntry[]> {
    // A database would compare the replacement character that stands in for half a character; no id begins so.
    if (!prefix.isWellFormed() || prefix.includes('\0')) return [];
    if (collection !== undefined && !isCollectionId(collection)) return [];
    const end = afterPrefix(prefix);
    // One bound from below: of two, SQLite's index would take the first, and read every id between them again for each page.
    const from = after === undefined ? undefined : withoutNul(after);
    const isBeyond = from !== undefined && compareKeys(from, prefix) >= 0;
    let query = this.#database.selectFrom('objects').selectAll();
    query = isBeyond ? query.where('id', '>', from) : query.where('id', '>=', prefix);
    if (collection !== undefined) query = query.where('collection', '=', collection);
    if (end !== undefined) query = query.where('id', '<', end);
    const rows = await query.orderBy('id').limit(limit).execute();
    return rows.map(toEntry);
  }

  async put(entry: CatalogEntry): Promise<void> {
    await this.putMany([entry]);
  }

  async putMany(entries: readonly CatalogEntry[]): Promise<void> {
    for (const entry of entries) checkEntry(entry);
    if (entries.length === 0) return;
    const collections = new Set(entries.map(({ collection }) => collection));
    await this.#database.transaction().execute(async (transaction) => {
      await holdCollections(transaction, [...collections]);
      await this.#write(transaction, entries, this.#now());
    });
  }

  async remove(id: string): Promise<boolean> {
    if (!isObjectId(id)) return false;
    const { numDeletedRows } = await this.#database.deleteFrom('objects').where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async collections(): Promise<readonly Collection[]> {
    const rows = await this.#database.selectFrom('collections').selectAll().orderBy('id').execute();
    return rows.map(toCollection);
  }

  async putCollection(collection: Collection): Promise<void> {
    checkCollection(collection);
    const { id, title } = collection;
    const said = { title, is_public: collection.isPublic ? 1 : 0 };
    await this.#database
      .insertInto('collections')
      .values({ id, ...said, created_at: this.#now() })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(said))
      .execute();
  }

  async removeCollection(id: string): Promise<boolean> {
    if (id === DEFAULT_COLLECTION) {
      throw new SluiceError('bad-input', `the collection ${id} holds what is in no other, and stays`);
    }
    if (!isCollectionId(id)) return false;
    return this.#database.transaction().execute((transaction) => deleteCollection(transaction, id));
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

function compileFind(database: Kysely<Schema>): Compiled<FoundRow> {
  return keepCompiled(
    database
      .selectFrom('objects')
      .leftJoin('collections', 'collections.id', 'objects.collection')
      .selectAll('objects')
      .select('collections.is_public')
      .where('objects.id', '=', ''),
  );
}

/** The same place among ids: they have no control character, so none of them comes between. */
function withoutNul(text: string): string {
  return text.split('\0', 1)[0]!;
}
