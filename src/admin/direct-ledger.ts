// What the ledger says: sums of a time, and transfers one by one.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { listTransfers } from '../ledger/transfer-list.ts';
import type { Transfer } from '../ledger/transfer-list.ts';
import { readUsage } from '../ledger/usage.ts';
import type { Usage } from '../ledger/usage.ts';
import type { Admin } from './admin.ts';
import { toDate, toPage } from './direct-terms.ts';
import { limitOf } from './schemas.ts';
import type { TransferData, UsageRowData } from './schemas.ts';

/** A month, as bills have it. */
const DEFAULT_SPAN_MS = 30 * 86_400_000;

export type LedgerAdminOptions = { readonly database: Kysely<Schema>; readonly now: () => number };

export function createLedgerAdmin({ database, now }: LedgerAdminOptions): Pick<Admin, 'usage' | 'transfers'> {
  return {
    async usage(query, { signal }) {
      const { by = 'principal', principal } = query;
      const until = query.until === undefined ? new Date(now()) : toDate(query.until);
      const since =
        query.since === undefined ? new Date(Math.max(0, until.getTime() - DEFAULT_SPAN_MS)) : toDate(query.since);
      if (since > until) throw new SluiceError('bad-input', 'got a time that ends before it begins');
      const sums = await readUsage(database, {
        by: by === 'day' ? 'principal' : by,
        perDay: by === 'day',
        since,
        until,
        principal,
        signal,
      });
      const rows = by === 'day' ? addDays(sums.map(toRow)) : sums.map(toRow);
      return { since: since.toISOString(), until: until.toISOString(), items: rows.slice(0, limitOf(query)) };
    },

    async transfers(query) {
      const limit = limitOf(query);
      const found = await listTransfers(database, {
        principal: query.principal,
        after: query.before,
        limit: limit + 1,
      });
      const { items, ...rest } = toPage(found, { limit, nameOf: ({ id }) => id });
      return { items: items.map(toTransferData), ...rest };
    },
  };
}

function toRow({ name, day, outcomes, first, last, ...sums }: Usage): UsageRowData {
  return {
    key: day ?? name,
    transfers: sums.transfers,
    complete: outcomes.complete,
    clientGone: outcomes['client-gone'],
    sourceFailed: outcomes['source-failed'],
    cutShort: outcomes['cut-short'],
    underWay: outcomes.open,
    deliveredBytes: sums.deliveredBytes,
    receivedBytes: sums.receivedBytes,
    overReadBytes: sums.overReadBytes,
    resumed: sums.resumedCount,
    firstAt: first.toISOString(),
    lastAt: last.toISOString(),
  };
}

const ADDED = [
  'transfers',
  'complete',
  'clientGone',
  'sourceFailed',
  'cutShort',
  'underWay',
  'deliveredBytes',
  'receivedBytes',
  'overReadBytes',
  'resumed',
] as const satisfies readonly (keyof UsageRowData)[];

/** One row for each day, of those of its principals. */
function addDays(rows: readonly UsageRowData[]): readonly UsageRowData[] {
  const days = new Map<string, UsageRowData>();
  for (const row of rows) {
    const day = days.get(row.key);
    if (!day) {
      days.set(row.key, { ...row });
      continue;
    }
    for (const name of ADDED) day[name] += row[name];
    // Times of one form are in the order of their texts.
    if (row.firstAt < day.firstAt) day.firstAt = row.firstAt;
    if (row.lastAt > day.lastAt) day.lastAt = row.lastAt;
  }
  return [...days.values()];
}

function toTransferData(row: Transfer): TransferData {
  const { credential, remoteAddress, status, outcome, error, durationMs } = row;
  return {
    id: row.id,
    gateway: row.gateway,
    principal: row.principal,
    ...(credential === undefined ? {} : { credential }),
    object: row.object,
    collection: row.collection,
    method: row.method,
    ...(remoteAddress === undefined ? {} : { address: remoteAddress }),
    ...(status === undefined ? {} : { status }),
    ranges: row.ranges.map(({ start, end }) => `${start}-${end}`).join(','),
    deliveredBytes: row.deliveredBytes,
    deliveredBy: row.deliveredBy as TransferData['deliveredBy'],
    receivedBytes: row.receivedBytes,
    overReadBytes: row.overReadBytes,
    resumed: row.resumedCount,
    ...(outcome === undefined ? {} : { outcome: outcome as NonNullable<TransferData['outcome']> }),
    ...(error === undefined ? {} : { error }),
    startedAt: row.startedAt.toISOString(),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}
