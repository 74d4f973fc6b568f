// Back-pressure: a body that nobody reads stops its origin, goes on where it stopped when somebody does, and whatever
// happens to the connection meanwhile is told in its turn.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { Exchange } from './exchange.ts';
import { SLAB_SIZES_BYTES } from './slab-pool.ts';
import { readAll, readWhole, untilTrue, withWire } from './wire-trial.test-double.ts';
import type { WireTrial } from './wire-trial.test-double.ts';

const BODY_BYTES = 32 << 20;
const BODY = patternBytes({ start: 0, end: BODY_BYTES });
const FRAMINGS = {
  length: [`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`, ''],
  chunked: [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${BODY_BYTES.toString(16)}\r\n`, '\r\n0\r\n\r\n'],
} as const;

const [, FIRST_SLAB_BYTES, SECOND_SLAB_BYTES, LARGEST_SLAB_BYTES] = SLAB_SIZES_BYTES;

/** What TLS has decrypted when it is stopped: at most what it reads at once. */
const TLS_BATCH_BYTES = 64 << 10;

/** Lets an exchange take place that needs many turns of the loop, so that another one could have gone on. */
async function passTime(wire: WireTrial): Promise<void> {
  const exchange = wire.send('GET', '/other');
  const peer = await wire.origin.accepted();
  await peer.request();
  peer.send(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${8 << 20}\r\n\r\n`, BODY.subarray(0, 8 << 20));
  await readWhole(exchange);
}

async function untilStopped(wire: WireTrial, exchange: Exchange): Promise<void> {
  await untilTrue('a full slab', () => wire.slabs.takenCount >= 2 && exchange.receivedBytes > 48 << 10);
}

for (const [transport, options, overshootBytes] of [
  ['TCP', {}, 0],
  ['TLS', { secret: createSelfSigned() }, TLS_BATCH_BYTES],
] as const) {
  describe(`an exchange over ${transport}`, () => {
    for (const [framing, [head, end]] of Object.entries(FRAMINGS)) {
      test(`of ${framing} that nobody reads holds two slabs, and is whole when it is read at last`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer } = await wire.reach();
          let isSent = false;
          const sent = peer.sent(head, BODY, end).then(() => (isSent = true));
          await untilStopped(wire, exchange);
          await passTime(wire);
          assert.ok(exchange.receivedBytes <= FIRST_SLAB_BYTES + overshootBytes, `${exchange.receivedBytes} received`);
          assert.ok(
            wire.slabs.takenBytes <= FIRST_SLAB_BYTES + SECOND_SLAB_BYTES,
            `${wire.slabs.takenBytes} bytes of slabs`,
          );
          assert.equal(isSent, false, 'the origin could not send it all');
          assert.ok(BODY.equals(await readWhole(exchange)));
          await sent;
          await wire.assertReusable(peer);
        });
      });
    }

    test('holds at most three slabs for a reader that releases each chunk before the next', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.send(FRAMINGS.length[0], BODY);
        let at = 0;
        for (let chunk = await exchange.read(); chunk; chunk = await exchange.read()) {
          // It stays long enough with each chunk for the slabs behind it to fill.
          for (let turns = 0; turns < 10; turns += 1) await nextTurn();
          assert.ok(wire.slabs.takenBytes <= 3 * LARGEST_SLAB_BYTES, `${wire.slabs.takenBytes} bytes of slabs`);
          assert.ok(chunk.bytes.equals(BODY.subarray(at, at + chunk.bytes.length)), `at ${at}`);
          at += chunk.bytes.length;
          chunk.release();
        }
        assert.equal(at, BODY_BYTES);
      });
    });

    test('that was stopped is closed like any other', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.send(FRAMINGS.length[0], BODY);
        await untilStopped(wire, exchange);
        (await exchange.read())?.release();
        await untilStopped(wire, exchange);
        exchange.close();
        await nextTurn();
        assert.equal(wire.slabs.takenCount, 0);
        await peer.gone;
      });
    });

    test('that was stopped when the origin ended the connection is whole', async () => {
      await withWire(options, async (wire) => {
        const bytes = 200 << 10;
        for (const head of ['HTTP/1.1 200 OK\r\n\r\n', `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`]) {
          const { exchange, peer } = await wire.reach();
          peer.send(head, BODY.subarray(0, bytes));
          peer.end();
          await untilTrue('a full slab', () => exchange.receivedBytes > 48 << 10);
          await passTime(wire);
          assert.ok(BODY.subarray(0, bytes).equals(await readWhole(exchange)));
        }
      });
    });

    test('that was stopped when the origin broke off gives a beginning, then the failure', async () => {
      await withWire(options, async (wire) => {
        for (const head of ['HTTP/1.1 200 OK\r\n\r\n', FRAMINGS.length[0]]) {
          // TLS does not tell a break from an end, so that a body without a length of its own seems whole.
          if (transport === 'TLS' && head !== FRAMINGS.length[0]) continue;
          const { exchange, peer } = await wire.reach();
          peer.send(head, BODY);
          await untilStopped(wire, exchange);
          peer.cut();
          await passTime(wire);
          const { bytes, failure } = await readAll(exchange);
          assert.equal(failure?.code, 'truncated');
          assert.ok(bytes.length < BODY_BYTES && bytes.equals(BODY.subarray(0, bytes.length)));
        }
      });
    });
  });
}
