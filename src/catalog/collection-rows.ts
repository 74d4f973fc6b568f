// Rows of collections: none goes while an object is in it, or is being put into it.
import type { Kysely, Selectable } from 'kysely';
import { dialectOf } from '../database/column-types.ts';
import type { CollectionsTable, Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import type { Collection } from './catalog.ts';

/** Within a transaction: none of them is removed before it ends. Rejects with `bad-input` when one is not there. */
export async function holdCollections(transaction: Kysely<Schema>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const query = transaction.selectFrom('collections').select('id').where('id', 'in', ids).orderBy('id');
  const rows = await (hasRowLocks(transaction) ? query.forKeyShare() : query).execute();
  const missing = ids.find((id) => !rows.some((row) => row.id === id));
  if (missing === undefined) return;
  throw new SluiceError('bad-input', `there is no collection ${JSON.stringify(missing)}; want one that is there`);
}

/** Within a transaction: whether there was such a collection. Rejects with `bad-input` when objects are in it. */
export async function deleteCollection(transaction: Kysely<Schema>, id: string): Promise<boolean> {
  const query = transaction.selectFrom('collections').select('id').where('id', '=', id);
  const row = await (hasRowLocks(transaction) ? query.forUpdate() : query).executeTakeFirst();
  if (!row) return false;
  const object = await transaction
    .selectFrom('objects')
    .select('id')
    .where('collection', '=', id)
    .limit(1)
    .executeTakeFirst();
  if (object) {
    const want = `want it empty; ${JSON.stringify(object.id)} is one of them`;
    throw new SluiceError('bad-input', `the collection ${id} has objects in it; ${want}`);
  }
  const scans = transaction.selectFrom('scans').select('id').where('collection', '=', id);
  await transaction.deleteFrom('scan_marks').where('scan', 'in', scans).execute();
  await transaction.deleteFrom('scans').where('collection', '=', id).execute();
  await transaction.deleteFrom('collections').where('id', '=', id).execute();
  return true;
}

export function toCollection({ id, title, is_public }: Selectable<CollectionsTable>): Collection {
  return { id, title, isPublic: is_public === 1 };
}

/** SQLite has one writer at a time, and no need of them. */
function hasRowLocks(database: Kysely<Schema>): boolean {
  return dialectOf(database) === 'postgres';
}
