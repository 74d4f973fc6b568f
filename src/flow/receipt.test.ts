// The count of a connection: who waits for a point of it, how often the kernel is asked, and what is left at the end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PlayedConnection } from './played-connection.test-double.ts';
import type { Arrival, Wait } from './receipt.ts';

const TIMEOUT_MS = 30_000;

/** What a wait has come to. */
function watch({ over }: Wait): { arrival: Arrival | undefined } {
  const watched: { arrival: Arrival | undefined } = { arrival: undefined };
  void over.then((arrival) => (watched.arrival = arrival));
  return watched;
}

describe('Receipt', () => {
  it('counts what was acknowledged, and keeps the last count when the connection ends', () => {
    const connection = new PlayedConnection();
    const { receipt } = connection;
    connection.write(100, 30);
    connection.ackedBytes = 40;
    assert.deepEqual([receipt.by, receipt.passedBytes, receipt.writtenBytes], ['acknowledged', 40, 100]);
    connection.ackedBytes = 60;
    connection.close(new Error('reset'));
    connection.ackedBytes = 1_000;
    assert.deepEqual([receipt.passedBytes, receipt.writtenBytes], [60, undefined]);
    assert.deepEqual(connection.socket.calls, ['_destroy']);
  });

  it('counts what the kernel has taken where it does not tell', () => {
    const connection = new PlayedConnection({ isTold: false });
    const { receipt } = connection;
    connection.write(100, 30);
    assert.deepEqual([receipt.by, receipt.passedBytes], ['accepted', 70]);
    connection.socket._handle = { bytesWritten: 100, writeQueueSize: 20 };
    connection.close();
    assert.equal(receipt.passedBytes, 80);
  });

  it('takes nothing that was dropped with a failed write for taken', () => {
    const connection = new PlayedConnection({ isTold: false });
    connection.write(100, 30);
    assert.equal(connection.receipt.passedBytes, 70);
    connection.socket._handle = { bytesWritten: 100, writeQueueSize: 0 };
    connection.close(Object.assign(new Error('write EPIPE'), { syscall: 'write' }));
    assert.equal(connection.receipt.passedBytes, 70);
  });

  it('tells at once that bytes have arrived, and asks the kernel no second time for it', async () => {
    const connection = new PlayedConnection();
    connection.ackedBytes = 100;
    const { receipt, clock } = connection;
    assert.equal(receipt.passedBytes, 100);
    const { askedCount } = connection;
    assert.equal(await receipt.until(100, TIMEOUT_MS).over, 'arrived');
    assert.deepEqual([connection.askedCount - askedCount, clock.alarmCount], [0, 0]);
  });

  it('looks soon, and then as much later as it has waited', async () => {
    const connection = new PlayedConnection();
    const before = connection.askedCount;
    const wait = watch(connection.receipt.until(100, TIMEOUT_MS));
    await connection.clock.advance(79);
    assert.equal(connection.askedCount - before, 3, 'at 10, 20 and 40 ms');
    await connection.clock.advance(20_000);
    assert.ok(connection.askedCount - before < 30, `${connection.askedCount - before} looks`);
    assert.deepEqual([wait.arrival, connection.clock.alarmCount], [undefined, 1]);
  });

  it('tells each who waits when their point has come, also before their next look', async () => {
    const connection = new PlayedConnection();
    const { receipt, clock } = connection;
    const waits = [watch(receipt.until(100, TIMEOUT_MS)), watch(receipt.until(200, TIMEOUT_MS))];
    connection.ackedBytes = 150;
    receipt.look();
    await clock.advance(0);
    assert.deepEqual(waits, [{ arrival: 'arrived' }, { arrival: undefined }]);
    connection.ackedBytes = 200;
    await clock.advance(10);
    assert.deepEqual([waits[1], clock.alarmCount], [{ arrival: 'arrived' }, 0]);
  });

  it('gives up who has acknowledged nothing for too long, and nobody who goes on, however slowly', async () => {
    const connection = new PlayedConnection();
    const wait = watch(connection.receipt.until(100, TIMEOUT_MS));
    for (let count = 0; count < 10; count += 1) {
      connection.ackedBytes += 1;
      await connection.clock.advance(TIMEOUT_MS - 1_001);
    }
    assert.equal(wait.arrival, undefined);
    await connection.clock.advance(1_001 + 1_000);
    assert.deepEqual([wait.arrival, connection.clock.alarmCount], ['late', 0]);
  });

  for (const [how, end, arrival] of [
    ['is reset', (connection) => connection.close(new Error('reset')), 'ended by client'],
    [
      'is closed by its client',
      (connection) => {
        connection.socket.readableEnded = true;
        connection.close();
      },
      'ended by client',
    ],
    ['is closed by us', (connection) => connection.close(), 'ended by us'],
  ] as const satisfies readonly (readonly [string, (connection: PlayedConnection) => void, Arrival])[]) {
    it(`looks a last time when the connection ${how}, and tells who ended it`, async () => {
      const connection = new PlayedConnection();
      const waits = [
        watch(connection.receipt.until(100, TIMEOUT_MS)),
        watch(connection.receipt.until(200, TIMEOUT_MS)),
      ];
      connection.ackedBytes = 100;
      end(connection);
      await connection.clock.advance(0);
      assert.deepEqual(waits, [{ arrival: 'arrived' }, { arrival }]);
      assert.equal(await connection.receipt.until(200, TIMEOUT_MS).over, arrival, 'also to who comes later');
      assert.equal(connection.clock.alarmCount, 0);
    });
  }

  it('stops when it is told to', async () => {
    const connection = new PlayedConnection();
    const wait = connection.receipt.until(100, TIMEOUT_MS);
    wait.stop();
    assert.deepEqual([await wait.over, connection.clock.alarmCount], ['ended by us', 0]);
  });
});

describe('an orderly end of a connection', () => {
  it('comes at once when nothing is expected, or nobody can tell', () => {
    for (const isTold of [true, false]) {
      const connection = new PlayedConnection({ isTold });
      if (!isTold) connection.receipt.expect(100, TIMEOUT_MS);
      connection.socket.destroySoon();
      assert.deepEqual(connection.socket.calls, ['destroySoon']);
    }
  });

  it('tells the client at once, and lets go of the descriptor when what was expected is there, or comes no more', async () => {
    for (const ackedBytes of [100, 99]) {
      const connection = new PlayedConnection();
      connection.write(100);
      connection.receipt.expect(100, TIMEOUT_MS);
      connection.socket.destroySoon();
      assert.deepEqual(connection.socket.calls, ['end']);
      connection.ackedBytes = ackedBytes;
      await connection.clock.advance(ackedBytes === 100 ? 10 : TIMEOUT_MS + 10);
      assert.deepEqual([connection.socket.calls, connection.clock.alarmCount], [['end', 'destroySoon'], 0]);
    }
  });
});
