// Transfers one by one, the newest first.
import type { Kysely, Selectable } from 'kysely';
import type { Schema, TransfersTable } from '../database/schema.ts';
import { toPrefix } from './transfer-id.ts';

export type ListTransfersOptions = {
  /** Of this one alone. */
  readonly principal?: string | undefined;
  /** Transfers that began at this moment or later. */
  readonly since?: Date | undefined;
  /** Transfers that began before this moment. */
  readonly until?: Date | undefined;
  /** Only what comes after it in the list: the last id of the page before. What begins meanwhile alters no later page. */
  readonly after?: string | undefined;
  readonly limit: number;
};

/** A row of the ledger. */
export type Transfer = {
  readonly id: string;
  /** The gateway process that had it. */
  readonly gateway: string;
  readonly principal: string;
  readonly credential: string | undefined;
  readonly object: string;
  readonly collection: string;
  readonly method: string;
  readonly remoteAddress: string | undefined;
  readonly status: number | undefined;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  readonly deliveredBytes: number;
  readonly deliveredBy: string;
  readonly receivedBytes: number;
  readonly overReadBytes: number;
  readonly resumedCount: number;
  /** Absent while it is under way; the counts are seconds old then. */
  readonly outcome: string | undefined;
  readonly error: string | undefined;
  readonly startedAt: Date;
  readonly durationMs: number | undefined;
};

export async function listTransfers(
  database: Kysely<Schema>,
  { principal, since, until, after, limit }: ListTransfersOptions,
): Promise<readonly Transfer[]> {
  let query = database.selectFrom('transfers').selectAll();
  if (principal !== undefined) query = query.where('principal', '=', principal);
  if (since !== undefined) query = query.where('id', '>', toPrefix(since.getTime()));
  if (until !== undefined) query = query.where('id', '<', toPrefix(until.getTime()));
  if (after !== undefined) query = query.where('id', '<', after);
  const rows = await query.orderBy('id', 'desc').limit(limit).execute();
  return rows.map(toTransfer);
}

function toTransfer(row: Selectable<TransfersTable>): Transfer {
  return {
    id: row.id,
    gateway: row.gateway,
    principal: row.principal,
    credential: row.credential ?? undefined,
    object: row.object,
    collection: row.collection,
    method: row.method,
    remoteAddress: row.address ?? undefined,
    status: row.status ?? undefined,
    ranges: row.ranges.split(',').filter(Boolean).map(toRange),
    deliveredBytes: row.delivered_bytes,
    deliveredBy: row.delivered_by,
    receivedBytes: row.received_bytes,
    overReadBytes: row.over_read_bytes,
    resumedCount: row.resumed_count,
    outcome: row.outcome ?? undefined,
    error: row.error ?? undefined,
    startedAt: new Date(row.started_at),
    durationMs: row.duration_ms ?? undefined,
  };
}

function toRange(text: string): { readonly start: number; readonly end: number } {
  const [start = 0, end = 0] = text.split('-').map(Number);
  return { start, end };
}
