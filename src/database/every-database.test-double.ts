// The same tests over every database: SQLite, and a real PostgreSQL that a test's process starts when it first
// needs one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe } from 'node:test';
import type { Kysely } from 'kysely';
import { openPostgres } from './postgres.ts';
import { startPostgres } from './postgres-server.test-double.ts';
import type { PostgresServer } from './postgres-server.test-double.ts';
import type { Schema } from './schema.ts';
import { openSqlite } from './sqlite.ts';

/** What a test needs of a kind of database. */
type Kind = {
  readonly title: string;
  open(): Promise<Kysely<Schema>>;
  /** Where one could be: nothing is there yet. */
  locate(): Promise<string>;
  /** Ends what a test was given; its connections are closed. */
  clear(): Promise<void>;
};

/**
 * Declares `suite` once for each. `open` gives a fresh, empty, migrated database, for one test: after it, and
 * after what the suite itself does after each, it is destroyed.
 */
export function onEveryDatabase(name: string, suite: (open: () => Promise<Kysely<Schema>>) => void): void {
  onEveryKind(name, (kind) => {
    const opened: Kysely<Schema>[] = [];
    suite(async () => {
      const database = await kind.open();
      opened.push(database);
      return database;
    });
    return async () => {
      await Promise.all(opened.splice(0).map((database) => database.destroy()));
    };
  });
}

/** The same with locations, as `openDatabase` takes them, of databases that are not there or empty. The test closes what it opens. */
export function onEveryLocation(name: string, suite: (locate: () => Promise<string>) => void): void {
  onEveryKind(name, (kind) => {
    suite(() => kind.locate());
    return async () => undefined;
  });
}

function onEveryKind(name: string, declare: (kind: Kind) => () => Promise<void>): void {
  for (const kind of [sqliteKind(), postgresKind()]) {
    describe(`${name} (${kind.title})`, () => {
      const close = declare(kind);
      afterEach(async () => {
        await close();
        await kind.clear();
      });
    });
  }
}

function sqliteKind(): Kind {
  const folders: string[] = [];
  return {
    title: 'SQLite',
    open: () => openSqlite(':memory:'),
    locate: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sluice-sqlite-'));
      folders.push(folder);
      return join(folder, 'sluice.db');
    },
    clear: async () => {
      await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
    },
  };
}

function postgresKind(): Kind {
  const used: string[] = [];
  const locate = async (template?: string) => {
    const { server } = await sharedPostgres();
    const location = await server.createDatabase(template);
    used.push(location);
    return location;
  };
  return {
    title: 'PostgreSQL',
    open: async () => openPostgres(await locate((await sharedPostgres()).migrated)),
    locate: () => locate(),
    clear: async () => {
      const { server } = await sharedPostgres();
      await Promise.all(used.splice(0).map((location) => server.dropDatabase(location)));
    },
  };
}

type SharedPostgres = {
  readonly server: PostgresServer;
  /** A database that has the schema, to be copied. */
  readonly migrated: string;
};

let shared: Promise<SharedPostgres> | undefined;

after(async () => {
  if (shared) await (await shared).server.end();
});

/** One for the process: it takes most of a second to make, a database in it some hundredths. */
function sharedPostgres(): Promise<SharedPostgres> {
  shared ??= (async () => {
    const server = await startPostgres();
    const location = await server.createDatabase();
    await (await openPostgres(location)).destroy();
    return { server, migrated: new URL(location).pathname.slice(1) };
  })();
  return shared;
}
