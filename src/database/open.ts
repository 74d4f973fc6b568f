// A database by its location, as the configuration and the commands name it: the path of an SQLite file, or the URL of
// a database in a PostgreSQL.
import type { Kysely } from 'kysely';
import { SluiceError } from '../errors.ts';
import { migratePostgres, openPostgres } from './postgres.ts';
import { namePostgres } from './postgres-pool.ts';
import type { PostgresOptions } from './postgres-pool.ts';
import type { Schema } from './schema.ts';
import { migrateSqlite, openSqlite } from './sqlite.ts';

/**
 * Opens the database at `location`, brought to this program's schema; a file is made if there is none. Rejects with
 * `bad-input` when it cannot be ours, with `unavailable` when it is away. The caller destroys it. `options` are a
 * PostgreSQL's.
 */
export async function openDatabase(location: string, options: PostgresOptions = {}): Promise<Kysely<Schema>> {
  return isPostgres(location) ? openPostgres(location, options) : openSqlite(location);
}

/** Brings the database at `location` to this program's schema, whatever time that takes. The names of the migrations run. */
export async function migrateDatabase(location: string): Promise<readonly string[]> {
  return isPostgres(location) ? migratePostgres(location) : migrateSqlite(location);
}

/** How to call it in a log: a URL may hold a password, this does not. */
export function nameDatabase(location: string): string {
  return isPostgres(location) ? namePostgres(location) : location;
}

/** Whether gateways on other machines may share it, rather than the processes of one. Throws `bad-input` when it can be neither. */
export function isPostgres(location: string): boolean {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location) ?? [];
  if (scheme === undefined) return false;
  if (/^postgres(ql)?$/i.test(scheme)) return true;
  throw new SluiceError('bad-input', `the database is at ${scheme}://…; want postgres://… or the path of a file`);
}
