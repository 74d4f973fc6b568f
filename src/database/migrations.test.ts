// How a database comes to the schema of this program: from nothing, from any earlier one, by many processes at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { isSluiceError } from '../errors.ts';
import { onEveryLocation } from './every-database.test-double.ts';
import { migrate, MIGRATIONS } from './migrations.ts';
import { migrateDatabase, nameDatabase, openDatabase } from './open.ts';
import type { Schema } from './schema.ts';

const NAMES = Object.keys(MIGRATIONS);

/** What the first version had of it. */
const OBJECT = {
  id: 'a',
  store: 's',
  bucket: 'b',
  key: 'k',
  size: 5,
  etag: '"e"',
  filename: 'f',
  media_type: 'text/plain',
  digests: '{}',
  added_at: 1,
};

onEveryLocation('migrations', (locate) => {
  /** Opens it, has something done in it, and closes it. */
  async function change<Result>(
    location: string,
    work: (database: Kysely<Schema>) => Promise<Result>,
  ): Promise<Result> {
    const database = await openDatabase(location);
    try {
      return await work(database);
    } finally {
      await database.destroy();
    }
  }

  it('are all run once, in order, and named', async () => {
    const location = await locate();
    assert.deepEqual(await migrateDatabase(location), NAMES);
    assert.deepEqual(await migrateDatabase(location), []);
  });

  it('are run by whoever opens the database, too', async () => {
    const location = await locate();
    await change(location, (database) => database.insertInto('objects').values(OBJECT).execute());
    assert.deepEqual(await migrateDatabase(location), []);
  });

  it('bring a database of any earlier version up to date, and keep what is in it', async () => {
    for (let count = 1; count < NAMES.length; count += 1) {
      const location = await locate();
      await change(location, async (database) => {
        await dropTables(database);
        await migrate(database, Object.fromEntries(Object.entries(MIGRATIONS).slice(0, count)));
        await database.insertInto('objects').values(OBJECT).execute();
      });
      assert.deepEqual(await migrateDatabase(location), NAMES.slice(count));
      const rows = await change(location, (database) => database.selectFrom('objects').selectAll().execute());
      assert.deepEqual(
        rows.map((row) => ({ ...row })),
        [{ ...OBJECT, part_bytes: null, version_id: null, last_modified: null, ...COLLECTED }],
      );
    }
  });

  it('are run by one of many processes at once, and all of them can write then', async () => {
    const location = await locate();
    const children = await Promise.all(Array.from({ length: 6 }, (_, index) => startOpener(location, `id-${index}`)));
    // Each is up and waits; the word goes to all of them in one turn.
    const said = children.map((child) => child.go());
    const ran = (await Promise.all(said)).map((line) => JSON.parse(line) as readonly string[]);
    assert.deepEqual(
      ran.filter((names) => names.length > 0),
      [NAMES],
    );
    const rows = await change(location, (database) => database.selectFrom('objects').select('id').execute());
    assert.deepEqual(rows.map(({ id }) => id).toSorted(), ['id-0', 'id-1', 'id-2', 'id-3', 'id-4', 'id-5']);
  });

  it('refuse a database that a newer program has changed', async () => {
    const location = await locate();
    await change(location, (database) =>
      sql`insert into kysely_migration values ('9999-later', '2099-01-01')`.execute(database),
    );
    const message = `${nameDatabase(location)} was changed by a newer sluice (9999-later)`;
    const isRefused = (error: unknown) => isSluiceError(error, 'bad-input') && error.message.startsWith(message);
    await assert.rejects(openDatabase(location), isRefused);
    await assert.rejects(migrateDatabase(location), isRefused);
  });

  it('refuse the database of another program, and leave it as it is', async () => {
    const location = await locate();
    await change(location, async (database) => {
      await dropTables(database);
      await database.schema.createTable('places').addColumn('url', 'text').execute();
      if (!location.startsWith('postgres')) await sql`pragma application_id = 0`.execute(database);
    });
    const isRefused = (error: unknown) =>
      isSluiceError(error, 'bad-input') && /another program; want/.test(error.message);
    await assert.rejects(openDatabase(location), isRefused);
    await assert.rejects(migrateDatabase(location), isRefused);
  });

  it('leave nothing behind where one fails, so that the next try begins anew', async () => {
    const location = await locate();
    await change(location, async (database) => {
      await dropTables(database);
      await migrate(database, Object.fromEntries(Object.entries(MIGRATIONS).slice(0, 2)));
      // In the way of the last.
      await database.schema.createTable('leases').addColumn('id', 'text').execute();
    });
    await assert.rejects(
      openDatabase(location),
      (error) => isSluiceError(error, 'misuse') && /leases/.test(error.message),
    );
    await assert.rejects(migrateDatabase(location), (error) => isSluiceError(error, 'misuse'));
  });
});

/** What later versions added to an object, as they add it to one that is there. */
const COLLECTED = { collection: 'default', vanished_at: null };

async function dropTables(database: Kysely<Schema>): Promise<void> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  for (const { name } of tables) await database.schema.dropTable(name).execute();
}

/** A process that migrates the database, opens it and writes a row, once it is told to. */
const OPENER = `
  import { migrateDatabase, openDatabase } from ${JSON.stringify(import.meta.resolve('./open.ts'))};
  process.once('message', async () => {
    process.disconnect();
    const [, location, id] = process.argv;
    const migrated = await migrateDatabase(location);
    const database = await openDatabase(location);
    await database.insertInto('objects').values({ ...${JSON.stringify(OBJECT)}, id }).execute();
    await database.destroy();
    process.stdout.write(JSON.stringify(migrated));
  });
  process.send('ready');
`;

async function startOpener(location: string, id: string): Promise<{ go(): Promise<string> }> {
  const args = ['--input-type=module', '--eval', OPENER, location, id];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  await once(child, 'message');
  return {
    go: async () => {
      child.send('go');
      const [chunks, [code]] = await Promise.all([child.stdout!.toArray(), once(child, 'exit')]);
      assert.equal(code, 0);
      return Buffer.concat(chunks as Buffer[]).toString();
    },
  };
}
