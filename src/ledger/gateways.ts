// The gateways that share a database: each says that it lives, and settles for those that have not said so for long.
import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { GATEWAY_LOST } from './row-text.ts';

/** For how long a gateway is alive that has said so: three rounds, so that one that fails says nothing. */
const ALIVE_MS = 30_000;

/**
 * How much later its open rows are settled by another. Its own journal knows better, and the clocks of two machines may
 * differ: a gateway that comes back by then has lost nothing, and one that comes back later corrects its rows.
 */
const LOST_AFTER_MS = 300_000;

export type Gateway = { readonly id: string; readonly startedAtMs: number };

/** An id for this life of this process that no other has; `name`, a host's, tells people where it runs. */
export function createGatewayId(name: string): string {
  // A folder is named so.
  const word = name.replaceAll(/[^\w-]+/g, '-').slice(0, 60);
  return `${word}-${randomBytes(6).toString('hex')}`;
}

/** Says that the gateway lives at `nowMs`, in milliseconds since 1970. */
export async function sayAlive(database: Kysely<Schema>, { id, startedAtMs }: Gateway, nowMs: number): Promise<void> {
  const alive_until = nowMs + ALIVE_MS;
  await database
    .insertInto('gateways')
    .values({ id, started_at: startedAtMs, alive_until })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ alive_until }))
    .execute();
}

/** Says that the gateway has ended, and left nothing open. */
export async function sayEnded(database: Kysely<Schema>, id: string): Promise<void> {
  await database.deleteFrom('gateways').where('id', '=', id).execute();
}

export type SettleLostOptions = {
  readonly nowMs: number;
  /** Gateways whose journals are here. */
  readonly except: readonly string[];
};

/** Settles the open rows of gateways that are dead for long, with the counts that the database has. */
export async function settleLostGateways(
  database: Kysely<Schema>,
  { nowMs, except }: SettleLostOptions,
): Promise<void> {
  const deadline = nowMs - LOST_AFTER_MS;
  const lost = await database
    .selectFrom('transfers')
    .leftJoin('gateways', 'gateways.id', 'transfers.gateway')
    .select('transfers.gateway as id')
    .distinct()
    .where('transfers.outcome', 'is', null)
    .where((where) => where.or([where('gateways.id', 'is', null), where('gateways.alive_until', '<', deadline)]))
    .execute();
  for (const { id } of lost) {
    if (except.includes(id)) continue;
    await database
      .updateTable('transfers')
      .set({ outcome: 'cut-short', error: GATEWAY_LOST })
      .where('gateway', '=', id)
      .where('outcome', 'is', null)
      .execute();
  }
  await database
    .deleteFrom('gateways')
    .where('alive_until', '<', deadline)
    .$if(except.length > 0, (query) => query.where('id', 'not in', [...except]))
    .execute();
}
