// Opens the embedded database: one file, brought to this program's schema, safe to open from many processes at
// once. Another database is another file like this one: it gives a Kysely of the same Schema.
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { SluiceError } from '../errors.ts';
import { isCurrent, migrate } from './migrations.ts';
import type { Schema } from './schema.ts';
import { SqliteDriver } from './sqlite-driver.ts';
import { SQLITE_BUSY, sqliteCodeOf, toDatabaseError } from './sqlite-errors.ts';

/** "SLUC" in SQLite's header field for the program a file belongs to, so that no other database is written into. */
const APPLICATION_ID = 0x534c5543;

/** How long a statement waits for another process. A writer here holds the lock for milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** Between two tries of the one statement that SQLite does not wait for by itself. */
const BUSY_RETRY_MS = 5;

/**
 * The database in the file `path`, made if there is none; `:memory:` is one that goes with the process.
 * Rejects with `bad-input` when the file is something else, or newer than this program. The caller destroys it.
 */
export async function openSqlite(path: string): Promise<Kysely<Schema>> {
  const { database } = await openMigrated(path);
  return database;
}

/** Brings the file `path` to this program's schema, and makes it if there is none. The names of the migrations run. */
export async function migrateSqlite(path: string): Promise<readonly string[]> {
  const { database, migrated } = await openMigrated(path);
  await database.destroy();
  return migrated;
}

type Migrated = { readonly database: Kysely<Schema>; readonly migrated: readonly string[] };

async function openMigrated(path: string): Promise<Migrated> {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    refuseForeign(file, path);
    await useWriteAheadLog(file);
    const database = toKysely(file, path);
    const migrated = (await isCurrent(database, path)) ? [] : await migrateLocked(file, { database, path });
    return { database, migrated };
  } catch (error) {
    file?.close();
    throw toDatabaseError(error, path);
  }
}

function toKysely(file: DatabaseSync, path: string): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new SqliteDriver(file, path),
      createIntrospector: (database) => new SqliteIntrospector(database),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

function refuseForeign(file: DatabaseSync, path: string): void {
  // One transaction, so that both answers are of one moment: another process may be making the tables just now.
  file.exec('begin');
  const id = file.prepare('pragma application_id').get()?.['application_id'];
  const tables = file.prepare('select count(*) as count from sqlite_master').get()?.['count'];
  file.exec('commit');
  if (id === APPLICATION_ID || (id === 0 && tables === 0)) return;
  const message = `${path} is the database of another program; want a catalog of sluice, or a path that is free`;
  throw new SluiceError('bad-input', message);
}

/** Readers and one writer at a time do not wait for each other, and a commit is one append. */
async function useWriteAheadLog(file: DatabaseSync): Promise<void> {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      file.exec('pragma journal_mode = wal');
      // In WAL mode NORMAL loses no consistency, and at a power cut at most the last commits.
      file.exec('pragma synchronous = normal');
      return;
    } catch (error) {
      // The change of mode wants the file for itself and does not honour the busy timeout.
      if (sqliteCodeOf(error) !== SQLITE_BUSY || performance.now() > deadline) throw error;
      await wait(BUSY_RETRY_MS);
    }
  }
}

type MigrateLockedOptions = { readonly database: Kysely<Schema>; readonly path: string };

async function migrateLocked(file: DatabaseSync, { database, path }: MigrateLockedOptions): Promise<readonly string[]> {
  // All or nothing, and one process after the other: who comes second finds it done.
  file.exec('begin immediate');
  try {
    const migrated = (await isCurrent(database, path)) ? [] : await migrate(database);
    file.exec(`pragma application_id = ${APPLICATION_ID}`);
    file.exec('commit');
    return migrated;
  } catch (error) {
    if (file.isTransaction) file.exec('rollback');
    throw error;
  }
}
