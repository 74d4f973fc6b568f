// A lock on some principals for the rest of a transaction: what is counted under it does not change before it is written.
import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import { dialectOf } from '../database/column-types.ts';
import type { Schema } from '../database/schema.ts';

/** What is counted; two things of one principal do not wait for each other. Any numbers that differ. */
const PURPOSES = { leases: 0x6c65, days: 0x6461 } as const;

/**
 * SQLite's transactions lock all there is when they begin. PostgreSQL is asked for one lock a principal, in the order of
 * their keys, so that two transactions never wait for each other. Principals whose keys are equal share a lock.
 */
export async function lockPrincipals(
  transaction: Transaction<Schema>,
  purpose: keyof typeof PURPOSES,
  principals: readonly string[],
): Promise<void> {
  if (dialectOf(transaction) === 'sqlite') return;
  const names = sql.join(principals.map((principal) => sql`(${principal}::text)`));
  await sql`select pg_advisory_xact_lock(key) from
    (select distinct hashtextextended(name, ${PURPOSES[purpose]}) as key from (values ${names}) as named(name)
     order by key) as keys`.execute(transaction);
}
