// What each gateway has of each principal's transfers, in the table that all of them share. A gateway writes only its own
// rows, always what they are and never by how much they change, so that a lost answer is put right by the next write.
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';

export type Lease = {
  readonly principal: string;
  /** How many transfers the gateway may have. */
  readonly transfers: number;
  /** How many of its streams want bytes. */
  readonly streams: number;
};

/** What the others have: gateways whose leases have not expired. */
export type Others = Pick<Lease, 'transfers' | 'streams'>;

/** The row of all principals together: none of them has no name. Each gateway has one for as long as it lives. */
export const WHOLE = '';

/** Five values each: SQLite takes 32,766 in a statement, PostgreSQL 65,535. */
const ROWS_A_STATEMENT = 1_000;

export type WriteLeases = { readonly gateway: string; readonly leases: readonly Lease[]; readonly expiresAt: number };

export async function writeLeases(
  database: Kysely<Schema>,
  { gateway, leases, expiresAt }: WriteLeases,
): Promise<void> {
  for (const some of inParts(leases)) {
    const insert = database
      .insertInto('leases')
      .values(some.map((lease) => ({ ...lease, gateway, expires_at: expiresAt })));
    await insert
      .onConflict((conflict) =>
        conflict.columns(['principal', 'gateway']).doUpdateSet((row) => ({
          transfers: row.ref('excluded.transfers'),
          streams: row.ref('excluded.streams'),
          expires_at: row.ref('excluded.expires_at'),
        })),
      )
      .execute();
  }
}

export type ReadOthers = { readonly gateway: string; readonly principals: readonly string[]; readonly now: number };

/** Of each of these principals; without those of whom nobody else has anything. */
export async function readOthers(
  database: Kysely<Schema>,
  { gateway, principals, now }: ReadOthers,
): Promise<ReadonlyMap<string, Others>> {
  const others = new Map<string, Others>();
  for (const some of inParts(principals)) {
    const rows = await database
      .selectFrom('leases')
      .select('principal')
      .select([sum('transfers'), sum('streams')])
      .where('principal', 'in', some)
      .where('gateway', '!=', gateway)
      .where('expires_at', '>', now)
      .groupBy('principal')
      .execute();
    for (const { principal, transfers, streams } of rows) others.set(principal, { transfers, streams });
  }
  return others;
}

/** How many gateways live, the one that asks not among them. */
export async function countOthers(
  database: Kysely<Schema>,
  { gateway, now }: Omit<ReadOthers, 'principals'>,
): Promise<number> {
  const { count } = await database
    .selectFrom('leases')
    .select(sql<number>`cast(count(*) as integer)`.as('count'))
    .where('principal', '=', WHOLE)
    .where('gateway', '!=', gateway)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return count;
}

export async function removeLeases(database: Kysely<Schema>, gateway: string): Promise<void> {
  await database.deleteFrom('leases').where('gateway', '=', gateway).execute();
}

/** Rows of gateways that died so long ago that they are not only slow. */
export async function removeExpiredLeases(database: Kysely<Schema>, before: number): Promise<void> {
  await database.deleteFrom('leases').where('expires_at', '<', before).execute();
}

/** PostgreSQL's sums are wider than what it sums, and come as text. */
function sum(column: 'transfers' | 'streams') {
  return sql<number>`cast(sum(${sql.ref(column)}) as integer)`.as(column);
}

function* inParts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += ROWS_A_STATEMENT)
    yield items.slice(start, start + ROWS_A_STATEMENT);
}
