import assert from 'node:assert/strict';
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
    await makeWithObject(path);
    const database = await openSqlite(path);
    assert.deepEqual(await database.selectFrom('objects').select('id').execute(), [{ id: 'a' }].map(withoutPrototype));
    await database.destroy();
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

/** Makes a file with one object, `a`. */
async function makeWithObject(path: string): Promise<void> {
  const database = await openSqlite(path);
  await database
    .insertInto('objects')
    .values({ id: 'a', ...OBJECT })
    .execute();
  await database.destroy();
}

function withoutPrototype(row: object): object {
  return Object.assign(Object.create(null) as object, row);
}
