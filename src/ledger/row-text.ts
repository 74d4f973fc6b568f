// A row of the ledger as one JSON array: what a line of the journal holds is, word for word, what the database is handed.
// It is made on the way of every request, so its parts that stay are made once.
import type { TransfersTable } from '../database/schema.ts';
import type { TransferCounts, TransferEnd, TransferStart } from './ledger.ts';

/** What stands where. Another order is another version of the journal. */
export const COLUMNS = [
  'id',
  'gateway',
  'principal',
  'credential',
  'object',
  'collection',
  'method',
  'address',
  'started_at',
  'status',
  'ranges',
  'delivered_bytes',
  'delivered_by',
  'received_bytes',
  'over_read_bytes',
  'resumed_count',
  'outcome',
  'error',
  'duration_ms',
] as const satisfies readonly (keyof TransfersTable)[];

/** The error of a row whose gateway died before it could settle it. */
export const GATEWAY_LOST = 'gateway-lost';

/**
 * The longest text that is kept of a name. In UTF-8 it is at most 2,400 bytes: PostgreSQL refuses to index more than a
 * third of its page, 2,704.
 */
const MAX_NAME_LENGTH = 800;

/** As much as an object's id may have. */
const MAX_OBJECT_LENGTH = 1024;

/** PostgreSQL's `integer`. */
const MAX_INTEGER = 2 ** 31 - 1;

export type Begun = { readonly id: string; readonly gateway: string; readonly startedAtMs: number };

/** What does not change of a row. */
export function toStartText(start: TransferStart, { id, gateway, startedAtMs }: Begun): string {
  return JSON.stringify([
    id,
    gateway,
    toText(start.principal, MAX_NAME_LENGTH),
    start.credential === undefined ? null : toText(start.credential, MAX_NAME_LENGTH),
    toText(start.id, MAX_OBJECT_LENGTH),
    toText(start.collection, MAX_NAME_LENGTH),
    toText(start.method, MAX_NAME_LENGTH),
    start.remoteAddress === undefined ? null : toText(start.remoteAddress, MAX_NAME_LENGTH),
    startedAtMs,
  ]).slice(1, -1);
}

/** How far a transfer is that is under way. */
export function toCountsText(counts: TransferCounts): string {
  return `${toCommon(counts, counts.receivedBytes - counts.deliveredBytes)},null,null`;
}

export function toEndText(end: TransferEnd): string {
  const error = end.error === undefined ? 'null' : JSON.stringify(toText(end.error, MAX_NAME_LENGTH));
  return `${toCommon(end, end.overReadBytes)},"${end.outcome}",${error}`;
}

export type RowParts = { readonly start: string; readonly state: string; readonly durationMs: number };

export function toRowText({ start, state, durationMs }: RowParts): string {
  return `[${start},${state},${toWhole(durationMs)}]`;
}

/** Where nothing was counted yet. */
export const NO_COUNTS_TEXT = toCountsText({
  status: undefined,
  ranges: [],
  deliveredBytes: 0,
  deliveredBy: 'accepted',
  receivedBytes: 0,
  resumedCount: 0,
});

/** The id of a row: it comes first, and is as long in every row. */
export function idOf(rowText: string): string {
  return rowText.slice(2, 38);
}

/** An open row, settled with what was known last. */
export function toLostText(rowText: string): string {
  const row = JSON.parse(rowText) as unknown[];
  row[COLUMNS.indexOf('outcome')] = 'cut-short';
  row[COLUMNS.indexOf('error')] = GATEWAY_LOST;
  return JSON.stringify(row);
}

function toCommon(counts: TransferCounts, overReadBytes: number): string {
  const { status, ranges, deliveredBytes, deliveredBy, receivedBytes, resumedCount } = counts;
  const statusText = status === undefined ? 'null' : toWhole(status, MAX_INTEGER);
  const rangesText = ranges.map(({ start, end }) => `${start}-${end}`).join(',');
  const bytes = `${toWhole(deliveredBytes)},"${deliveredBy}",${toWhole(receivedBytes)},${toWhole(overReadBytes)}`;
  return `${statusText},"${rangesText}",${bytes},${toWhole(resumedCount, MAX_INTEGER)}`;
}

/** What every column of whole numbers can take. */
function toWhole(value: number, most: number = Number.MAX_SAFE_INTEGER): number {
  const whole = Math.round(value);
  // The comparison is false for what is no number.
  return whole > 0 ? Math.min(whole, most) : 0;
}

/** What both databases can keep: PostgreSQL has neither halves of characters nor U+0000. */
function toText(text: string, maxLength: number): string {
  const short = text.length > maxLength ? text.slice(0, maxLength) : text;
  return (short.isWellFormed() ? short : short.toWellFormed()).replaceAll('\0', '\uFFFD');
}
