// Opens a database in a PostgreSQL: a pool of connections, brought to this program's schema, safe to open from many
// processes at once. Gateways that open the same one share all that is in it.
import { Kysely, PostgresAdapter, PostgresDriver, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import type { DatabaseMetadataOptions, TableMetadata } from 'kysely';
import { SluiceError } from '../errors.ts';
import { isCurrent, isOurs, migrate } from './migrations.ts';
import { openPool } from './postgres-pool.ts';
import type { ClassifyingPool, PostgresOptions } from './postgres-pool.ts';
import type { Schema } from './schema.ts';
import { holdLock } from './transaction-lock.ts';

/** Who migrates waits for whoever else does, and an index of many rows takes what it takes. */
const MIGRATION_OPTIONS: PostgresOptions = { maxConnections: 1, statementTimeoutMs: 0 };

/**
 * The database at `url`, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Rejects with `bad-input` when it is another
 * program's, or newer than this program, or refuses us; with `unavailable` when it is away. The caller destroys it.
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Kysely<Schema>> {
  const pool = openPool(url, options);
  const database = toKysely(pool);
  try {
    if (!(await isCurrent(database, pool.name))) await migratePostgres(url);
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/** Brings the database at `url` to this program's schema, whatever time that takes. The names of the migrations run. */
export async function migratePostgres(url: string): Promise<readonly string[]> {
  const pool = openPool(url, MIGRATION_OPTIONS);
  const database = toKysely(pool);
  try {
    return await database.connection().execute((connection) => migrateLocked(connection, pool.name));
  } finally {
    await database.destroy();
  }
}

/** Kysely's migrator takes no transaction of Kysely's: this one is begun by hand, on a connection that is held. */
async function migrateLocked(connection: Kysely<Schema>, name: string): Promise<readonly string[]> {
  // All or nothing, and one process after the other: who comes second finds it done. The lock ends with the
  // transaction, and so with its process.
  await sql`begin`.execute(connection);
  try {
    await holdLock(connection, 'migrations');
    const migrated = (await isCurrent(connection, name)) ? [] : await migrateOwn(connection, name);
    await sql`commit`.execute(connection);
    return migrated;
  } catch (error) {
    // Where the connection is lost, so is the transaction.
    await sql`rollback`.execute(connection).catch(() => undefined);
    throw error;
  }
}

async function migrateOwn(connection: Kysely<Schema>, name: string): Promise<readonly string[]> {
  await refuseForeign(connection, name);
  return migrate(connection);
}

async function refuseForeign(database: Kysely<Schema>, name: string): Promise<void> {
  if (await isOurs(database)) return;
  const tables = await database.introspection.getTables();
  if (tables.every((table) => table.isView)) return;
  throw new SluiceError('bad-input', `${name} is the database of another program; want one of sluice, or an empty one`);
}

function toKysely(pool: ClassifyingPool): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new LockedAdapter(),
      createDriver: () => new PostgresDriver({ pool }),
      createIntrospector: (database) => new SchemaIntrospector(database),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

/** Migrations run under a lock already, which a failed one still has, other than Kysely's, to let go of. */
class LockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}

  override async releaseMigrationLock(): Promise<void> {}
}

/** Sees the schema that a table would be made in, and no other one of a database that is shared by schemas. */
class SchemaIntrospector extends PostgresIntrospector {
  readonly #database: Kysely<unknown>;

  constructor(database: Kysely<unknown>) {
    super(database);
    this.#database = database;
  }

  override async getTables(options?: DatabaseMetadataOptions): Promise<TableMetadata[]> {
    const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(this.#database);
    const tables = await super.getTables(options);
    return tables.filter((table) => table.schema === rows[0]?.name);
  }
}
