// Where a scan stands, kept in the database in the transactions that it writes with: one that was broken off goes on.
import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import type { ScanPlace } from './scanned-entry.ts';

/** A scan that began longer ago begins anew: too much has changed of what it has seen. */
const RESUME_WITHIN_MS = 24 * 3_600_000;

export type ScanCounts = {
  /** Objects that the store has listed. */
  readonly seen: number;
  readonly added: number;
  /** Replaced, since the store has another version of the object, or put into the collection. */
  readonly changed: number;
  readonly unchanged: number;
  /** There again, as they were before they vanished. */
  readonly returned: number;
  /** Entries whose objects are no longer there. */
  readonly vanished: number;
  /** Listed, and not to be served. */
  readonly refused: number;
};

export const NO_COUNTS: ScanCounts = {
  seen: 0,
  added: 0,
  changed: 0,
  unchanged: 0,
  returned: 0,
  vanished: 0,
  refused: 0,
};

/** A scan that is under way. */
export type OpenScan = {
  readonly id: string;
  readonly startedAt: number;
  /** The key that it goes on after. */
  readonly after?: string;
  readonly counts: ScanCounts;
};

export type BeginOptions = { readonly now: number; readonly fromStart: boolean };

/** Goes on with the scan of the place that was broken off, or begins one. Within a transaction. */
export async function beginScan(
  transaction: Kysely<Schema>,
  place: ScanPlace,
  { now, fromStart }: BeginOptions,
): Promise<OpenScan> {
  const id = scanIdOf(place);
  const row = await transaction.selectFrom('scans').selectAll().where('id', '=', id).executeTakeFirst();
  const isRecent = row && row.ended_at === null && now - row.started_at < RESUME_WITHIN_MS;
  if (isRecent && !fromStart && row.after_key !== null) {
    const counts = { ...NO_COUNTS, ...(JSON.parse(row.counts) as Partial<ScanCounts>) };
    return { id, startedAt: row.started_at, after: row.after_key, counts };
  }
  const { store, bucket, prefix, idPrefix: id_prefix, collection } = place;
  const begun = { after_key: null, counts: JSON.stringify(NO_COUNTS), started_at: now, ended_at: null };
  await transaction
    .insertInto('scans')
    .values({ id, store, bucket, prefix, id_prefix, collection, ...begun })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(begun))
    .execute();
  await transaction.deleteFrom('scan_marks').where('scan', '=', id).execute();
  return { id, startedAt: now, counts: NO_COUNTS };
}

type Standing = Pick<OpenScan, 'counts'> & { readonly after: string | undefined };

/** Says that all up to a key is done. Rejects with `bad-input` when another scan of the place ended or began meanwhile. */
export async function keepScan(
  transaction: Kysely<Schema>,
  scan: OpenScan,
  { counts, after }: Standing,
): Promise<void> {
  await updateScan(transaction, scan, { counts: JSON.stringify(counts), after_key: after ?? null });
}

/** As `keepScan`, of all that there is. */
export async function endScan(
  transaction: Kysely<Schema>,
  scan: OpenScan,
  { counts, now }: Pick<OpenScan, 'counts'> & { readonly now: number },
): Promise<void> {
  await updateScan(transaction, scan, { counts: JSON.stringify(counts), ended_at: now });
  await transaction.deleteFrom('scan_marks').where('scan', '=', scan.id).execute();
}

type ScanUpdate = { readonly counts: string; readonly after_key?: string | null; readonly ended_at?: number };

async function updateScan(transaction: Kysely<Schema>, scan: OpenScan, update: ScanUpdate): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('scans')
    .set(update)
    .where('id', '=', scan.id)
    .where('started_at', '=', scan.startedAt)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  const message = 'another scan of the same place has ended or begun meanwhile; want one at a time';
  throw new SluiceError('bad-input', message);
}

/** One for each place, whatever is in its texts. */
function scanIdOf({ store, bucket, prefix, idPrefix, collection }: ScanPlace): string {
  const text = JSON.stringify([store, bucket, prefix, idPrefix, collection]);
  return createHash('sha256').update(text).digest('base64url');
}
