// The connections to one origin: how many, who gets which, and what becomes of whoever does not want one any more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SluiceError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { HostPool } from './host-pool.ts';
import type { HostPoolOptions } from './host-pool.ts';
import { ScriptedOrigin } from './scripted-origin.test-double.ts';
import type { Peer } from './scripted-origin.test-double.ts';
import { untilTrue, withoutHanging } from './wire-trial.test-double.ts';

const NEVER_MS = 30_000;

type Wanted = {
  readonly connection: Promise<Connection>;
  readonly isSettled: () => boolean;
  readonly giveUp: () => void;
};

type Bench = {
  readonly pool: HostPool;
  readonly origin: ScriptedOrigin;
  readonly want: (how?: { readonly fresh: boolean }) => Wanted;
};

async function withPool(options: Partial<HostPoolOptions>, run: (bench: Bench) => Promise<void>): Promise<void> {
  const origin = await ScriptedOrigin.start();
  const pool = new HostPool(origin.address, {
    maxConnections: 2,
    idleTimeoutMs: NEVER_MS,
    connectTimeoutMs: NEVER_MS,
    queueTimeoutMs: NEVER_MS,
    ...options,
  });
  const connections = new Set<Connection>();
  function want(how = { fresh: false }): Wanted {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    promise.catch(() => {});
    let calls = 0;
    const giveUp = pool.acquire(
      {
        acquired(connection) {
          calls += 1;
          assert.equal(calls, 1, 'a waiter is answered once');
          connections.add(connection);
          resolve(connection);
        },
        refused(error: SluiceError) {
          calls += 1;
          assert.equal(calls, 1, 'a waiter is answered once');
          reject(error);
        },
      },
      how,
    );
    return { connection: promise, isSettled: () => calls > 0, giveUp };
  }
  try {
    await withoutHanging(run({ pool, origin, want }));
    pool.close();
    for (const connection of connections) connection.destroy();
    assert.deepEqual([pool.openCount, pool.idleCount, pool.queuedCount], [0, 0, 0]);
    await origin.untilAllGone();
  } finally {
    await origin.close();
  }
}

test('a connection that was freed is used again', async () => {
  await withPool({}, async ({ pool, origin, want }) => {
    const first = await want().connection;
    first.free();
    assert.deepEqual([pool.openCount, pool.idleCount], [1, 1]);
    const again = want();
    assert.ok(again.isSettled(), 'at once');
    assert.equal(await again.connection, first);
    assert.deepEqual([pool.openCount, pool.idleCount], [1, 0]);
    assert.equal(origin.acceptedCount, 1);
  });
});

test('of several idle connections the most recently used is taken', async () => {
  await withPool({ maxConnections: 3 }, async ({ want }) => {
    const wanted = [want(), want(), want()];
    const [a, b, c] = await Promise.all(wanted.map(({ connection }) => connection));
    b?.free();
    c?.free();
    a?.free();
    assert.equal(await want().connection, a);
    assert.equal(await want().connection, c);
    assert.equal(await want().connection, b);
  });
});

test('there are never more connections than the bound, and who waits gets them in order', async () => {
  await withPool({}, async ({ pool, want }) => {
    const [a, b] = await Promise.all([want().connection, want().connection]);
    const waiting = [want(), want(), want()];
    assert.deepEqual([pool.openCount, pool.queuedCount], [2, 3]);
    b.free();
    assert.equal(await waiting[0]?.connection, b);
    assert.ok(!waiting[1]?.isSettled());
    a.free();
    assert.equal(await waiting[1]?.connection, a);
    assert.ok(!waiting[2]?.isSettled());
    b.destroy();
    const fresh = await waiting[2]!.connection;
    assert.ok(fresh !== a && fresh !== b, 'a lost connection makes room for a new one');
    assert.deepEqual([pool.openCount, pool.queuedCount], [2, 0]);
  });
});

test('who gives up in line is passed over', async () => {
  await withPool({ maxConnections: 1 }, async ({ pool, want }) => {
    const only = await want().connection;
    const [first, second, third] = [want(), want(), want()];
    first.giveUp();
    first.giveUp();
    assert.equal(pool.queuedCount, 2);
    only.free();
    assert.equal(await second.connection, only);
    second.giveUp();
    third.giveUp();
    only.free();
    assert.ok(!first.isSettled() && !third.isSettled());
    assert.deepEqual([pool.idleCount, pool.queuedCount], [1, 0]);
  });
});

