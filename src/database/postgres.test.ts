// A PostgreSQL that refuses: what it is called, and what never comes out.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { isSluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { openPostgres } from './postgres.ts';
import { startPostgres } from './postgres-server.test-double.ts';
import type { PostgresServer } from './postgres-server.test-double.ts';
import type { Schema } from './schema.ts';

const PASSWORD = 'geheim';

describe('openPostgres()', () => {
  let server: PostgresServer;
  let location: string;
  let database: Kysely<Schema>;
  before(async () => {
    server = await startPostgres();
    location = await server.createDatabase();
    database = await openPostgres(location);
    await sql`create role guest login password ${sql.lit(PASSWORD)}`.execute(database);
  });
  after(async () => {
    await database?.destroy();
    await server?.end();
  });

  /** The location for another user, changed as a test wants it. */
  const locate = (user: string, password: string, change: (url: URL) => void = () => undefined) => {
    const url = new URL(location);
    url.searchParams.set('user', user);
    url.searchParams.set('password', password);
    change(url);
    return url.href;
  };

  async function refused(work: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
    await assert.rejects(work, (error) => {
      assert.ok(isSluiceError(error, code), inspect(error));
      assert.match(error.message, message);
      const shown = inspect(error, { depth: Infinity, showHidden: true });
      assert.ok(!shown.includes(PASSWORD) && !shown.includes(encodeURIComponent(PASSWORD)), 'the password came out');
      return true;
    });
  }

  it('says what to do about a wrong password, and never says the password', async () => {
    await refused(openPostgres(locate('guest', `${PASSWORD}2`)), 'bad-input', /refuses the user or the password; want/);
    await refused(openPostgres(locate('nobody', PASSWORD)), 'bad-input', /refuses the user or the password; want/);
    await refused(openPostgres(locate('guest', '')), 'bad-input', /wants a password; want/);
  });

  it('says what to do about a database that is not there', async () => {
    const url = locate('guest', PASSWORD, (changed) => (changed.pathname = '/elsewhere'));
    await refused(openPostgres(url), 'bad-input', /the database elsewhere at .* is not there; want/);
  });

  it('says what to do where the user may not make or use the tables', async () => {
    const empty = new URL(await server.createDatabase()).pathname;
    const url = locate('guest', PASSWORD, (changed) => (changed.pathname = empty));
    await refused(openPostgres(url), 'bad-input', /may not be used so by this user; want/);
    await refused(openPostgres(locate('guest', PASSWORD)), 'bad-input', /may not be used so by this user; want/);
  });

  it('says what to do where TLS is wanted and there is none', async () => {
    const url = locate('guest', PASSWORD, (changed) => changed.searchParams.set('sslmode', 'verify-full'));
    await refused(openPostgres(url), 'bad-input', /has no TLS; want/);
  });

  it('is unavailable where nobody listens', async () => {
    const url = locate('guest', PASSWORD, (changed) => changed.searchParams.set('host', '/nowhere'));
    await refused(openPostgres(url), 'unavailable', /at \/nowhere:5432 cannot be reached/);
  });

  it('does not show its password to who looks into it', async () => {
    await sql`grant all on all tables in schema public to guest`.execute(database);
    const guest = await openPostgres(locate('guest', PASSWORD));
    assert.deepEqual(await guest.selectFrom('objects').selectAll().execute(), []);
    assert.ok(!inspect(guest, { depth: Infinity, showHidden: true }).includes(PASSWORD));
    await guest.destroy();
  });

  it('says in its application’s name who it is', async () => {
    const { rows } = await sql`select application_name from pg_stat_activity where pid = pg_backend_pid()`.execute(
      database,
    );
    assert.deepEqual(rows, [{ application_name: 'sluice' }]);
  });

  it('sees the tables of its own schema, and no others of the same name', async () => {
    await sql`create schema other`.execute(database);
    const url = new URL(location);
    url.searchParams.set('options', '-c search_path=other');
    const other = await openPostgres(url.href);
    await other.deleteFrom('collections').execute();
    assert.equal((await database.selectFrom('collections').selectAll().execute()).length, 1);
    await other.destroy();
  });

  it('calls what another transaction stands in the way of overloaded, to be tried again', async () => {
    const isBusy = (error: unknown) => isSluiceError(error, 'overloaded') && error.retryable;
    const outdated = database.transaction().setIsolationLevel('repeatable read');
    const failed = outdated.execute(async (transaction) => {
      await transaction.selectFrom('collections').selectAll().execute();
      await database.updateTable('collections').set({ title: 'new' }).execute();
      await transaction.updateTable('collections').set({ title: 'old' }).execute();
    });
    await assert.rejects(failed, isBusy);
    await database.transaction().execute(async (transaction) => {
      await transaction.updateTable('collections').set({ title: 'mine' }).execute();
      await assert.rejects(database.selectFrom('collections').selectAll().forUpdate().noWait().execute(), isBusy);
    });
  });

  it('keeps no transaction in which anything failed, and says so to who did not look', async () => {
    const failed = database.transaction().execute(async (transaction) => {
      await transaction.updateTable('collections').set({ title: 'half' }).execute();
      await sql`select 1 / 0`.execute(transaction).catch(() => undefined);
    });
    await assert.rejects(failed, (error) => isSluiceError(error, 'misuse') && /division by zero/.test(error.message));
    const half = database.selectFrom('collections').selectAll().where('title', '=', 'half');
    assert.deepEqual(await half.execute(), []);
  });
});
