// How much of what was written to a client it has truly drunk: by the kernel's word what its machine has acknowledged,
// and without that what our kernel has taken for it. Of an acknowledgement no event tells, so whoever waits for one has
// the kernel asked again and again: soon while it may come at any moment, seldom when the client seems to have stopped.
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import type { Drinker } from './drinker.ts';

/**
 * What the kernel may hold unsent. Without a mark it takes up to 4 MiB for a client that reads nothing; at this one a
 * client over a long way still finds enough to send whenever its window opens.
 */
const UNSENT_BYTES = 160 << 10;

/** More than the largest window that a client's machine offers before its program reads (tcp_rmem, ip-sysctl.rst). */
const PROVEN_BYTES = 1 << 20;

/** The largest send buffer by Linux's default (tcp_wmem, ip-sysctl.rst): what may be there and unseen by us. */
const MAX_UNSEEN_BYTES = 4 << 20;

/**
 * How long until the next look: a share of what was waited already, so that what is seen is seen little later than it
 * came, and so that ten thousand clients who have stopped cost a few looks each.
 */
const LOOK_SHARE = 1 / 4;
const SOONEST_MS = 1;
const LATEST_MS = 1_000;

export type ThirstOptions = {
  readonly socket: Socket;
  readonly facts: TcpFacts | undefined;
  readonly clock: Clock;
  /** How long a client may acknowledge nothing while somebody waits for it. */
  readonly stallTimeoutMs: number;
  readonly onStall: () => void;
};

/** Nothing of it is left when whoever called `onceDrunk` has called it off. */
export class Thirst implements Drinker {
  readonly unseenBytes: number;
  readonly #options: ThirstOptions;

  constructor(options: ThirstOptions) {
    const { facts, socket } = options;
    this.#options = options;
    this.unseenBytes = facts && limitUnsent(facts, socket) ? 0 : MAX_UNSEEN_BYTES;
  }

  get undrunkBytes(): number {
    return this.#options.facts?.unackedBytes(this.#options.socket) ?? 0;
  }

  /** Of `writtenBytes` in all, what it has taken. Where the kernel does not tell, a write counts when all of it has left. */
  takenBytes(writtenBytes: number): number {
    const { facts, socket } = this.#options;
    const undrunkBytes = facts?.unackedBytes(socket) ?? socket.writableLength;
    return Math.max(0, writtenBytes - undrunkBytes);
  }

  get isProven(): boolean {
    return (this.#options.facts?.ackedBytes(this.#options.socket) ?? 0) >= PROVEN_BYTES;
  }

  get roundTripMs(): number {
    return this.#options.facts?.minRoundTripMs(this.#options.socket) ?? 0;
  }

  onceDrunk(callback: () => void): () => void {
    const { clock, stallTimeoutMs, onStall } = this.#options;
    const undrunkBytes = this.undrunkBytes;
    const sinceMs = clock.now();
    const look = () => {
      const waitedMs = clock.now() - sinceMs;
      if (this.undrunkBytes < undrunkBytes || undrunkBytes === 0) {
        callback();
      } else if (waitedMs >= stallTimeoutMs) {
        onStall();
      } else {
        cancel = clock.after(toDelayMs(waitedMs), look);
      }
    };
    let cancel = clock.after(SOONEST_MS, look);
    return () => cancel();
  }
}

/** Once for a connection, however many requests it carries. */
const limited = new WeakSet<Socket>();

function limitUnsent(facts: TcpFacts, socket: Socket): boolean {
  if (limited.has(socket)) return true;
  const isLimited = facts.limitUnsent(socket, UNSENT_BYTES);
  if (isLimited) limited.add(socket);
  return isLimited;
}

function toDelayMs(waitedMs: number): number {
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, waitedMs * LOOK_SHARE));
}
