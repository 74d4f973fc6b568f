// How far a flow may ask now, and where the next request ends: what the client has drunk (drinker.ts), the window that
// follows from it (window.ts), the flow's share of the memory (budget.ts) and the speed of the origin's connections
// (connection-speed.ts), brought together. It decides; readahead.ts does.
import type { Clock } from '../clock.ts';
import type { ByteRange } from '../source/source.ts';
import type { Account } from './budget.ts';
import { ConnectionSpeed } from './connection-speed.ts';
import { MIN_PART_BYTES, SMALLEST_SLAB_BYTES, cutPart, toConnections } from './cut.ts';
import type { Drinker } from './drinker.ts';
import { FanOut } from './fan-out.ts';
import type { Part } from './part.ts';
import { FIRST_WINDOW_BYTES, Window } from './window.ts';

/** Slabs are a page larger than what a window counts; of the smallest that is a fifth. */
const WINDOW_OF_SHARE = 4 / 5;

/**
 * A request that nearly fits into the window is made, that much smaller: a client's machine may hold back the
 * acknowledgement of the last packet for some 40 ms (Linux's delayed ACK), and nobody should wait for that.
 */
const NEARLY = 2 / 3;

/**
 * With so much unacknowledged a client that is new or slow gets nothing more. It is one slab, and some packets whose
 * acknowledgement its machine may hold back; with another slab on top that is what the kernel takes at once (thirst.ts),
 * so that no write waits and holds memory for a client that sleeps.
 */
const BITE_BYTES = 72 << 10;

/** Of what the kernel may hold unseen: what it surely takes, and what it surely cannot; in between we ask for little. */
const SURELY_LESS = 15 / 16;
const SURELY_MORE = 5 / 4;
const DOUBTFUL_BYTES = 128 << 10;

export type HorizonOptions = {
  readonly range: ByteRange;
  /** The size of the parts that the object was uploaded in. */
  readonly storedPartBytes?: number | undefined;
  readonly drinker: Drinker;
  readonly account: Account;
  readonly policy: { readonly maxBytes: number; readonly maxConnections: number };
  readonly clock: Clock;
};

/** All positions are the object's. */
export class Horizon {
  readonly #options: HorizonOptions;
  readonly #window: Window;
  readonly #connectionSpeed = new ConnectionSpeed();
  /** Up to where the client has drunk, as far as was seen. */
  #drunkTo: number;
  #isProven: boolean | undefined;
  readonly #fanOut = new FanOut();
  #windowBytes = 0;

  constructor(options: HorizonOptions) {
    this.#options = options;
    this.#window = new Window({ maxBytes: options.policy.maxBytes });
    this.#drunkTo = options.range.start;
  }

  /** The most that may have been asked for and not been drunk, when so much has been asked for. */
  windowBytes(askedTo: number): number {
    return Math.max(this.#window.bytes, askedTo - this.#drunkTo);
  }

  /**
   * With more than so much undrunk the client gets nothing: one that is new, or slow, and that may never take what its
   * kernel and ours would hold for it.
   */
  get biteBytes(): number {
    if (this.#window.bytes > FIRST_WINDOW_BYTES) return Number.POSITIVE_INFINITY;
    this.#isProven ??= this.#options.drinker.isProven;
    return this.#isProven ? Number.POSITIVE_INFINITY : BITE_BYTES;
  }

  /** Whether it should drink first. The kernel is asked only where the answer matters. */
  get isMouthFull(): boolean {
    return Number.isFinite(this.biteBytes) && this.#options.drinker.undrunkBytes > this.biteBytes;
  }

  /** Looks how far the client is. `releasedTo`: up to where it was written to. */
  look(releasedTo: number): void {
    const { range, drinker } = this.#options;
    // Where nothing was written since, nothing was drunk, and the kernel need not be asked.
    if (releasedTo > this.#drunkTo) this.#drunkTo = Math.max(this.#drunkTo, releasedTo - drinker.undrunkBytes);
    const drunkBytes = this.#drunkTo - range.start;
    if (this.#window.isDrunk(drunkBytes)) this.#stretchEnds(drunkBytes);
    this.#windowBytes = Math.min(this.#window.bytes, this.#shareBytes());
  }

  /**
   * Where the request that begins at `askedTo` ends, or `undefined` when there is none to make now.
   * `busyCount`: how many connections are in the middle of a request.
   */
  next(askedTo: number, busyCount = 0): number | undefined {
    const { range, storedPartBytes } = this.#options;
    const { connections } = this.#fanOut;
    const limit = this.#toEndOfTrust();
    if (askedTo >= limit || busyCount >= connections) return undefined;
    const cut = cutPart(askedTo, {
      windowBytes: this.#windowBytes,
      connections,
      end: range.end,
      storedPartBytes,
    });
    const end = Math.min(cut, limit);
    const nearest = Math.min(end, this.#drunkTo + this.#windowBytes);
    // One of several in a window can wait until it fits whole, so that it ends where a stored part does.
    const share = storedPartBytes !== undefined && this.#windowBytes > FIRST_WINDOW_BYTES ? 1 : NEARLY;
    return nearest - askedTo >= (end - askedTo) * share ? nearest : undefined;
  }

  /** It was asked for. */
  asked(): void {
    const { range, clock } = this.#options;
    this.#window.asked({ nowMs: clock.now(), drunkBytes: this.#drunkTo - range.start });
  }

  /** There was no memory for it. */
  refused(): void {
    this.#window.refused();
  }

  /** What was read ahead is gone. */
  rested(): void {
    this.#window.rested();
  }

  /** A part is through. */
  learn(part: Part): void {
    this.#connectionSpeed.learn(part);
  }

  #stretchEnds(drunkBytes: number): void {
    const { drinker, account, policy, clock } = this.#options;
    const roundMs = this.#connectionSpeed.firstByteMs + drinker.roundTripMs;
    this.#window.drank({ nowMs: clock.now(), drunkBytes, roundMs });
    const { bytesPerMs } = this.#window;
    const worthwhile = toConnections({
      clientBytesPerMs: bytesPerMs,
      connectionBytesPerMs: this.#connectionSpeed.bytesPerMs,
      activeCount: account.activeCount,
      maxConnections: policy.maxConnections,
    });
    const windowBytes = Math.min(this.#window.bytes, this.#shareBytes());
    const fitting = Math.max(1, Math.floor(windowBytes / MIN_PART_BYTES));
    this.#fanOut.drank(bytesPerMs, Math.min(worthwhile, fitting));
  }

  #shareBytes(): number {
    return Math.max(Math.floor(this.#options.account.shareBytes * WINDOW_OF_SHARE), SMALLEST_SLAB_BYTES);
  }

  /**
   * Where the kernel may have taken bytes for a client that takes none, no more than it can have taken is asked for, and
   * then little by little, until it must have given some on.
   */
  #toEndOfTrust(): number {
    const { range, drinker } = this.#options;
    const { unseenBytes } = drinker;
    const drunkBytes = this.#drunkTo - range.start;
    if (drunkBytes >= unseenBytes * SURELY_MORE) return range.end;
    const boldBytes = unseenBytes * SURELY_LESS;
    const to = drunkBytes < boldBytes ? range.start + boldBytes : this.#drunkTo + DOUBTFUL_BYTES;
    return Math.min(range.end, to);
  }
}
