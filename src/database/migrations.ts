// Every change of the schema, in order, under a name that never changes once it was released. Kysely keeps the
// names of those it has run in the database itself.
import { Migrator, sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';
import { SluiceError } from '../errors.ts';
import type { Schema } from './schema.ts';

/** Kysely runs them in the order of their names. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-objects': {
    async up(database) {
      await database.schema
        .createTable('objects')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('store', 'text', (column) => column.notNull())
        .addColumn('bucket', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('version_id', 'text')
        .addColumn('size', 'bigint', (column) => column.notNull())
        .addColumn('etag', 'text', (column) => column.notNull())
        .addColumn('last_modified', 'bigint')
        .addColumn('filename', 'text', (column) => column.notNull())
        .addColumn('media_type', 'text', (column) => column.notNull())
        .addColumn('digests', 'text', (column) => column.notNull())
        .addColumn('added_at', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
  '0002-part-bytes': {
    async up(database) {
      await database.schema.alterTable('objects').addColumn('part_bytes', 'bigint').execute();
    },
  },
  '0003-bundles': {
    async up(database) {
      await database.schema
        .createTable('bundles')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('size', 'bigint', (column) => column.notNull())
        .addColumn('used_at', 'bigint', (column) => column.notNull())
        .addColumn('members_bytes', 'bigint', (column) => column.notNull())
        .addColumn('members', 'text', (column) => column.notNull())
        .execute();
      // Whatever decides which of them go is in it, so that their members are not read for that.
      const columns = ['used_at', 'members_bytes', 'id'];
      await database.schema.createIndex('bundles_by_use').on('bundles').columns(columns).execute();
    },
  },
};

/** Kysely's default for the table of the migrations that were run. */
const MIGRATION_TABLE = 'kysely_migration';

/**
 * Whether the database has this program's schema already. Rejects with `bad-input` when a newer program has
 * changed it: what that did, this one cannot know.
 */
export async function isCurrent(database: Kysely<Schema>, path: string): Promise<boolean> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === MIGRATION_TABLE)) return false;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)}`.execute(database);
  const newer = rows.find(({ name }) => !Object.hasOwn(MIGRATIONS, name));
  if (newer) {
    const message = `${path} was changed by a newer sluice (${newer.name}); want that one, or a later one, to open it`;
    throw new SluiceError('bad-input', message);
  }
  return rows.length === Object.keys(MIGRATIONS).length;
}

/** Runs what is missing. The caller holds a lock against other processes where the database has none of its own. */
export async function migrate(database: Kysely<Schema>): Promise<void> {
  const provider = { getMigrations: async () => ({ ...MIGRATIONS }) };
  const { error } = await new Migrator({ db: database, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}
