// The facts of real sockets on loopback.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { BLOCKING_BYTES, untilTrue } from '../flow/http-trial.test-double.ts';
import { loadFfi } from './load-ffi.ts';
import { describeFacts, descriptorOf, openConnection, sendQueueBytes } from './tcp-trial.test-double.ts';
import { openTcpFacts } from './tcp.ts';
import type { TcpFacts } from './tcp.ts';

/** Nothing that was written may be counted twice or not at all. An acknowledgement may come between two calls. */
function assertAccounted(facts: TcpFacts, socket: Socket, writtenBytes: number): void {
  const before = facts.ackedBytes(socket)!;
  const unacked = facts.unackedBytes(socket)!;
  const after = facts.ackedBytes(socket)!;
  const acked = writtenBytes - unacked;
  assert.ok(before <= acked && acked <= after, `${writtenBytes} written, ${unacked} open, ${before} to ${after} taken`);
}

describeFacts('the facts of a TCP socket', (facts) => {
  it('account for every byte written, in whichever queue it is', async (t) => {
    const { ours } = await openConnection(t);
    assert.deepEqual([facts.unackedBytes(ours), facts.ackedBytes(ours)], [0, 0]);
    ours.cork();
    ours.write('é: two bytes in UTF-8', 'utf8');
    ours.write(Buffer.alloc(100_000));
    assertAccounted(facts, ours, 100_022);
    ours.uncork();
    assertAccounted(facts, ours, 100_022);
    for (let writtenBytes = 100_022; writtenBytes < BLOCKING_BYTES; writtenBytes += 4 << 20) {
      assertAccounted(facts, ours, writtenBytes);
      ours.write(new Uint8Array(4 << 20));
    }
    await untilTrue('the peer is full', () => sendQueueBytes(ours) > 0 && ours.writableLength > 0);
    assertAccounted(facts, ours, ours.bytesWritten);
  });

  it('are what the kernel says elsewhere, too', async (t) => {
    const { ours } = await openConnection(t);
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    const inKernel = () => facts.unackedBytes(ours)! - handleQueueBytes(ours);
    await untilTrue('the same figure', () => inKernel() > 0 && inKernel() === sendQueueBytes(ours));
  });

  it('fall to nothing when the peer has read everything, and hold all the way', async (t) => {
    const { ours, peer } = await openConnection(t);
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    let readBytes = 0;
    peer.on('data', (bytes: Buffer) => {
      readBytes += bytes.length;
      assertAccounted(facts, ours, BLOCKING_BYTES);
    });
    peer.resume();
    await untilTrue('the last byte', () => readBytes === BLOCKING_BYTES && facts.unackedBytes(ours) === 0);
    assert.equal(facts.ackedBytes(ours), BLOCKING_BYTES);
  });

  it('count the end of a connection, and on the side that called its beginning, as a byte', async (t) => {
    const { ours, peer } = await openConnection(t);
    assert.deepEqual([facts.ackedBytes(ours), facts.ackedBytes(peer)], [0, 1]);
    ours.end('four');
    await untilTrue('the end', () => facts.ackedBytes(ours) === 5);
    assert.equal(facts.unackedBytes(ours), 0);
  });

  it('give the smallest round trip, which is shorter than the connection is old', async (t) => {
    const start = performance.now();
    const { ours, peer } = await openConnection(t);
    for (const socket of [ours, peer]) {
      const roundTripMs = facts.minRoundTripMs(socket)!;
      assert.ok(roundTripMs > 0 && roundTripMs <= performance.now() - start, `a round trip of ${roundTripMs} ms`);
    }
  });
});

