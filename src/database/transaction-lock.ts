// One transaction after another, where it must be: what reads, decides and then writes, in many processes at once.
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { dialectOf } from './column-types.ts';
import type { Schema } from './schema.ts';

/** "SLUC": our locks among those of PostgreSQL that mean what whoever uses a database agrees on. */
const LOCK_CLASS = 0x534c5543;

/** Whoever holds one of them keeps out who asks for the same. The numbers never change: programs of two versions meet. */
const LOCKS = { migrations: 0, bundles: 1 };

/**
 * Waits until no other transaction holds `lock`, and holds it until `transaction` ends. It comes first in it: what was
 * read before may be out of date. SQLite needs none: its transactions come one after the other.
 */
export async function holdLock(transaction: Kysely<Schema>, lock: keyof typeof LOCKS): Promise<void> {
  if (dialectOf(transaction) === 'sqlite') return;
  await sql`select pg_advisory_xact_lock(${LOCK_CLASS}::integer, ${LOCKS[lock]}::integer)`.execute(transaction);
}
