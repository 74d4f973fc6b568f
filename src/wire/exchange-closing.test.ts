// Closing an exchange, at each of its stages: it returns at once, the origin's socket is closed, every slab is back,
// and the connection lives on only where the whole response was here already.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { Exchange } from './exchange.ts';
import type { Peer } from './scripted-origin.test-double.ts';
import { SLAB_SIZES_BYTES } from './slab-pool.ts';
import { readWhole, untilTrue, withWire } from './wire-trial.test-double.ts';
import type { WireTrial } from './wire-trial.test-double.ts';

const LARGE_BYTES = 8 << 20;
const LARGE = patternBytes({ start: 0, end: LARGE_BYTES });
const LARGE_HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`;

type Reached = {
  readonly exchange: Exchange;
  readonly peer: Peer;
  /** What was pending, and must reject with `closed`. */
  readonly pending: readonly Promise<unknown>[];
  /** Gives back what the reader holds. */
  readonly release?: () => void;
};

/** Each moment at which the response is not whole yet, and how a test gets there. */
const STAGES: Readonly<Record<string, (wire: WireTrial) => Promise<Reached>>> = {
  'before the origin answers': async (wire) => {
    const { exchange, peer } = await wire.reach();
    return { exchange, peer, pending: [exchange.head] };
  },
  'before the origin answers, during a read': async (wire) => {
    const { exchange, peer } = await wire.reach();
    return { exchange, peer, pending: [exchange.head, exchange.read()] };
  },
  'in the middle of the head': async (wire) => {
    const { exchange, peer } = await wire.reach();
    await peer.sent(LARGE_HEAD.slice(0, 20));
    await nextTurn();
    return { exchange, peer, pending: [exchange.head, exchange.read()] };
  },
  'after the head': async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send(LARGE_HEAD);
    await exchange.head;
    return { exchange, peer, pending: [] };
  },
  'in the middle of the body, during a read': async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send(LARGE_HEAD, LARGE.subarray(0, 100));
    const chunk = await exchange.read();
    return { exchange, peer, pending: [exchange.read()], release: () => chunk?.release() };
  },
  'between two reads, with the chunk of the first': async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send(LARGE_HEAD, LARGE);
    const chunk = await exchange.read();
    return { exchange, peer, pending: [], release: () => chunk?.release() };
  },
  'while two slabs wait for a reader': async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send(LARGE_HEAD, LARGE);
    await untilTrue('a second slab to be taken', () => wire.slabs.takenCount >= 2);
    return { exchange, peer, pending: [] };
  },
  'in the middle of a chunk': async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc');
    await untilTrue('the bytes to come', () => exchange.receivedBytes === 3);
    return { exchange, peer, pending: [exchange.read()] };
  },
  'in a body that ends with its connection': async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send('HTTP/1.1 200 OK\r\n\r\nabc');
    await untilTrue('the bytes to come', () => exchange.receivedBytes === 3);
    return { exchange, peer, pending: [] };
  },
};

for (const [transport, options] of [
  ['TCP', {}],
  ['TLS', { secret: createSelfSigned() }],
] as const) {
  describe(`closing over ${transport}`, () => {
    for (const [stage, reach] of Object.entries(STAGES)) {
      test(`${stage} lets go of everything`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer, pending, release } = await reach(wire);
          const received = exchange.receivedBytes;
          exchange.close();
          assert.equal(wire.client.openConnections, 0);
          for (const promise of pending) await assert.rejects(promise, { code: 'closed' });
          await assert.rejects(exchange.read(), { code: 'closed' });
          await nextTurn();
          assert.equal(wire.slabs.takenCount, release ? 1 : 0, 'only what the reader holds');
          release?.();
          assert.equal(wire.slabs.takenCount, 0);
          exchange.close();
          await peer.gone;
          assert.equal(exchange.receivedBytes, received, 'nothing came after the close');
          await assert.rejects(exchange.read(), { code: 'closed' });
        });
      });
    }

    test('in line for a connection leaves the line', async () => {
      await withWire({ ...options, maxConnections: 1 }, async (wire) => {
        const { exchange, peer } = await wire.reach();
        const waiting = wire.send();
        const reading = waiting.read();
        waiting.close();
        await assert.rejects(waiting.head, { code: 'closed' });
        await assert.rejects(reading, { code: 'closed' });
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        assert.equal((await readWhole(exchange)).toString(), 'ok');
        await wire.assertReusable(peer);
      });
    });

    for (const [what, response] of [
      ['its length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
      ['its last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ] as const) {
      test(`an unread response that has come to ${what} keeps the connection`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer } = await wire.reach();
          peer.send(response);
          await untilTrue('the response to be whole', () => wire.client.idleConnections === 1);
          exchange.close();
          assert.equal(wire.slabs.takenCount, 0);
          await assert.rejects(exchange.read(), { code: 'closed' });
          assert.equal((await exchange.head).status, 200);
          await wire.assertReusable(peer);
        });
      });
    }

    test('after the end changes nothing', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
        assert.equal((await readWhole(exchange)).toString(), 'hello');
        exchange.close();
        exchange.close();
        await wire.assertReusable(peer);
      });
    });

    test('after a failure lets go of what nobody read, and the failure stays', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.send(LARGE_HEAD, LARGE.subarray(0, 1_000));
        peer.end();
        await untilTrue('the failure', () => wire.client.openConnections === 0);
        assert.equal(wire.slabs.takenCount, 1);
        exchange.close();
        assert.equal(wire.slabs.takenCount, 0);
        await assert.rejects(exchange.read(), { code: 'truncated' });
      });
    });

    test('as soon as the head is known does not let the origin write into memory that is lent again', async () => {
      await withWire(options, async (wire) => {
        for (const length of [100, 5_000, 15_000, 60_000]) {
          const { exchange, peer } = await wire.reach();
          peer.send(LARGE_HEAD, LARGE.subarray(0, length));
          await exchange.head;
          // The bytes after the head are in the same read, or about to be read.
          exchange.close();
          const lent = SLAB_SIZES_BYTES.map((size) => wire.slabs.take(size));
          for (const { buffer } of lent) buffer.fill(0xaa);
          await peer.gone;
          for (const slab of lent) {
            assert.ok(
              slab.buffer.every((byte) => byte === 0xaa),
              'lent memory has changed',
            );
            slab.release();
          }
        }
      });
    });
  });
}
