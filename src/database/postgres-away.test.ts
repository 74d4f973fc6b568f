// A PostgreSQL that goes away, hangs, or has no more to give: it is said soon, and it is used again when it is back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { isSluiceError } from '../errors.ts';
import { openPostgres } from './postgres.ts';
import type { PostgresOptions } from './postgres-pool.ts';
import { startPostgres } from './postgres-server.test-double.ts';
import type { PostgresServer } from './postgres-server.test-double.ts';
import type { Schema } from './schema.ts';

describe('a PostgreSQL', () => {
  let server: PostgresServer;
  let location: string;
  const opened: Kysely<Schema>[] = [];
  before(async () => {
    server = await startPostgres();
    location = await server.createDatabase();
    await (await openPostgres(location)).destroy();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.destroy()));
  });
  after(() => server?.end());

  async function open(options: PostgresOptions = {}): Promise<Kysely<Schema>> {
    const database = await openPostgres(location, options);
    opened.push(database);
    return database;
  }

  const count = async (database: Kysely<Schema>) =>
    (await database.selectFrom('collections').selectAll().execute()).length;
  const isAway = (error: unknown) => {
    assert.ok(isSluiceError(error, 'unavailable') && error.retryable, String(error));
    return true;
  };

  it('that was stopped and started is used again, and nothing that was under way hangs', async () => {
    const database = await open();
    await Promise.all([count(database), count(database), count(database)]);
    const underWay = database.transaction().execute(async (transaction) => {
      await server.stop();
      await count(transaction);
    });
    await assert.rejects(underWay, isAway);
    await assert.rejects(count(database), isAway);
    await assert.rejects(openPostgres(location), isAway);
    await server.start();
    assert.equal(await count(database), 1);
  });

  it('that ends the connections nobody uses is asked over new ones', async () => {
    const database = await open();
    await Promise.all([count(database), count(database)]);
    const other = await open();
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(other);
    // Its word may not have come yet: who asks first, over one of the two, may be told that it is away.
    await Promise.all([count(database).catch(isAway), count(database).catch(isAway)]);
    assert.equal(await count(database), 1);
  });

  it('that takes too long over a statement is unavailable, and free for the next', async () => {
    const database = await open({ maxConnections: 1, statementTimeoutMs: 50 });
    await assert.rejects(sql`select pg_sleep(600)`.execute(database), /took too long/);
    assert.equal(await count(database), 1);
  });

  it('that hangs is given up, with its connection', async () => {
    const database = await open({ maxConnections: 1, statementTimeoutMs: 50 });
    let hung = 0;
    const underWay = database.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
      hung = rows[0]!.pid;
      process.kill(hung, 'SIGSTOP');
      await count(transaction);
    });
    try {
      await assert.rejects(underWay, /took too long/);
      assert.equal(await count(database), 1);
    } finally {
      process.kill(hung, 'SIGCONT');
    }
  });

  it('whose connections are all in use is unavailable when none becomes free in time', async () => {
    const database = await open({ maxConnections: 1, connectTimeoutMs: 50 });
    await database.transaction().execute(async () => {
      await assert.rejects(count(database), isAway);
    });
    assert.equal(await count(database), 1);
  });

  it('that accepts and says nothing is unavailable, and not waited for at the end', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(openPostgres(`postgres://u:p@127.0.0.1:${port}/d`, { connectTimeoutMs: 50 }), isAway);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('is left with no connection of one that was destroyed', async () => {
    const watcher = await open();
    const database = await openPostgres(location);
    await Promise.all([count(database), count(database), count(database)]);
    const connections = () => process.getActiveResourcesInfo().filter((kind) => /Pipe|TCP/.test(kind)).length;
    const before = connections();
    await database.destroy();
    assert.equal(before - connections(), 3);
    assert.equal(await count(watcher), 1);
  });
});
