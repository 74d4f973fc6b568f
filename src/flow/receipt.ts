// How far the bytes of one connection have come, of all that were ever written to it: what the client's machine has
// acknowledged, and where the kernel does not tell that, what our kernel has taken. Responses follow one another on a
// connection, so each waits for a point in this one count. What it was at the end of the connection stays.
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { takenBytes, writtenBytes } from '../kernel/sent-bytes.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import { beforeClose } from './hang-up.ts';
import type { Ender } from './hang-up.ts';

/**
 * How long until the next look: as long as was waited already. On a fast network the first look finds everything there,
 * or the client's next request brings the acknowledgement with it, and a machine that holds back its last one does so
 * for 40 ms (TCP_DELACK_MIN, include/net/tcp.h). Nobody waits for the answer but the books.
 */
const SOONEST_MS = 10;
const LATEST_MS = 1_000;

/** How a wait for a point of the connection ended: `late` when nothing at all came for too long. */
export type Arrival = 'arrived' | 'late' | 'ended by client' | 'ended by us';

export type Wait = {
  readonly over: Promise<Arrival>;
  /** Ends it as if we had ended the connection. */
  stop(): void;
};

export type ReceiptOptions = { readonly facts: TcpFacts | undefined; readonly clock: Clock };

const receipts = new WeakMap<Socket, Receipt>();

/** The receipt of a connection, however many requests it carries. */
export function receiptOf(socket: Socket, options: ReceiptOptions): Receipt {
  let receipt = receipts.get(socket);
  if (!receipt) {
    receipt = new Receipt(socket, options);
    receipts.set(socket, receipt);
  }
  return receipt;
}

/** Lives as long as its socket. */
export class Receipt {
  readonly by: 'acknowledged' | 'accepted';
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #ask: () => number | undefined;
  #passedBytes = 0;
  #ender: Ender | undefined;
  /** The looks of those who wait. */
  readonly #looks = new Set<() => void>();
  /** What an orderly end of the connection waits for. */
  #expected = { bytes: 0, timeoutMs: 0 };

  constructor(socket: Socket, { facts, clock }: ReceiptOptions) {
    this.#socket = socket;
    this.#clock = clock;
    const isTold = facts?.ackedBytes(socket) !== undefined && writtenBytes(socket) !== undefined;
    this.by = isTold ? 'acknowledged' : 'accepted';
    this.#ask = isTold ? () => toAckedBytes(facts, socket) : () => takenBytes(socket);
    beforeClose(socket, (ender) => {
      this.#sample();
      this.#ender ??= ender;
      this.look();
    });
    if (isTold) this.#keepUntilExpected();
  }

  /** How far they have come by now. */
  get passedBytes(): number {
    if (!this.#ender) this.#sample();
    return this.#passedBytes;
  }

  /** The point at which all that was written so far ends; `undefined` while that cannot be known. */
  get writtenBytes(): number | undefined {
    return writtenBytes(this.#socket);
  }

  /** Has everyone who waits look now: something came from the client, and an acknowledgement with it. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }

  /**
   * Waits until they have come to a point, or nothing has come for `timeoutMs`, or the connection has ended. It begins with
   * what `passedBytes` was when it was last read: who waits has looked.
   */
  until(bytes: number, timeoutMs: number): Wait {
    const clock = this.#clock;
    const { promise: over, resolve } = Promise.withResolvers<Arrival>();
    const sinceMs = clock.now();
    let seen = { bytes: this.#passedBytes, atMs: sinceMs };
    let cancel = () => {};
    const end = (arrival: Arrival) => {
      cancel();
      this.#looks.delete(look);
      resolve(arrival);
    };
    const look = () => {
      if (!this.#ender) this.#sample();
      check();
    };
    const check = () => {
      const nowMs = clock.now();
      if (this.#passedBytes > seen.bytes) seen = { bytes: this.#passedBytes, atMs: nowMs };
      const leftMs = seen.atMs + timeoutMs - nowMs;
      cancel();
      if (seen.bytes >= bytes) end('arrived');
      else if (this.#ender) end(`ended by ${this.#ender}`);
      else if (leftMs <= 0) end('late');
      else cancel = clock.after(Math.min(leftMs, toDelayMs(nowMs - sinceMs)), look);
    };
    this.#looks.add(look);
    check();
    return { over, stop: () => end('ended by us') };
  }

  /** Before the connection is ended in order, they are to come so far, unless nothing comes for `timeoutMs`. */
  expect(bytes: number, timeoutMs: number): void {
    this.#expected = { bytes, timeoutMs };
  }

  #sample(): void {
    this.#passedBytes = Math.max(this.#passedBytes, this.#ask() ?? 0);
  }

  /**
   * Node's server ends a connection in order by `destroySoon()`, and so lets go of the descriptor while the kernel still
   * sends: nobody could tell what became of that. Here the client gets its end at once, and the descriptor stays until
   * what was expected is there.
   */
  #keepUntilExpected(): void {
    const socket = this.#socket;
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      const { bytes, timeoutMs } = this.#expected;
      if (this.passedBytes >= bytes) {
        destroySoon();
        return;
      }
      socket.end();
      void this.until(bytes, timeoutMs).over.then(() => destroySoon());
    };
  }
}

/**
 * While there is no end in the kernel's queue, which counts as a byte of it, what is acknowledged is what the kernel has
 * taken and does not hold any more.
 */
function toAckedBytes(facts: TcpFacts, socket: Socket): number | undefined {
  if (socket.writableEnded || socket.destroyed) return facts.ackedBytes(socket);
  const heldBytes = facts.heldBytes(socket);
  const wireBytes = takenBytes(socket);
  return heldBytes === undefined || wireBytes === undefined ? undefined : wireBytes - heldBytes;
}

function toDelayMs(waitedMs: number): number {
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, waitedMs));
}
