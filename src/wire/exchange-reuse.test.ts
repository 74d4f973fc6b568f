// Connections that are used again: in which order, what happens when a kept one has died meanwhile, and that waiting
// exchanges get the ones that come free.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import type { Peer } from './scripted-origin.test-double.ts';
import { SLAB_SIZES_BYTES } from './slab-pool.ts';
import { readAll, readWhole, untilTrue, withWire } from './wire-trial.test-double.ts';
import type { WireTrial } from './wire-trial.test-double.ts';

const [, FIRST_SLAB_BYTES] = SLAB_SIZES_BYTES;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Serves one exchange, so that a connection is idle. */
async function keepOne(wire: WireTrial): Promise<Peer> {
  const { exchange, peer } = await wire.reach();
  peer.send(OK);
  assert.equal((await readWhole(exchange)).toString(), 'ok');
  assert.equal(wire.client.idleConnections, 1);
  return peer;
}

for (const [transport, options] of [
  ['TCP', {}],
  ['TLS', { secret: createSelfSigned() }],
] as const) {
  describe(`a kept connection (${transport})`, () => {
    for (const [how, leave] of [
      ['ends', (peer: Peer) => peer.end()],
      ['breaks off', (peer: Peer) => peer.cut()],
    ] as const) {
      test(`that ${how} before it answers is replaced, once, by a fresh one`, async () => {
        await withWire(options, async (wire) => {
          const kept = await keepOne(wire);
          const exchange = wire.send();
          const reading = readWhole(exchange);
          await kept.request();
          leave(kept);
          const fresh = await wire.origin.accepted();
          assert.equal(await fresh.request(), 'GET / HTTP/1.1\r\nhost: origin');
          fresh.send(OK);
          assert.equal((await reading).toString(), 'ok');
          await wire.assertReusable(fresh);
        });
      });

      test(`that ${how} is replaced only once`, async () => {
        await withWire(options, async (wire) => {
          const kept = await keepOne(wire);
          const exchange = wire.send();
          await kept.request();
          leave(kept);
          const fresh = await wire.origin.accepted();
          await fresh.request();
          leave(fresh);
          await assert.rejects(exchange.head, { code: 'origin-unreachable', retryable: true });
          assert.equal(wire.origin.acceptedCount, 2);
        });
      });
    }

    test('that ends is not replaced by another that was idle as long, and may be as dead', async () => {
      await withWire(options, async (wire) => {
        const both = [await wire.reach(), await wire.reach()];
        for (const { exchange, peer } of both) {
          peer.send(OK);
          await readWhole(exchange);
        }
        assert.equal(wire.client.idleConnections, 2);
        const exchange = wire.send();
        await both[1]!.peer.request();
        both[1]!.peer.end();
        const fresh = await wire.origin.accepted();
        await fresh.request();
        fresh.send(OK);
        assert.equal((await readWhole(exchange)).toString(), 'ok');
      });
    });

    test('that ends after a byte of its answer is not replaced', async () => {
      await withWire(options, async (wire) => {
        for (const beginning of ['H', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 200 OK\r\n']) {
          const kept = await keepOne(wire);
          const { acceptedCount } = wire.origin;
          const exchange = wire.send();
          await kept.request();
          kept.send(beginning);
          kept.end();
          await assert.rejects(exchange.head, { code: 'origin-unreachable', retryable: true });
          assert.equal(wire.origin.acceptedCount, acceptedCount);
        }
      });
    });

    test('that has just been made and ends before it answers is not replaced', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.end();
        await assert.rejects(exchange.head, { code: 'origin-unreachable', retryable: true });
        await assert.rejects(exchange.read(), { code: 'origin-unreachable' });
        assert.equal(wire.origin.acceptedCount, 1);
      });
    });

    test('cannot be replaced when the origin is gone', async () => {
      await withWire(options, async (wire) => {
        const kept = await keepOne(wire);
        const exchange = wire.send();
        await kept.request();
        await wire.origin.close();
        await assert.rejects(exchange.head, { code: 'origin-unreachable', retryable: true });
        assert.equal(wire.client.openConnections, 0);
      });
    });

    test('that is being replaced can be closed', async () => {
      await withWire(options, async (wire) => {
        const kept = await keepOne(wire);
        const exchange = wire.send();
        await kept.request();
        kept.end();
        await untilTrue('the kept connection to be lost', () => wire.client.idleConnections === 0);
        exchange.close();
        await assert.rejects(exchange.head, { code: 'closed' });
        await untilTrue('every connection to be closed', () => wire.client.openConnections === 0);
      });
    });

    test('whose response came to its end in the same read as a surplus is not kept', async () => {
      await withWire(options, async (wire) => {
        const kept = await keepOne(wire);
        const exchange = wire.send();
        await kept.request();
        kept.send(OK, OK);
        assert.equal((await readWhole(exchange)).toString(), 'ok');
        await kept.gone;
      });
    });

    for (const [buffer, length] of [
      // With a head of 41 bytes, 4 KiB.
      ['the connection’s own buffer', 4_055],
      ['a slab', FIRST_SLAB_BYTES],
    ] as const) {
      test(`whose response fills ${buffer}, and has a surplus, is not kept for who waits`, async () => {
        await withWire({ ...options, maxConnections: 1 }, async (wire) => {
          const { exchange, peer } = await wire.reach();
          const waiting = wire.send('GET', '/waiting');
          const body = 'x'.repeat(length);
          const surplus = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong';
          peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`, body, surplus);
          const fresh = await wire.origin.accepted();
          assert.match(await fresh.request(), /^GET \/waiting /);
          fresh.send(OK);
          assert.equal((await readWhole(exchange)).toString(), body);
          assert.equal((await readWhole(waiting)).toString(), 'ok');
        });
      });
    }

    test('goes to the exchanges that wait, in order, as soon as a response has come', async () => {
      await withWire({ ...options, maxConnections: 1 }, async (wire) => {
        const { exchange, peer } = await wire.reach();
        const waiting = ['/1', '/2', '/3', '/4'].map((target) => wire.send('GET', target));
        waiting[2]?.close();
        peer.send(OK);
        // The first response is not even read yet.
        for (const target of ['/1', '/2', '/4']) {
          assert.match(await peer.request(), new RegExp(`^GET ${target} `));
          peer.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n${target}\r\n0\r\n\r\n`);
        }
        assert.equal((await readWhole(exchange)).toString(), 'ok');
        for (const [index, body] of ['/1', '/2', undefined, '/4'].entries()) {
          const { bytes, failure } = await readAll(waiting[index]!);
          if (body === undefined) assert.equal(failure?.code, 'closed');
          else assert.equal(bytes.toString(), body);
        }
        assert.equal(wire.origin.acceptedCount, 1);
      });
    });
  });
}

