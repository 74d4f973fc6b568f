// What of a response's content counts as delivered, on a connection that the test plays.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { settle } from '../clock.test-double.ts';
import { Delivery } from './delivery.ts';
import { PlayedConnection } from './played-connection.test-double.ts';

const TIMEOUT_MS = 30_000;
const HEAD_BYTES = 250;

/** A response whose head has left; `write` writes of its content. */
function begin(connection = new PlayedConnection()) {
  const delivery = new Delivery(connection.receipt);
  connection.write(HEAD_BYTES);
  const write = (bytes: number, queuedBytes?: number) => {
    connection.write(bytes, queuedBytes);
    return delivery.wrote(bytes);
  };
  return { connection, delivery, write };
}

describe('Delivery', () => {
  it('counts content that was acknowledged, in the middle of a write too, and no head', () => {
    const { connection, delivery, write } = begin();
    assert.deepEqual(delivery.delivered, { bytes: 0, by: 'acknowledged' });
    delivery.taken(write(1_000));
    for (const [ackedBytes, bytes] of [
      [0, 0],
      [HEAD_BYTES, 0],
      [HEAD_BYTES + 1, 1],
      [HEAD_BYTES + 1_000, 1_000],
    ] as const) {
      connection.ackedBytes = ackedBytes;
      assert.equal(delivery.delivered.bytes, bytes);
    }
    write(1_000, 900);
    connection.ackedBytes += 50;
    assert.equal(delivery.delivered.bytes, 1_050);
  });

  it('counts content that our kernel has taken where it does not tell', () => {
    const { connection, delivery, write } = begin(new PlayedConnection({ isTold: false }));
    const written = write(1_000, 400);
    assert.deepEqual(delivery.delivered, { bytes: 600, by: 'accepted' });
    delivery.taken(written);
    assert.equal(delivery.delivered.bytes, 1_000);
    write(500, 500);
    connection.close();
    assert.equal(delivery.delivered.bytes, 1_000);
  });

  it('counts whole writes where it is not known how far one has come', () => {
    for (const isTold of [true, false]) {
      const { connection, delivery } = begin(new PlayedConnection({ isTold }));
      const { socket } = connection;
      connection.ackedBytes = HEAD_BYTES + 700;
      connection.write(1_000);
      const handle = socket._handle;
      socket._handle = undefined;
      const written = delivery.wrote(1_000);
      assert.equal(delivery.delivered.bytes, 0);
      socket._handle = handle;
      delivery.taken(written);
      assert.equal(delivery.delivered.bytes, isTold ? 700 : 1_000);
    }
  });

  it('asks nobody when all that was written has arrived', async () => {
    const { connection, delivery, write } = begin();
    delivery.taken(write(1_000));
    connection.ackedBytes = HEAD_BYTES + 1_000;
    assert.equal(delivery.delivered.bytes, 1_000);
    const { askedCount } = connection;
    assert.equal(await delivery.arrived(TIMEOUT_MS), true);
    assert.deepEqual(delivery.delivered, { bytes: 1_000, by: 'acknowledged' });
    assert.equal(connection.askedCount, askedCount);
  });

  it('asks the kernel at once where nobody has since the last write, and then when the client is heard of', async () => {
    for (const hasLooked of [true, false]) {
      const { connection, delivery, write } = begin();
      delivery.taken(write(1_000));
      const { askedCount } = connection;
      if (hasLooked) assert.equal(delivery.delivered.bytes, 0);
      const arrived = delivery.arrived(TIMEOUT_MS);
      assert.equal(connection.askedCount - askedCount, 1);
      connection.ackedBytes = HEAD_BYTES + 1_000;
      connection.receipt.look();
      assert.equal(await arrived, true);
      assert.equal(delivery.delivered.bytes, 1_000);
      assert.deepEqual([connection.askedCount - askedCount, connection.clock.alarmCount], [2, 0]);
    }
  });

  it('has arrived when it is empty', async () => {
    const { connection, delivery } = begin();
    connection.close(new Error('reset'));
    assert.equal(await delivery.arrived(TIMEOUT_MS), true);
  });

  it('keeps to its own bytes when the next response follows', async () => {
    const { connection, delivery, write } = begin();
    delivery.taken(write(1_000));
    const next = begin(connection);
    next.delivery.taken(next.write(500));
    const arrived = delivery.arrived(TIMEOUT_MS);
    connection.ackedBytes = HEAD_BYTES + 1_000 + HEAD_BYTES + 20;
    await connection.clock.advance(10);
    assert.equal(await arrived, true);
    assert.deepEqual([delivery.delivered.bytes, next.delivery.delivered.bytes], [1_000, 20]);
    connection.close(new Error('reset'));
    assert.equal(await next.delivery.arrived(TIMEOUT_MS), false);
    assert.deepEqual(next.delivery.delivered, { bytes: 20, by: 'acknowledged' });
  });

  it('is said to be accepted when we have ended the connection, or wait no longer', async () => {
    for (const end of ['close', 'stop'] as const) {
      const { connection, delivery, write } = begin();
      delivery.taken(write(1_000));
      connection.ackedBytes = HEAD_BYTES + 10;
      const arrived = delivery.arrived(TIMEOUT_MS);
      assert.deepEqual(delivery.delivered, { bytes: 10, by: 'acknowledged' });
      if (end === 'close') connection.close();
      else delivery.stopWaiting();
      assert.equal(await arrived, true);
      assert.deepEqual(delivery.delivered, { bytes: 1_000, by: 'accepted' });
      assert.equal(connection.clock.alarmCount, 0);
    }
  });

  it('has not arrived when nothing came for too long', async () => {
    const { connection, delivery, write } = begin();
    delivery.taken(write(1_000));
    const arrived = delivery.arrived(TIMEOUT_MS);
    await connection.clock.advance(TIMEOUT_MS);
    assert.equal(await arrived, false);
    assert.deepEqual(delivery.delivered, { bytes: 0, by: 'acknowledged' });
  });

  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom('write', 'acknowledge', 'take', 'respond', 'close'),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.nat(5_000),
    }),
    { maxLength: 40 },
  );

  it('never becomes less, and is never more than was written or has truly passed, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (steps, isTold) => {
        const connection = new PlayedConnection({ isTold });
        const responses = [{ ...begin(connection), start: HEAD_BYTES, seenBytes: 0 }];
        let isOpen = true;
        for (const { kind, share, bytes } of steps) {
          if (!isOpen) break;
          const { socket } = connection;
          const current = responses.at(-1)!;
          const queuedBytes = socket._handle!.writeQueueSize;
          if (kind === 'write') current.write(bytes, queuedBytes + bytes);
          if (kind === 'take') socket._handle!.writeQueueSize = Math.floor(queuedBytes * share);
          if (kind === 'acknowledge') {
            const openBytes = socket.bytesWritten - socket._handle!.writeQueueSize - connection.ackedBytes;
            connection.ackedBytes += Math.floor(openBytes * share);
          }
          if (kind === 'respond' && queuedBytes === 0) {
            current.delivery.taken(current.delivery.writtenBytes);
            responses.push({ ...begin(connection), start: socket.bytesWritten, seenBytes: 0 });
          }
          const passedBytes = isTold
            ? connection.ackedBytes
            : socket._handle!.bytesWritten - socket._handle!.writeQueueSize;
          if (kind === 'close') {
            connection.close();
            isOpen = false;
          }
          for (const response of responses) {
            const { delivered, writtenBytes } = response.delivery;
            const truth = Math.min(writtenBytes, Math.max(0, passedBytes - response.start));
            assert.equal(delivered.bytes, truth);
            assert.ok(delivered.bytes >= response.seenBytes);
            response.seenBytes = delivered.bytes;
          }
        }
        await settle();
        assert.equal(connection.clock.alarmCount, 0);
      }),
    );
  });
});
