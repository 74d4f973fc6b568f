// A connection that the test plays: it says what was written, what the kernel took of it, what the client's machine has
// acknowledged, and how it ends.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { FakeClock } from '../clock.test-double.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import { receiptOf } from './receipt.ts';
import type { Receipt } from './receipt.ts';

/** What of a socket a receipt sees. */
class PlayedSocket {
  bytesWritten = 0;
  readableEnded = false;
  errored: unknown = null;
  _handle: { bytesWritten: number; writeQueueSize: number } | undefined = { bytesWritten: 0, writeQueueSize: 0 };
  /** What was called, in that order. */
  readonly calls: string[] = [];

  end(): void {
    this.calls.push('end');
  }

  destroySoon(): void {
    this.calls.push('destroySoon');
  }

  _destroy(): void {
    this.calls.push('_destroy');
    this._handle = undefined;
  }
}

export class PlayedConnection {
  readonly clock = new FakeClock();
  readonly socket = new PlayedSocket();
  ackedBytes = 0;
  /** How often the kernel was asked. */
  askedCount = 0;
  readonly receipt: Receipt;

  constructor({ isTold = true } = {}) {
    const facts: TcpFacts = {
      ackedBytes: () => {
        this.askedCount += 1;
        return this.socket._handle && this.ackedBytes;
      },
      heldBytes: () => {
        this.askedCount += 1;
        const { _handle: handle } = this.socket;
        return handle && handle.bytesWritten - handle.writeQueueSize - this.ackedBytes;
      },
      unackedBytes: () => assert.fail('nobody needs it'),
      minRoundTripMs: () => assert.fail('nobody needs it'),
      limitUnsent: () => assert.fail('nobody needs it'),
    };
    const socket = this.socket as unknown as Socket;
    this.receipt = receiptOf(socket, { facts: isTold ? facts : undefined, clock: this.clock });
  }

  /** Bytes are handed to the socket; the kernel takes them but for `queuedBytes` of all. */
  write(bytes: number, queuedBytes = 0): void {
    this.socket.bytesWritten += bytes;
    this.socket._handle = { bytesWritten: this.socket.bytesWritten, writeQueueSize: queuedBytes };
  }

  /** As Node does it. */
  close(error?: NodeJS.ErrnoException): void {
    const socket = this.socket as unknown as Socket;
    this.socket.errored ??= error ?? null;
    socket._destroy(error ?? null, () => {});
  }
}
