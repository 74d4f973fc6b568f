// Reads ahead of a client, over several connections to the origin, no further than the client's own drinking allows.
//
// The range is asked for in parts, in order. What has been asked for and not been drunk never exceeds the window
// (window.ts, horizon.ts), so a client that leaves has cost no more than that. A part is asked for when it fits into
// the window and memory for all of it is reserved (budget.ts); from then on it is taken in as fast as it comes
// (part.ts), whether the client drinks or not, and its connection is free again. The reader is handed the bytes of the
// first part, then those of the second. A small window is one part and a small range too, so those never use a second
// connection; a large one is cut into as many parts as it takes connections to keep up with the client (cut.ts).
//
// A client that stops drinking is let sleep after a while: the parts are closed and their memory is given back. When it
// drinks again the rest is asked for from where it stopped, as if it had just come.
import type { Clock } from '../clock.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { Body, ByteRange, Chunk } from '../source/source.ts';
import type { Account, Budget } from './budget.ts';
import { SMALLEST_SLAB_BYTES, toPartMemoryBytes, toSlabBytes } from './cut.ts';
import type { Drinker } from './drinker.ts';
import { Horizon } from './horizon.ts';
import { ParkClock } from './park-clock.ts';
import { PartQueue } from './part-queue.ts';
import { Part } from './part.ts';
import { FIRST_WINDOW_BYTES } from './window.ts';

export type ReadAheadPolicy = {
  /** The largest window. */
  readonly maxBytes: number;
  /** Over how many connections one flow may ask at once. */
  readonly maxConnections: number;
  /** How long a client may drink nothing until what was read ahead for it is given up. */
  readonly parkAfterMs: number;
  /** How long a transfer that has not begun may wait for memory. */
  readonly memoryWaitMs: number;
};

export const DEFAULT_READ_AHEAD: ReadAheadPolicy = {
  maxBytes: 64 << 20,
  maxConnections: 12,
  parkAfterMs: 5_000,
  memoryWaitMs: 5_000,
};

/** What is tried when there is no memory for a whole window. */
const SMALLER_BYTES = [64 << 10, SMALLEST_SLAB_BYTES] as const;

export type ReadAheadOptions = {
  /** Opens a part. Its bodies are this one's to close. */
  readonly open: (range: ByteRange, slabBytes: number) => Body;
  readonly range: ByteRange;
  /** The size of the parts that the object was uploaded in. */
  readonly storedPartBytes?: number | undefined;
  readonly drinker: Drinker;
  readonly budget: Budget;
  readonly policy: ReadAheadPolicy;
  /** Whether its answer has begun, so that it can no longer be refused. */
  readonly hasBegun?: boolean | undefined;
  /** An abort does what `close()` does. */
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
};

const CLOSED = new SluiceError('closed', 'the body was closed');

/** A body over many. Closing it closes them. */
export class ReadAhead implements Body {
  readonly opened: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #options: ReadAheadOptions;
  readonly #horizon: Horizon;
  readonly #account: Account;
  readonly #onAbort = (): void => this.close();
  readonly #parts = new PartQueue();
  /** Up to where was asked, handed out, and dealt with by the reader, who comes for more: positions in the object. */
  #askedTo: number;
  #handedTo: number;
  #releasedTo: number;
  #reader: PromiseWithResolvers<Chunk | undefined> | undefined;
  #over: { readonly error?: unknown } | undefined;
  #memoryWait: AbortController | undefined;
  #stopDrinkWait: (() => void) | undefined;
  readonly #parkClock: ParkClock;
  #wasBusy = 0;

