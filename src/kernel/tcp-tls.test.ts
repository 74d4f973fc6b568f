// The facts of a TLS connection: those of the TCP connection under it, and what waits above that.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { it } from 'node:test';
import { connect } from 'node:tls';
import { BLOCKING_BYTES, untilTrue } from '../flow/http-trial.test-double.ts';
import { describeFacts, openTls, sendQueueBytes } from './tcp-trial.test-double.ts';

describeFacts('the facts of a TLS socket', (facts) => {
  /** Whether every byte that was written is counted, if not once then twice. */
  const assertCovered = (socket: Socket, plainBytes: number) => {
    const acked = facts.ackedBytes(socket)!;
    assert.ok(facts.unackedBytes(socket)! + acked >= plainBytes, 'a byte is neither open nor acknowledged');
  };

  it('leave no byte out, from before it is encrypted', async (t) => {
    const { ours } = await openTls(t);
    for (let writtenBytes = 1 << 20; writtenBytes <= BLOCKING_BYTES; writtenBytes += 1 << 20) {
      ours.write(Buffer.alloc(1 << 20));
      assertCovered(ours, writtenBytes);
    }
    await untilTrue('the peer is full', () => sendQueueBytes(ours) > 0);
    assertCovered(ours, BLOCKING_BYTES);
  });

  it('fall to nothing when the peer has read everything', async (t) => {
    const { ours, peer } = await openTls(t);
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    assert.ok(facts.unackedBytes(ours)! >= BLOCKING_BYTES);
    let readBytes = 0;
    peer.on('data', (bytes: Buffer) => {
      readBytes += bytes.length;
      assertCovered(ours, BLOCKING_BYTES);
    });
    peer.resume();
    await untilTrue('the last byte', () => readBytes === BLOCKING_BYTES && facts.unackedBytes(ours) === 0);
    assert.ok(facts.ackedBytes(ours)! > BLOCKING_BYTES, 'the handshake and the records count');
    assert.ok(facts.minRoundTripMs(ours)! > 0);
  });

  it('take a limit to what is unsent', async (t) => {
    const LIMIT_BYTES = 16 << 10;
    const { ours } = await openTls(t);
    assert.equal(facts.limitUnsent(ours, LIMIT_BYTES), true);
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    await untilTrue('the peer is full', () => {
      const inKernelBytes = sendQueueBytes(ours);
      return inKernelBytes > 0 && inKernelBytes <= LIMIT_BYTES + (64 << 10);
    });
  });

  it('end with the socket', async (t) => {
    const { ours } = await openTls(t);
    ours.destroy();
    assert.deepEqual([facts.unackedBytes(ours), facts.ackedBytes(ours)], [undefined, undefined]);
    assert.equal(facts.limitUnsent(ours, 1), false);
  });

  it('are not to be had where TLS runs over something else than a socket', (t) => {
    const socket = connect({ socket: new PassThrough() });
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    assert.deepEqual([facts.unackedBytes(socket), facts.ackedBytes(socket)], [undefined, undefined]);
    assert.equal(facts.limitUnsent(socket, 1), false);
  });
});
