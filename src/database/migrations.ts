// Every change of the schema, in order, under a name that never changes once it was released. Kysely keeps the
// names of those it has run in the database itself.
import { Migrator, sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';
import { SluiceError } from '../errors.ts';
import { migration as objects } from './migrations/0001-objects.ts';
import { migration as partBytes } from './migrations/0002-part-bytes.ts';
import { migration as bundles } from './migrations/0003-bundles.ts';
import { migration as collections } from './migrations/0004-collections.ts';
import { migration as access } from './migrations/0005-access.ts';
import { migration as ledger } from './migrations/0006-ledger.ts';
import { migration as limits } from './migrations/0007-limits.ts';
import type { Schema } from './schema.ts';

/** Kysely runs them in the order of their names. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-objects': objects,
  '0002-part-bytes': partBytes,
  '0003-bundles': bundles,
  '0004-collections': collections,
  '0005-access': access,
  '0006-ledger': ledger,
  '0007-limits': limits,
};

/** Kysely's default for the table of the migrations that were run. */
const MIGRATION_TABLE = 'kysely_migration';

/** Whether a program of this name has made its tables in it. */
export async function isOurs(database: Kysely<Schema>): Promise<boolean> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  return tables.some((table) => table.name === MIGRATION_TABLE);
}

/**
 * Whether the database `name` has this program's schema already. Rejects with `bad-input` when a newer program has
 * changed it: what that did, this one cannot know.
 */
export async function isCurrent(database: Kysely<Schema>, name: string): Promise<boolean> {
  if (!(await isOurs(database))) return false;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)}`.execute(database);
  const newer = rows.find((row) => !Object.hasOwn(MIGRATIONS, row.name));
  if (newer) {
    const message = `${name} was changed by a newer sluice (${newer.name}); want that one, or a later one, to open it`;
    throw new SluiceError('bad-input', message);
  }
  return rows.length === Object.keys(MIGRATIONS).length;
}

/**
 * Runs what is missing, and gives its names. The caller holds a lock against other processes, and a transaction
 * that makes it all or nothing.
 */
export async function migrate(database: Kysely<Schema>, migrations = MIGRATIONS): Promise<readonly string[]> {
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const migrator = new Migrator({ db: database, provider, disableTransactions: true });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return results.map(({ migrationName }) => migrationName);
}