  constructor(options: ReadAheadOptions) {
    const { range, policy, budget, signal, clock = SYSTEM_CLOCK } = options;
    this.#options = options;
    this.#account = budget.open();
    this.#horizon = new Horizon({ ...options, account: this.#account, clock });
    this.#parkClock = new ParkClock({
      clock,
      afterMs: policy.parkAfterMs,
      progress: () => this.#progress(),
      heldBytes: () => this.#account.heldBytes,
      onPark: () => this.#park(),
    });
    this.#askedTo = range.start;
    this.#handedTo = range.start;
    this.#releasedTo = range.start;
    this.opened = this.#opening.promise;
    this.opened.catch(() => undefined);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.close();
    else if (range.start === range.end) this.#handedAll();
    else this.#ask();
  }

  get receivedBytes(): number {
    return this.#parts.receivedBytes;
  }

  get resumedCount(): number {
    return this.#parts.resumedCount;
  }

  /** The most that may have been asked for and not been drunk at this moment. */
  get windowBytes(): number {
    return this.#horizon.windowBytes(this.#askedTo);
  }

  read(): Promise<Chunk | undefined> {
    if (this.#reader) {
      return Promise.reject(new SluiceError('misuse', 'a read is already pending: await it before the next one'));
    }
    const reader = Promise.withResolvers<Chunk | undefined>();
    this.#reader = reader;
    if (this.#over) this.#settle();
    else if (this.#handedTo === this.#options.range.end) this.#finish({});
    else {
      this.#releasedTo = this.#handedTo;
      this.#ask();
      this.#serve();
    }
    return reader.promise;
  }

  close(): void {
    this.#finish({ error: CLOSED });
  }

  /** Asks for as much as window and memory allow; if nothing is under way then, waits for what will change that. */
  #ask(): void {
    if (this.#over || this.#memoryWait) return;
    this.#endDrinkWait();
    this.#horizon.look(this.#releasedTo);
    const next = () => this.#horizon.next(this.#askedTo, this.#parts.busyCount);
    for (let end = next(); end !== undefined; end = next()) {
      if (!(this.#parts.isEmpty ? this.#askFirst(end) : this.#askMore(end))) break;
    }
    if (this.#reader && this.#parts.isEmpty && !this.#memoryWait) this.#waitForDrink();
  }

  /** Asks for what shall come next, when nothing is under way: as much of it as there is memory for. */
  #askFirst(end: number): boolean {
    const bytes = end - this.#askedTo;
    if (this.#account.takeMore(toPartMemoryBytes(bytes))) return this.#open(end);
    for (const lessBytes of [FIRST_WINDOW_BYTES, ...SMALLER_BYTES]) {
      const fewer = Math.min(bytes, lessBytes);
      if (this.#account.takeFirst(toPartMemoryBytes(fewer))) return this.#open(this.#askedTo + fewer);
    }
    void this.#askWhenThereIsMemory(this.#askedTo + Math.min(bytes, SMALLEST_SLAB_BYTES));
    return false;
  }

  #askMore(end: number): boolean {
    if (this.#account.takeMore(toPartMemoryBytes(end - this.#askedTo))) return this.#open(end);
    this.#horizon.refused();
    return false;
  }

  /** A transfer that has not begun can still be refused; one that has waits for as long as it takes. */
  async #askWhenThereIsMemory(end: number): Promise<void> {
    const bytes = end - this.#askedTo;
    const memoryBytes = toPartMemoryBytes(bytes);
    const { range, policy, hasBegun = false } = this.#options;
    const waitMs = hasBegun || this.#askedTo > range.start ? undefined : policy.memoryWaitMs;
    const wait = new AbortController();
    this.#memoryWait = wait;
    try {
      await this.#account.waitForFirst(memoryBytes, { signal: wait.signal, waitMs });
      if (this.#over) this.#account.giveBack(memoryBytes);
      else this.#open(end);
    } catch (error) {
      this.#finish({ error });
    } finally {
      this.#memoryWait = undefined;
    }
  }

  /** Opens a part for which there is memory. */
  #open(end: number): true {
    const { open, range, clock = SYSTEM_CLOCK } = this.#options;
    const part = new Part(open, {
      range: { start: this.#askedTo, end },
      slabBytes: toSlabBytes(end - this.#askedTo),
      account: this.#account,
      clock,
      onChange: this.#onChange,
    });
    if (this.#askedTo === range.start) part.body.opened.then(this.#opening.resolve, () => undefined);
    this.#parts.push(part);
    this.#wasBusy += 1;
    this.#askedTo = end;
    this.#account.wake();
    this.#horizon.asked();
    return true;
  }

  /** Bytes have come, and perhaps there is a connection to ask on. */
  readonly #onChange = (): void => {
    const { busyCount } = this.#parts;
    const isFree = busyCount < this.#wasBusy;
    this.#wasBusy = busyCount;
    if (isFree) this.#ask();
    // Last, for to ask ends the wait for a drink that this may begin.
    this.#serve();
  };

  /** Hands the reader what is here. */
  readonly #serve = (): void => {
    const { failure, front } = this.#parts;
    if (failure) return this.#finish(failure);
    if (!this.#reader || !front) return;
    if (this.#handedTo > this.#options.range.start && this.#horizon.isMouthFull) return this.#waitForDrink();
    const chunk = front.take();
    if (!chunk) return;
    if (front.isDrained) {
      this.#horizon.learn(front);
      this.#parts.retireFront();
    }
    this.#handedTo += chunk.bytes.length;
    const releasedTo = this.#handedTo;
    const reader = this.#reader;
    this.#reader = undefined;
    this.#endDrinkWait();
    reader.resolve({
      bytes: chunk.bytes,
      release: () => {
        chunk.release();
        this.#releasedTo = Math.max(this.#releasedTo, releasedTo);
      },
    });
    if (this.#handedTo === this.#options.range.end) this.#handedAll();
    else this.#parkClock.watch();
  };

  /** Nothing is left to ask for; it is over when its reader has come to the end. */
  #handedAll(): void {
    this.#opening.resolve();
    this.#parkClock.stop();
    this.#account.sleep();
  }

  #waitForDrink(): void {
    this.#stopDrinkWait ??= this.#options.drinker.onceDrunk(() => {
      this.#ask();
      this.#serve();
    });
    this.#parkClock.watch();
  }

  #endDrinkWait(): void {
    this.#stopDrinkWait?.();
    this.#stopDrinkWait = undefined;
  }

  /** How far the client is; while it waits for the origin or for memory, that is not its doing. */
  #progress(): number | undefined {
    const isWaiting = this.#reader !== undefined && this.#stopDrinkWait === undefined;
    return isWaiting ? undefined : this.#releasedTo - this.#options.drinker.undrunkBytes;
  }

  /** Gives back everything but what the client has been handed. The next read, or the next drink, asks again. */
  #park(): void {
    this.#parts.closeAll();
    this.#askedTo = this.#handedTo;
    this.#horizon.rested();
    this.#account.sleep();
  }

  #finish(over: { readonly error?: unknown }): void {
    if (this.#over) return;
    this.#over = over;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#endDrinkWait();
    this.#parkClock.stop();
    this.#memoryWait?.abort();
    this.#parts.closeAll();
    this.#account.sleep();
    if ('error' in over) this.#opening.reject(over.error);
    this.#settle();
  }

  /** Answers the reader, if there is one, with how the body was over. */
  #settle(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (this.#over && 'error' in this.#over) reader?.reject(this.#over.error);
    else reader?.resolve(undefined);
  }
}
