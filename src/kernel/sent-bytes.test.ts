// What Node and libuv tell of real sockets, held against what the kernel tells, and where they tell nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { BLOCKING_BYTES, GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { takenBytes, writtenBytes } from './sent-bytes.ts';
import { describeFacts, openConnection, openTls, sendQueueBytes } from './tcp-trial.test-double.ts';

describe('what was written to a socket and what the kernel took of it', GUARDED, () => {
  it('begin with the connection, and are one when all has left', async (t) => {
    const { ours, peer } = await openConnection(t);
    assert.deepEqual([writtenBytes(ours), takenBytes(ours)], [0, 0]);
    ours.cork();
    ours.write('é: two bytes in UTF-8', 'utf8');
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    assert.deepEqual([writtenBytes(ours), takenBytes(ours)], [BLOCKING_BYTES + 22, 0]);
    ours.uncork();
    await untilTrue('the peer is full', () => takenBytes(ours)! > 0 && ours.writableLength > 0);
    assert.ok(takenBytes(ours)! < BLOCKING_BYTES && writtenBytes(ours) === BLOCKING_BYTES + 22);
    peer.resume();
    await untilTrue('all has left', () => ours.writableLength === 0);
    assert.deepEqual([writtenBytes(ours), takenBytes(ours)], [BLOCKING_BYTES + 22, BLOCKING_BYTES + 22]);
  });

  it('are not told of a socket that is closed or not one, nor what was taken when a write has failed', async (t) => {
    const { ours, peer } = await openConnection(t);
    ours.on('error', () => {});
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    const failed = new Promise<number | undefined>((resolve) => {
      ours.write('x', () => resolve(takenBytes(ours)));
    });
    peer.resetAndDestroy();
    assert.equal(await failed, undefined);
    ours.destroy();
    const overStream = connect({ socket: new PassThrough() }).on('error', () => {});
    t.after(() => overStream.destroy());
    for (const socket of [ours, new Socket(), overStream, new PassThrough() as unknown as Socket]) {
      assert.deepEqual([writtenBytes(socket), takenBytes(socket)], [undefined, undefined]);
    }
  });
});

describeFacts('the counts of a socket', (facts) => {
  it('begin where the kernel begins to count what was acknowledged', async (t) => {
    const { ours, peer } = await openConnection(t);
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    await untilTrue('the peer is full', () => ours.writableLength > 0 && sendQueueBytes(ours) > 0);
    await untilTrue('the same figure', () => takenBytes(ours)! - sendQueueBytes(ours) === facts.ackedBytes(ours));
    peer.resume();
    await untilTrue('the last byte', () => facts.ackedBytes(ours) === writtenBytes(ours));
  });

  it('begin there over TLS too, in encrypted bytes, and say nothing while some are not encrypted', async (t) => {
    const { ours, peer } = await openTls(t);
    await untilTrue('the handshake', () => facts.ackedBytes(ours) === writtenBytes(ours));
    assert.ok(takenBytes(ours)! > 0);
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    assert.equal(writtenBytes(ours), undefined);
    await untilTrue('the peer is full', () => sendQueueBytes(ours) > 0);
    assert.ok(takenBytes(ours)! < BLOCKING_BYTES);
    peer.resume();
    await once(ours, 'drain');
    assert.ok(writtenBytes(ours)! > BLOCKING_BYTES);
    await untilTrue('the last byte', () => facts.ackedBytes(ours) === writtenBytes(ours));
  });

  it('are still told by the kernel of a connection that was reset, until its descriptor is closed', async (t) => {
    const { ours, peer } = await openConnection(t);
    const last = Promise.withResolvers<readonly (number | undefined)[]>();
    const destroy = ours._destroy.bind(ours);
    ours._destroy = (error, callback) => {
      last.resolve([facts.ackedBytes(ours), facts.unackedBytes(ours)]);
      destroy(error, callback);
    };
    ours.on('error', () => {}).resume();
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    await untilTrue('the peer is full', () => ours.writableLength > 0 && facts.ackedBytes(ours)! > 0);
    const before = facts.ackedBytes(ours)!;
    peer.resetAndDestroy();
    const [ackedBytes, unackedBytes] = await last.promise;
    assert.ok(ackedBytes! >= before);
    assert.equal(ackedBytes! + unackedBytes!, BLOCKING_BYTES);
    assert.equal(facts.ackedBytes(ours), undefined);
  });
});
