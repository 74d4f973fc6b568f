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
const UNSENT_BYTES = 128 << 10;

/** The largest send buffer by Linux's default (tcp_wmem, ip-sysctl.rst): what may be there and unseen by us. */
const MAX_UNSEEN_BYTES = 4 << 20;

/** Acknowledgements come within a round trip; so often is looked for them, and after a second only now and then. */
const FIRST_LOOK_MS = 1;
const SOON_MS = 8;
const SOON_FOR_MS = 1_000;
const SELDOM_MS = 500;

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
  /** When something was last drunk by a client that somebody waits for, and how much was left then. */
  #last: { readonly atMs: number; readonly undrunkBytes: number } | undefined;

  constructor(options: ThirstOptions) {
    const { facts, socket } = options;
    this.#options = options;
    this.unseenBytes = facts?.limitUnsent(socket, UNSENT_BYTES) ? 0 : MAX_UNSEEN_BYTES;
  }

  get undrunkBytes(): number {
    return this.#options.facts?.unackedBytes(this.#options.socket) ?? 0;
  }

  /** Of `writtenBytes` in all, what it has taken; a write under way counts as far as it has come. */
  takenBytes(writtenBytes: number): number {
    const { facts, socket } = this.#options;
    const undrunkBytes = facts?.unackedBytes(socket) ?? socket.writableLength;
    return Math.max(0, writtenBytes - undrunkBytes);
  }

  get roundTripMs(): number {
    return this.#options.facts?.minRoundTripMs(this.#options.socket) ?? 0;
  }

  onceDrunk(callback: () => void): () => void {
    const { clock, stallTimeoutMs, onStall } = this.#options;
    const undrunkBytes = this.undrunkBytes;
    if (!this.#last || undrunkBytes !== this.#last.undrunkBytes) this.#last = { atMs: clock.now(), undrunkBytes };
    const { atMs } = this.#last;
    let delayMs = FIRST_LOOK_MS;
    const look = () => {
      const waitedMs = clock.now() - atMs;
      if (this.undrunkBytes < undrunkBytes || undrunkBytes === 0) {
        callback();
      } else if (waitedMs >= stallTimeoutMs) {
        onStall();
      } else {
        delayMs = waitedMs < SOON_FOR_MS ? Math.min(2 * delayMs, SOON_MS) : SELDOM_MS;
        cancel = clock.after(delayMs, look);
      }
    };
    let cancel = clock.after(delayMs, look);
    return () => cancel();
  }
}
