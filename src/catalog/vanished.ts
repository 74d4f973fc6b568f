// Entries whose objects a scan has not found. Only what a scan itself would have entered is looked at: the entry at
// the id that follows from its key.
import { sql } from 'kysely';
import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { ObjectsTable, Schema } from '../database/schema.ts';
import { afterPrefix } from './prefix.ts';
import type { OpenScan } from './scan-log.ts';
import { HASH_SIGN, hashedId } from './scanned-entry.ts';
import type { ScanPlace } from './scanned-entry.ts';

/** Entries marked by one statement: a moment's work, so that nobody waits long for the lock. */
const PAGE_SIZE = 1_000;

export type VanishOptions = {
  readonly place: ScanPlace;
  readonly scan: OpenScan;
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** Keys after `after`, from the first on without it, up to `upTo`, to the last one without it. */
export type KeyRange = { readonly after: string | undefined; readonly upTo: string | undefined };

/**
 * Marks the entries of a range of keys whose ids are not among `seen`. Ids that are not hashed are in the order of
 * their keys: a range of keys is one of ids.
 */
export async function markVanished(
  database: Kysely<Schema>,
  { after, upTo, seen }: KeyRange & { readonly seen: readonly string[] },
  options: VanishOptions,
): Promise<number> {
  const { idPrefix, prefix } = options.place;
  const end = afterPrefix(idPrefix + prefix);
  return markPages(database, options.now, async (last) => {
    const begin = last ?? (after === undefined ? undefined : idPrefix + after);
    let query = selectCandidates(database, options).where(
      sql<boolean>`${sql.ref('id')} = ${idPrefix} || ${sql.ref('key')}`,
    );
    query = begin === undefined ? query.where('id', '>=', idPrefix + prefix) : query.where('id', '>', begin);
    if (upTo !== undefined) query = query.where('id', '<=', idPrefix + upTo);
    else if (end !== undefined) query = query.where('id', '<', end);
    if (seen.length > 0) query = query.where('id', 'not in', seen);
    const rows = await query.execute();
    return rows.map(({ id }) => ({ id, isGone: true }));
  });
}

/** Marks the entries with hashed ids, which come in no order, that the scan has not put among its marks. */
export async function markVanishedHashes(database: Kysely<Schema>, options: VanishOptions): Promise<number> {
  const { place, scan, now } = options;
  const begin = place.idPrefix + HASH_SIGN;
  const isMarked = database.selectFrom('scan_marks').select('scan').where('scan', '=', scan.id);
  return markPages(database, now, async (last = begin) => {
    const rows = await selectCandidates(database, options)
      .where('id', '>', last)
      .where('id', '<', afterPrefix(begin)!)
      .where((row) => row.not(row.exists(isMarked.where('object', '=', row.ref('objects.id')))))
      .execute();
    return rows.map(({ id, key }) => ({ id, isGone: key.startsWith(place.prefix) && id === hashedId(key, place) }));
  });
}

/** The first ids of the place that are not marked yet. What came after the scan began it need not have seen. */
function selectCandidates(
  database: Kysely<Schema>,
  { place, scan }: VanishOptions,
): SelectQueryBuilder<Schema, 'objects', Pick<ObjectsTable, 'id' | 'key'>> {
  return database
    .selectFrom('objects')
    .select(['id', 'key'])
    .where('store', '=', place.store)
    .where('bucket', '=', place.bucket)
    .where('version_id', 'is', null)
    .where('vanished_at', 'is', null)
    .where('added_at', '<=', scan.startedAt)
    .orderBy('id')
    .limit(PAGE_SIZE);
}

type Candidate = { readonly id: string; readonly isGone: boolean };

/** Page after page of candidates, each the next ones after `last`. */
async function markPages(
  database: Kysely<Schema>,
  now: number,
  nextPage: (last: string | undefined) => Promise<readonly Candidate[]>,
): Promise<number> {
  let marked = 0;
  for (let last: string | undefined; ;) {
    const page = await nextPage(last);
    const gone = page.filter(({ isGone }) => isGone).map(({ id }) => id);
    if (gone.length > 0) {
      const query = database.updateTable('objects').set({ vanished_at: now }).where('id', 'in', gone);
      marked += Number((await query.executeTakeFirst()).numUpdatedRows);
    }
    if (page.length < PAGE_SIZE) return marked;
    last = page.at(-1)?.id;
  }
}
