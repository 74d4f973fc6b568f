// A peer that leaves, in every way and at every moment: the meter knows at once who, how, and what it cost.
// Nothing here waits for a clock: each test awaits the meter's own word.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';

import type { FaultRule } from './fault-rules.ts';
import type { RequestReading } from './meter.ts';
import { startOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { ask, closed, connectTo, received } from './test-client.ts';

const MIB = 1 << 20;

/** What the kernels of both ends may hold of a body that nobody reads, and one slab: several MiB by Linux's defaults. */
const MOST_IN_BUFFERS = 16 * MIB;

let origin: Origin;

before(async () => {
  origin = await startOrigin({
    credentials: undefined,
    buckets: {
      lab: {
        objects: [
          { key: 'big', size: 2 ** 40 },
          { key: 'small', size: 1000 },
        ],
      },
    },
  });
});

afterEach(async () => {
  await origin.meter.until(({ connections }) => (connections.open === 0 ? true : undefined));
  origin.setFaults([]);
  origin.meter.reset();
});

after(() => origin.close());

async function begin(rules: readonly FaultRule[] = []): Promise<Socket> {
  origin.setFaults(rules);
  const socket = await connectTo(origin.url);
  socket.write('GET /lab/big HTTP/1.1\r\nHost: x\r\n\r\n');
  return socket;
}

function found(look: (request: RequestReading) => boolean): Promise<RequestReading> {
  return origin.meter.until(({ requests }) => requests.find(look));
}

const ended = (): Promise<RequestReading> => found(({ endedAt }) => endedAt !== undefined);

describe('a peer that leaves', () => {
  it('in the middle of a body it reads, by a reset', async () => {
    const socket = await begin();
    await once(socket, 'data');
    socket.resetAndDestroy();
    const { closedBy, closedWith, complete, bytesLeft, bodyBytes } = await ended();
    assert.deepEqual([closedBy, closedWith, complete, bodyBytes], ['peer', 'rst', false, 2 ** 40]);
    assert.ok(bytesLeft < MOST_IN_BUFFERS * 4);
  });

  it('after the first bytes of a body it has stopped reading', async () => {
    const socket = await begin();
    await once(socket, 'readable');
    socket.destroy();
    const { closedBy, bytesLeft } = await ended();
    assert.equal(closedBy, 'peer');
    assert.ok(bytesLeft < MOST_IN_BUFFERS, `${bytesLeft}`);
  });

  it('only for writing, by a FIN', async () => {
    const socket = await begin([{ fault: { stallAfterBytes: 100_000 } }]);
    socket.resume();
    await found(({ bytesLeft }) => bytesLeft === 100_000);
    socket.end();
    const { closedBy, closedWith } = await ended();
    assert.deepEqual([closedBy, closedWith], ['peer', 'fin']);
  });

  for (const how of ['fin', 'rst'] as const) {
    it(`while the origin has gone silent in the middle, by a ${how}`, async () => {
      const socket = await begin([{ fault: { stallAfterBytes: 100_000 } }]);
      // With bytes unread, the kernel would make a reset of any close.
      await Promise.all([found(({ bytesLeft }) => bytesLeft === 100_000), received(socket, 100_200)]);
      if (how === 'fin') socket.destroy();
      else socket.resetAndDestroy();
      const { closedBy, closedWith, bytesLeft, bytesInWrite } = await ended();
      assert.deepEqual([closedBy, closedWith, bytesLeft, bytesInWrite], ['peer', how, 100_000, 0]);
    });

    it(`before the origin has answered, by a ${how}`, async () => {
      for (const fault of [{ neverAnswer: true }, { headDelayMs: 1_000_000 }] as const) {
        const socket = await begin([{ fault }]);
        await found(({ endedAt }) => endedAt === undefined);
        if (how === 'fin') socket.destroy();
        else socket.resetAndDestroy();
        const { status, closedBy, closedWith, bytesLeft } = await ended();
        assert.deepEqual([status, closedBy, closedWith, bytesLeft], [undefined, 'peer', how, 0]);
        await origin.meter.until(({ connections }) => (connections.open === 0 ? true : undefined));
        origin.meter.reset();
      }
    });
  }

  it('while a slow body waits for its pace', async () => {
    const socket = await begin([{ fault: { rateBytesPerSecond: 1 } }]);
    await found(({ headAt }) => headAt !== undefined);
    socket.resetAndDestroy();
    assert.equal((await ended()).closedBy, 'peer');
  });

  it('in the same breath as it asks', async () => {
    const socket = await begin();
    socket.end();
    const { closedBy, complete } = await ended();
    assert.deepEqual([closedBy, complete], ['peer', false]);
  });

  it('two hundred times, and leaves nothing behind', async () => {
    for (let round = 0; round < 10; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => begin()));
      await Promise.all(sockets.map((socket) => once(socket, 'readable')));
      for (const socket of sockets) socket.destroy();
    }
    const { totals } = await origin.meter.until((meter) => (meter.totals.closedByPeer === 200 ? meter : undefined));
    assert.deepEqual([totals.requests, totals.complete, totals.closedByOrigin], [200, 0, 0]);
    assert.ok(totals.bytesLeft < 200 * MOST_IN_BUFFERS);
  });
});

describe('a peer that stays', () => {
  it('is not taken for one that left, when its requests share a connection', async () => {
    const socket = await connectTo(origin.url);
    const request = 'GET /lab/small HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.resume();
    for (let count = 1; count <= 3; count += 1) {
      socket.write(request);
      await origin.meter.until(({ totals }) => (totals.complete === count ? true : undefined));
    }
    socket.end();
    await closed(socket);
    const { requests, connections } = origin.meter.read();
    assert.deepEqual(
      requests.map(({ complete, closedBy, bytesLeft }) => ({ complete, closedBy, bytesLeft })),
      Array.from({ length: 3 }, () => ({ complete: true, closedBy: null, bytesLeft: 1000 })),
    );
    assert.equal(new Set(requests.map(({ connection }) => connection)).size, 1);
    assert.equal(connections.total, 1);
  });

  it('is cut off when the origin closes, by the origin', async () => {
    const other = await startOrigin({
      credentials: undefined,
      buckets: { lab: { objects: [{ key: 'big', size: 2 ** 40 }] } },
    });
    const socket = await connectTo(other.url);
    socket.write('GET /lab/big HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    socket.resume();
    await Promise.all([closed(socket), other.close()]);
    assert.equal(other.meter.read().requests[0]?.closedBy, 'origin');
    assert.equal(other.openConnections(), 0);
    await assert.rejects(ask({ url: other.url, path: '/lab/big' }), { code: 'ECONNREFUSED' });
  });
});
