// What TLS does differently: it decrypts a batch of records in one go and hands each on, whatever the reader of the
// one before has said or done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { patternBytes } from '../testing/pattern.ts';
import { SLAB_SIZES_BYTES } from './slab-pool.ts';
import { readWhole, withWire } from './wire-trial.test-double.ts';

const secret = createSelfSigned();

test('a response that becomes whole after the reading was stopped leaves a connection that reads', async () => {
  await withWire({ secret }, async (wire) => {
    // The first slab is full within four records; what follows in the same batch may end the response.
    for (let size = 48 << 10; size <= 80 << 10; size += 2 << 10) {
      const whole = patternBytes({ start: 0, end: size });
      const { exchange, peer } = await wire.reach();
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`, whole);
      await exchange.head;
      await nextTurn();
      assert.ok(whole.equals(await readWhole(exchange)));
      await wire.assertReusable(peer);
      peer.end();
      await peer.gone;
    }
  });
});

test('closing on any chunk does not let what is decrypted next into memory that is lent again', async () => {
  const body = patternBytes({ start: 0, end: 16 << 20 });
  await withWire({ secret }, async (wire) => {
    for (let chunks = 1; chunks <= 6; chunks += 1) {
      const { exchange, peer } = await wire.reach();
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, body);
      for (let read = 0; read < chunks; read += 1) (await exchange.read())?.release();
      exchange.close();
      const lent = SLAB_SIZES_BYTES.flatMap((size) => [wire.slabs.take(size), wire.slabs.take(size)]);
      for (const { buffer } of lent) buffer.fill(0xaa);
      await peer.gone;
      for (const slab of lent) {
        assert.ok(
          slab.buffer.every((byte) => byte === 0xaa),
          'lent memory has changed',
        );
        slab.release();
      }
      assert.equal(wire.slabs.takenCount, 0);
    }
  });
});