describeFacts('a limit to what is unsent', (facts) => {
  it('holds down what the kernel keeps for a peer that does not read, and loses nothing', async (t) => {
    const LIMIT_BYTES = 16 << 10;
    /** With the one packet beyond it that the kernel may take. */
    const AT_REST_BYTES = LIMIT_BYTES + (64 << 10);
    const [limited, unlimited] = [await openConnection(t), await openConnection(t)];
    assert.equal(facts.limitUnsent(limited.ours, LIMIT_BYTES), true);
    for (const { ours } of [limited, unlimited]) ours.write(Buffer.alloc(BLOCKING_BYTES));
    await untilTrue(
      'the peers are full',
      () => sendQueueBytes(limited.ours) <= AT_REST_BYTES && sendQueueBytes(unlimited.ours) > 2 * AT_REST_BYTES,
    );
    assertAccounted(facts, limited.ours, BLOCKING_BYTES);
    limited.peer.resume();
    await untilTrue('everything read', () => limited.peer.bytesRead === BLOCKING_BYTES);
  });

  for (const bytes of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
    it(`cannot be ${bytes}`, async (t) => {
      const { ours } = await openConnection(t);
      assert.throws(() => facts.limitUnsent(ours, bytes), { code: 'misuse' });
    });
  }
});

describeFacts('a socket of which nothing can be told', () => {
  /** What was asked of the kernel, by descriptor. */
  const asked: number[] = [];
  const watched = openTcpFacts({
    platform: process.platform,
    arch: process.arch,
    loadFfi: () => loadWatchedFfi(asked),
  });
  assert.ok('facts' in watched);
  const { facts } = watched;

  const assertUntold = (socket: Socket) => {
    asked.length = 0;
    const numbers = [facts.unackedBytes(socket), facts.ackedBytes(socket), facts.minRoundTripMs(socket)];
    assert.deepEqual(numbers, [undefined, undefined, undefined]);
    assert.equal(facts.limitUnsent(socket, 1), false);
    assert.deepEqual(asked, [], 'the kernel should not be asked');
  };

  it('is one that is closed, though another has its descriptor now', async (t) => {
    const { ours } = await openConnection(t);
    const descriptor = descriptorOf(ours);
    asked.length = 0;
    facts.ackedBytes(ours);
    assert.deepEqual(asked, [descriptor], 'an open one should be asked');
    ours.write(Buffer.alloc(BLOCKING_BYTES));
    ours.destroy();
    assertUntold(ours);
    await once(ours, 'close');
    for (let heir: number | undefined; heir !== descriptor;) {
      const next = await openConnection(t);
      heir = [next.ours, next.peer].map(descriptorOf).find((each) => each === descriptor);
    }
    assertUntold(ours);
  });

  it('is one whose peer has reset it', async (t) => {
    const { ours, peer } = await openConnection(t);
    ours.on('error', () => {});
    ours.resume();
    peer.resetAndDestroy();
    await untilTrue('the reset', () => ours.closed);
    assertUntold(ours);
  });

  it('is one that is not connected yet', async (t) => {
    const socket = new Socket();
    t.after(() => socket.destroy());
    assertUntold(socket);
    // Nobody listens there: it is about to be refused.
    socket.on('error', () => {}).connect({ host: '127.0.0.1', port: 1 });
    assertUntold(socket);
  });

  it('is a Unix socket', async (t) => {
    const { ours, peer } = await openConnection(t, { path: join(tmpdir(), `sluice-tcp-${process.pid}.sock`) });
    ours.write('x');
    for (const socket of [ours, peer]) assertUntold(socket);
  });
});

/** What Node and libuv hold of what was written. */
function handleQueueBytes(socket: Socket): number {
  const { _handle } = socket as Socket & { readonly _handle: { bytesWritten: number; writeQueueSize: number } };
  return socket.bytesWritten - _handle.bytesWritten + _handle.writeQueueSize;
}

/** `node:ffi`, with a note of each descriptor that a call is made on. */
function loadWatchedFfi(asked: number[]): ReturnType<typeof loadFfi> {
  const ffi = loadFfi()!;
  const dlopen = ((path: string | null, signatures: Parameters<typeof ffi.dlopen>[1]) => {
    const { functions } = ffi.dlopen(path, signatures);
    const watched = Object.entries(functions).map(([name, call]) => [
      name,
      (descriptor: number, ...rest: unknown[]): unknown => {
        asked.push(descriptor);
        return Reflect.apply(call, undefined, [descriptor, ...rest]);
      },
    ]);
    return { functions: Object.fromEntries(watched) };
  }) as unknown as typeof ffi.dlopen;
  return { ...ffi, dlopen };
}
