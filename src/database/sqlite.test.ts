import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { isSluiceError } from '../errors.ts';
import { openSqlite } from './sqlite.ts';

const OBJECT = {
  store: 's',
  bucket: 'b',
  key: 'k',
  version_id: null,
  size: 5 * 2 ** 40,
  etag: '"e"',
  last_modified: null,
  filename: 'f',
  media_type: 'text/plain',
  digests: '{}',
  added_at: 1,
};

describe('openSqlite', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-database-'));
  });
  after(() => rm(folder, { recursive: true }));

  const refused = (path: string, message: RegExp) =>
    assert.rejects(openSqlite(path), (error) => {
      assert.ok(isSluiceError(error, 'bad-input'), String(error));
      assert.ok(error.message.startsWith(path));
      assert.match(error.message, message);
      return true;
    });

  it('makes a file with the schema, in WAL mode, that waits for other writers', async () => {
    const path = join(folder, 'new.db');
    const database = await openSqlite(path);
    const pragmas = ['journal_mode', 'busy_timeout', 'foreign_keys', 'synchronous', 'application_id'];
    const values = await Promise.all(
      pragmas.map(async (name) => {
        const { rows } = await sql<Record<string, unknown>>`${sql.raw(`pragma ${name}`)}`.execute(database);
        return Object.values(rows[0]!)[0];
      }),
    );
    assert.deepEqual(values, ['wal', 5_000, 1, 1, 0x534c5543]);
    await database
      .insertInto('objects')
      .values({ id: 'a', ...OBJECT })
      .execute();
    const { size } = await database.selectFrom('objects').select('size').executeTakeFirstOrThrow();
    assert.equal(size, 5 * 2 ** 40);
    await database.destroy();
  });

  it('opens a file that is there, and changes nothing in it', async () => {
    const path = join(folder, 'again.db');
    const first = await openSqlite(path);
    await first
      .insertInto('objects')
      .values({ id: 'a', ...OBJECT })
      .execute();
    await first.destroy();
    const second = await openSqlite(path);
    assert.deepEqual(await second.selectFrom('objects').select('id').execute(), [{ id: 'a' }].map(withoutPrototype));
    await second.destroy();
  });

  it('brings a file of an earlier version up to date, and keeps what is in it', async () => {
    const path = join(folder, 'earlier.db');
    const first = await openSqlite(path);
    await first
      .insertInto('objects')
      .values({ id: 'a', ...OBJECT })
      .execute();
    await first.destroy();
    const earlier = new DatabaseSync(path);
    earlier.exec("delete from kysely_migration where name <> '0001-objects'");
    earlier.exec('alter table objects drop column part_bytes; drop table bundles');
    earlier.close();
    const second = await openSqlite(path);
    const rows = await second.selectFrom('objects').select(['id', 'part_bytes']).execute();
    assert.deepEqual(rows, [{ id: 'a', part_bytes: null }].map(withoutPrototype));
    await second.destroy();
  });

  it('is opened by many processes at once while there is no file yet', async () => {
    for (let round = 0; round < 3; round += 1) {
      const path = join(folder, `at-once-${round}.db`);
      const children = Array.from({ length: 6 }, (_, index) => startOpener(path, `id-${index}`));
      // Each child is up and waits; the word goes to all of them in one turn.
      await Promise.all(children.map((child) => once(child, 'message')));
      const ends = children.map(async (child) => {
        const [chunks, [code]] = await Promise.all([child.stderr!.toArray(), once(child, 'exit')]);
        return `${code} ${Buffer.concat(chunks).toString()}`;
      });
      for (const child of children) child.send('go');
      assert.deepEqual(
        await Promise.all(ends),
        children.map(() => '0 '),
      );
      const database = await openSqlite(path);
      const rows = await database.selectFrom('objects').select('id').orderBy('id').execute();
      await database.destroy();
      assert.deepEqual(
        rows.map((row) => row.id),
        children.map((_, index) => `id-${index}`),
      );
    }
  });

  it('refuses a file that is no database', async () => {
    const path = join(folder, 'text.db');
    await writeFile(path, 'stores:\n  archive:\n'.repeat(100));
    await refused(path, /is not an SQLite database; want a catalog of sluice/);
  });

  it('refuses the database of another program, and writes nothing into it', async () => {
    const path = join(folder, 'other.db');
    const other = new DatabaseSync(path);
    other.exec('create table places (url text)');
    await refused(path, /is the database of another program/);
    assert.deepEqual(
      other
        .prepare('select name from sqlite_master')
        .all()
        .map((row) => row['name']),
      ['places'],
    );
    other.close();
  });

  it('refuses a database that a newer program has changed', async () => {
    const path = join(folder, 'newer.db');
    await (await openSqlite(path)).destroy();
    const newer = new DatabaseSync(path);
    newer.exec("insert into kysely_migration values ('9999-later', '2099-01-01')");
    newer.close();
    await refused(path, /was changed by a newer sluice \(9999-later\)/);
  });

  it('refuses a folder, and a path in a folder that is not there', async () => {
    await refused(folder, /cannot be opened; want a file in a folder that is there/);
    await refused(join(folder, 'no', 'where.db'), /cannot be opened/);
  });

  it('leaves an empty file when a migration fails, so that the next try begins anew', async () => {
    const path = join(folder, 'half.db');
    const half = new DatabaseSync(path);
    half.exec('pragma application_id = 0x534c5543; create table objects (id text)');
    half.close();
    await assert.rejects(openSqlite(path), (error) => isSluiceError(error, 'misuse'));
    const left = new DatabaseSync(path);
    assert.deepEqual(
      left
        .prepare('select name from sqlite_master')
        .all()
        .map((row) => row['name']),
      ['objects'],
    );
    left.close();
  });
});

/** A process that opens the database and writes one row, once it is told to. */
const OPENER = `
  import { openSqlite } from ${JSON.stringify(import.meta.resolve('./sqlite.ts'))};
  process.once('message', async () => {
    process.disconnect();
    const database = await openSqlite(process.argv[1]);
    await database.insertInto('objects').values({ id: process.argv[2], ...${JSON.stringify(OBJECT)} }).execute();
    await database.destroy();
  });
  process.send('ready');
`;

function startOpener(path: string, id: string): ChildProcess {
  const args = ['--input-type=module', '--eval', OPENER, path, id];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

function withoutPrototype(row: object): object {
  return Object.assign(Object.create(null) as object, row);
}
