// What principals have had on each day, in the table that all gateways share. Bytes are entered before they are delivered,
// in blocks, and what was not delivered is taken off again: whatever becomes of a gateway, no day has more than its quota.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { lockPrincipals } from './lock-principals.ts';

/** A block is this part of what is left, so that several gateways can have blocks of a small quota, … */
const BLOCK_PART = 16;

/** … no less, since each costs a transaction, … */
const LEAST_BLOCK_BYTES = 64 << 10;

/** … and no more, since a gateway that dies takes its block along. It lasts a second at 64 MiB/s. */
const LARGEST_BLOCK_BYTES = 64 << 20;

/** How many bytes a gateway keeps ahead of what it delivers. */
export function toBlockBytes(leftBytes: number): number {
  const part = Math.floor(leftBytes / BLOCK_PART);
  return Math.min(leftBytes, LARGEST_BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, part));
}

export type Reservation = {
  readonly principal: string;
  /** `2026-11-23`, in UTC. */
  readonly day: string;
  readonly quotaBytes: number;
  /** Bytes that were delivered and could not be entered before; less than nothing is what is to be taken off. */
  readonly owedBytes: number;
  /** What is left of the block before. */
  readonly heldBytes: number;
};

export type Reserved = {
  /** For whoever asked. */
  readonly bytes: number;
  /** For everybody, after that. */
  readonly leftBytes: number;
};

/** Enters what is owed, and fills the block up with what the day has left. */
export function reserveBytes(database: Kysely<Schema>, reservation: Reservation): Promise<Reserved> {
  const { principal, day, quotaBytes, owedBytes, heldBytes } = reservation;
  return database.transaction().execute(async (transaction) => {
    await lockPrincipals(transaction, 'days', [principal]);
    const row = await transaction
      .selectFrom('used_days')
      .select('bytes')
      .where('principal', '=', principal)
      .where('day', '=', day)
      .executeTakeFirst();
    const usedBytes = (row?.bytes ?? 0) + owedBytes;
    const leftBytes = Math.max(0, quotaBytes - usedBytes);
    const bytes = Math.min(leftBytes, Math.max(0, toBlockBytes(leftBytes + heldBytes) - heldBytes));
    if (bytes !== 0 || owedBytes !== 0) {
      const insert = transaction.insertInto('used_days').values({ principal, day, bytes: usedBytes + bytes });
      const set = { bytes: usedBytes + bytes };
      await insert.onConflict((conflict) => conflict.columns(['principal', 'day']).doUpdateSet(set)).execute();
    }
    return { bytes, leftBytes: leftBytes - bytes };
  });
}

export type Return = {
  readonly principal: string;
  readonly day: string;
  /** Less than nothing is what is owed. */
  readonly bytes: number;
};

/** Takes off what was entered and not delivered. */
export async function returnBytes(database: Kysely<Schema>, returns: readonly Return[]): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const principals = [...new Set(returns.map(({ principal }) => principal))];
    await lockPrincipals(transaction, 'days', principals);
    for (const { principal, day, bytes } of returns)
      await transaction
        .insertInto('used_days')
        .values({ principal, day, bytes: Math.max(0, -bytes) })
        .onConflict((conflict) =>
          conflict.columns(['principal', 'day']).doUpdateSet((row) => ({ bytes: row('used_days.bytes', '-', bytes) })),
        )
        .execute();
  });
}

/** The ledger has what older days brought. */
export async function removeDays(database: Kysely<Schema>, before: string): Promise<void> {
  await database.deleteFrom('used_days').where('day', '<', before).execute();
}

/** What a principal has had on a day, with what gateways have ahead. */
export async function usedBytes(
  database: Kysely<Schema>,
  { principal, day }: Pick<Return, 'principal' | 'day'>,
): Promise<number> {
  const query = database.selectFrom('used_days').select('bytes');
  const row = await query.where('principal', '=', principal).where('day', '=', day).executeTakeFirst();
  return row?.bytes ?? 0;
}
