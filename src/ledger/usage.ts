// What was fetched, by whom, or of what. The rows are summed up by the database in slices, and only the sums come here:
// ten million rows take no more memory than their groups, and no slice holds up the event loop where SQLite is in it.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import type { Schema, TransfersTable } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { toPrefix } from './transfer-id.ts';

/** Some ten milliseconds of SQLite. */
const SLICE_ROWS = 5_000;

/** Some 50 MB of sums. */
const MAX_LINES = 100_000;

const DAY_MS = 86_400_000;

export type UsageBy = 'principal' | 'collection' | 'object';

export type UsageQuery = {
  readonly by: UsageBy;
  /** Whether each day, from midnight to midnight UTC, is summed up for itself. */
  readonly perDay?: boolean;
  /** Transfers that began at this moment or later. */
  readonly since: Date;
  /** Transfers that began before this moment. */
  readonly until: Date;
  /** Of this one alone. */
  readonly principal?: string | undefined;
  /** The most lines of usage there may be: 100,000 where nothing is said. */
  readonly maxLines?: number;
  /** An abort rejects with `closed`. */
  readonly signal: AbortSignal;
};

export type Usage = {
  /** A principal, a collection or an object. */
  readonly name: string;
  /** `2026-11-23`, in UTC. */
  readonly day: string | undefined;
  readonly transfers: number;
  /** How many of them ended how; `open` have not ended, and their counts are seconds old. */
  readonly outcomes: {
    readonly open: number;
    readonly complete: number;
    readonly 'client-gone': number;
    readonly 'source-failed': number;
    readonly 'cut-short': number;
  };
  readonly deliveredBytes: number;
  readonly receivedBytes: number;
  readonly overReadBytes: number;
  readonly resumedCount: number;
  /** When the first and the last of them began. */
  readonly first: Date;
  readonly last: Date;
};

type Sums = Pick<
  Selectable<TransfersTable>,
  'delivered_bytes' | 'received_bytes' | 'over_read_bytes' | 'resumed_count'
> & {
  readonly name: string;
  readonly day: number;
  readonly last_id: string;
  transfers: number;
  open: number;
  complete: number;
  client_gone: number;
  source_failed: number;
  cut_short: number;
  first: number;
  last: number;
};

const ADDED = [
  'transfers',
  'open',
  'complete',
  'client_gone',
  'source_failed',
  'cut_short',
  'delivered_bytes',
  'received_bytes',
  'over_read_bytes',
  'resumed_count',
] as const satisfies readonly (keyof Sums)[];

/**
 * The sums, by day and then by what was delivered, the most first. Rejects with `bad-input` when there are too
 * many of them.
 */
export async function readUsage(database: Kysely<Schema>, query: UsageQuery): Promise<readonly Usage[]> {
  const { maxLines = MAX_LINES } = query;
  const groups = new Map<string, Sums>();
  let after = toPrefix(query.since.getTime());
  for (let isMore = true; isMore;) {
    if (query.signal.aborted) throw new SluiceError('closed', 'whoever asked for the usage has gone');
    const slice = await readSlice(database, query, after);
    for (const sums of slice) add(groups, sums);
    if (groups.size > maxLines) {
      const message = `the usage has more than ${maxLines} lines; want a shorter time, or to sum up by something else`;
      throw new SluiceError('bad-input', message);
    }
    isMore = slice.reduce((count, { transfers }) => count + transfers, 0) === SLICE_ROWS;
    for (const { last_id } of slice) if (last_id > after) after = last_id;
    await nextTurn();
  }
  const sorted = [...groups.values()].toSorted((a, b) => a.day - b.day || b.delivered_bytes - a.delivered_bytes);
  return sorted.map((sums) => toUsage(sums, query));
}

async function readSlice(
  database: Kysely<Schema>,
  { by, perDay = false, until, principal }: UsageQuery,
  after: string,
): Promise<readonly Sums[]> {
  const dayOf = perDay ? sql<number>`started_at / ${sql.lit(DAY_MS)}` : sql<number>`0`;
  const slice = database
    .selectFrom('transfers')
    .selectAll()
    .select(dayOf.as('day'))
    .where('id', '>', after)
    .where('id', '<', toPrefix(until.getTime()))
    .$if(principal !== undefined, (rows) => rows.where('principal', '=', principal!))
    .orderBy('id')
    .limit(SLICE_ROWS);
  return database
    .selectFrom(slice.as('slice'))
    .select(({ fn }) => [
      `${by} as name`,
      'day',
      fn.max('id').as('last_id'),
      fn.countAll<number>().as('transfers'),
      countOf(sql`outcome is null`).as('open'),
      countOf(sql`outcome = 'complete'`).as('complete'),
      countOf(sql`outcome = 'client-gone'`).as('client_gone'),
      countOf(sql`outcome = 'source-failed'`).as('source_failed'),
      countOf(sql`outcome = 'cut-short'`).as('cut_short'),
      sumOf('delivered_bytes').as('delivered_bytes'),
      sumOf('received_bytes').as('received_bytes'),
      sumOf('over_read_bytes').as('over_read_bytes'),
      sumOf('resumed_count').as('resumed_count'),
      fn.min('started_at').as('first'),
      fn.max('started_at').as('last'),
    ])
    .groupBy([by, 'day'])
    .execute();
}

function countOf(condition: ReturnType<typeof sql>): ReturnType<typeof sql<number>> {
  return sql<number>`count(*) filter (where ${condition})`;
}

/** PostgreSQL would sum up in a type that JavaScript has no number for. */
function sumOf(column: keyof TransfersTable): ReturnType<typeof sql<number>> {
  return sql<number>`cast(sum(${sql.ref(column)}) as bigint)`;
}

function add(groups: Map<string, Sums>, sums: Sums): void {
  const key = `${sums.day} ${sums.name}`;
  const group = groups.get(key);
  if (!group) {
    groups.set(key, { ...sums });
    return;
  }
  for (const column of ADDED) group[column] += sums[column];
  group.first = Math.min(group.first, sums.first);
  group.last = Math.max(group.last, sums.last);
}

function toUsage(sums: Sums, { perDay = false }: UsageQuery): Usage {
  return {
    name: sums.name,
    day: perDay ? new Date(sums.day * DAY_MS).toISOString().slice(0, 10) : undefined,
    transfers: sums.transfers,
    outcomes: {
      open: sums.open,
      complete: sums.complete,
      'client-gone': sums.client_gone,
      'source-failed': sums.source_failed,
      'cut-short': sums.cut_short,
    },
    deliveredBytes: sums.delivered_bytes,
    receivedBytes: sums.received_bytes,
    overReadBytes: sums.over_read_bytes,
    resumedCount: sums.resumed_count,
    first: new Date(sums.first),
    last: new Date(sums.last),
  };
}