test('who gives up while its connection is being made makes room for the next', async () => {
  await withPool({ maxConnections: 1 }, async ({ pool, want }) => {
    const [first, second] = [want(), want()];
    assert.deepEqual([pool.openCount, pool.queuedCount], [1, 1]);
    first.giveUp();
    assert.deepEqual([pool.openCount, pool.queuedCount], [1, 0]);
    await second.connection;
    second.giveUp();
    assert.ok(!first.isSettled());
    assert.equal(pool.openCount, 1, 'it is too late to give up what one has');
  });
});

test('who waits too long in line is refused, and nothing is left of the wait', async () => {
  await withPool({ maxConnections: 1, queueTimeoutMs: 5 }, async ({ pool, want }) => {
    const only = await want().connection;
    await assert.rejects(want().connection, { code: 'overloaded', retryable: true });
    assert.equal(pool.queuedCount, 0);
    only.free();
    assert.equal(await want().connection, only);
  });
});

test('a connection that cannot be made refuses its waiter, and the next in line tries for itself', async () => {
  await withPool({ maxConnections: 1 }, async ({ pool, origin, want }) => {
    await origin.close();
    const waiting = [want(), want(), want()];
    for (const { connection } of waiting) {
      await assert.rejects(connection, { code: 'origin-unreachable', retryable: true });
    }
    assert.deepEqual([pool.openCount, pool.queuedCount], [0, 0]);
  });
});

test('an idle connection is closed after its time', async () => {
  await withPool({ idleTimeoutMs: 5 }, async ({ pool, origin, want }) => {
    const connection = await want().connection;
    const peer = await origin.accepted();
    connection.free();
    await peer.gone;
    assert.deepEqual([pool.openCount, pool.idleCount], [0, 0]);
  });
});

test('an idle connection that the origin closes, or sends something on, is not used again', async () => {
  await withPool({}, async ({ pool, origin, want }) => {
    const acts: readonly ((peer: Peer) => void)[] = [
      (peer) => peer.end(),
      (peer) => peer.cut(),
      (peer) => peer.send('HTTP/1.1 408 Request Timeout\r\n\r\n'),
    ];
    for (const act of acts) {
      const connection = await want().connection;
      const peer = await origin.accepted();
      connection.free();
      act(peer);
      await untilTrue('the connection to be lost', () => pool.openCount === 0);
      assert.equal(pool.idleCount, 0);
      await peer.gone;
    }
    assert.equal(origin.acceptedCount, 3);
  });
});

test('who wants a fresh connection gets none that was idle, and may take the place of the oldest idle one', async () => {
  await withPool({}, async ({ pool, want }) => {
    const [a, b] = await Promise.all([want().connection, want().connection]);
    a.free();
    b.free();
    const fresh = await want({ fresh: true }).connection;
    assert.ok(fresh !== a && fresh !== b);
    assert.deepEqual([pool.openCount, pool.idleCount], [2, 1]);
    assert.equal(await want().connection, b);
  });
});

test('closing closes what is idle and refuses who waits, and what is in use is closed when it is freed', async () => {
  await withPool({}, async ({ pool, origin, want }) => {
    const [a, b] = await Promise.all([want().connection, want().connection]);
    a.free();
    pool.close();
    assert.deepEqual([pool.openCount, pool.idleCount], [1, 0]);
    b.free();
    assert.equal(pool.openCount, 0);
    await origin.untilAllGone();
  });
  await withPool({ maxConnections: 1 }, async ({ pool, want }) => {
    await want().connection;
    const waiting = want();
    pool.close();
    await assert.rejects(waiting.connection, { code: 'closed' });
    assert.equal(pool.queuedCount, 0);
  });
});

test('a connection that is being made when the pool closes is still its waiter’s', async () => {
  await withPool({}, async ({ pool, want }) => {
    const wanted = want();
    pool.close();
    const connection = await wanted.connection;
    connection.free();
    assert.equal(pool.openCount, 0);
  });
});