test('a plain body that is to end with its connection is cut short by a reset', async () => {
  await withWire({}, async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send('HTTP/1.1 200 OK\r\n\r\nfirst');
    const first = await exchange.read();
    assert.equal(first?.bytes.toString(), 'first');
    first.release();
    peer.cut();
    await assert.rejects(exchange.read(), { code: 'truncated', retryable: true });
  });
});

test('a client takes no exchange after it was closed, and finishes those it has', async () => {
  await withWire({}, async (wire) => {
    const { exchange, peer } = await wire.reach();
    wire.client.close();
    assert.throws(() => wire.send(), { code: 'misuse' });
    peer.send(OK);
    assert.equal((await readWhole(exchange)).toString(), 'ok');
    assert.equal(wire.client.openConnections, 0);
    await peer.gone;
  });
});

test('a client keeps the connections of each origin apart', async () => {
  await withWire({}, async (wire) => {
    await withWire({}, async (other) => {
      await keepOne(wire);
      const exchange = wire.client.exchange(other.origin.address, {
        method: 'GET',
        head: 'GET /other HTTP/1.1\r\n\r\n',
      });
      const peer = await other.origin.accepted();
      assert.equal(await peer.request(), 'GET /other HTTP/1.1');
      assert.deepEqual([wire.client.openConnections, wire.client.idleConnections], [2, 1]);
      exchange.close();
      await peer.gone;
    });
  });
});
