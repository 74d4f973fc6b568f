// A batch of listed objects against what the catalog has of them: what is new or changed is written, and what is as
// it was is only read.
import type { Kysely } from 'kysely';
import type { ObjectsTable, Schema } from '../database/schema.ts';
import type { CatalogEntry } from './catalog.ts';
import type { EntryWriter } from './entry-writer.ts';

export type MergeOptions = {
  readonly write: EntryWriter;
  /** The collection of the entries. */
  readonly collection: string;
  readonly now: number;
};

export type MergeCounts = {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly returned: number;
};

type KnownRow = Pick<
  ObjectsTable,
  'id' | 'store' | 'bucket' | 'key' | 'version_id' | 'size' | 'etag' | 'vanished_at'
> & { readonly collection: string };

/** What an entry is beside what the catalog has under its id. */
type Change = 'added' | 'changed' | 'moved' | 'returned' | 'unchanged';

/** Brings the catalog to what a scan has found. Within a transaction. */
export async function mergeEntries(
  transaction: Kysely<Schema>,
  entries: readonly CatalogEntry[],
  { write, collection, now }: MergeOptions,
): Promise<MergeCounts> {
  const known = await findKnown(transaction, entries);
  const changes = Map.groupBy(entries, (entry) => toChange(entry, known.get(entry.id)));
  const of = (change: Change) => changes.get(change) ?? [];
  await write(transaction, [...of('added'), ...of('changed')], now);
  // The object is the same, so all that is known of it stays true.
  const touched = [...of('moved'), ...of('returned')].map(({ id }) => id);
  if (touched.length > 0) {
    await transaction
      .updateTable('objects')
      .set({ collection, vanished_at: null })
      .where('id', 'in', touched)
      .execute();
  }
  return {
    added: of('added').length,
    changed: of('changed').length + of('moved').length,
    unchanged: of('unchanged').length,
    returned: of('returned').length,
  };
}

async function findKnown(
  transaction: Kysely<Schema>,
  entries: readonly CatalogEntry[],
): Promise<ReadonlyMap<string, KnownRow>> {
  if (entries.length === 0) return new Map();
  const ids = entries.map(({ id }) => id);
  const columns = ['id', 'store', 'bucket', 'key', 'version_id', 'size', 'etag', 'collection', 'vanished_at'] as const;
  const rows = await transaction.selectFrom('objects').select(columns).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

function toChange(entry: CatalogEntry, row: KnownRow | undefined): Change {
  if (!row) return 'added';
  if (row.store !== entry.store || row.bucket !== entry.bucket || row.key !== entry.key) return 'changed';
  // Who named one stored version has meant that one, whichever is listed now.
  if (row.version_id !== null) return 'unchanged';
  if (row.size !== entry.size || row.etag !== entry.etag) return 'changed';
  if (row.vanished_at !== null) return 'returned';
  return row.collection === entry.collection ? 'unchanged' : 'moved';
}
