// One figure for the memory of all bodies in the process. Whoever wants bytes from an origin reserves the memory that
// they will fill before it asks: what was asked for always has a place to go, and a socket never waits for one.
//
// A flow that has nothing may take all that is left, and waits in line when nothing is. One that reads ahead gets no
// more than its fair share, and leaves the last eighth to those who come: so a newcomer finds something even while a
// few fast flows have the rest, and when many come each of them shrinks to the same share.
import type { Clock } from '../clock.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import { SluiceError } from '../errors.ts';

export const DEFAULT_BUDGET_BYTES = 256 << 20;

/** What nobody may read ahead into is one part of so many. */
const KEPT_FOR_FIRST = 8;

/** What a budget and its accounts write in together. */
type Books = {
  readonly totalBytes: number;
  readonly clock: Clock;
  reservedBytes: number;
  activeCount: number;
  readonly queue: Set<Claim>;
};

type Claim = { readonly bytes: number; readonly grant: () => void };

export class Budget {
  readonly #books: Books;

  constructor({ totalBytes, clock = SYSTEM_CLOCK }: { readonly totalBytes: number; readonly clock?: Clock }) {
    this.#books = { totalBytes, clock, reservedBytes: 0, activeCount: 0, queue: new Set() };
  }

  get totalBytes(): number {
    return this.#books.totalBytes;
  }

  /** Bytes reserved now, by all accounts. Never more than the total. */
  get reservedBytes(): number {
    return this.#books.reservedBytes;
  }

  /** Flows that want memory now: those that sleep do not count. */
  get activeCount(): number {
    return this.#books.activeCount;
  }

  /** Flows in line for their first bytes. */
  get waitingCount(): number {
    return this.#books.queue.size;
  }

  /** An account for one flow, which ends with `sleep()` when all that it held is given back. */
  open(): Account {
    return new Account(this.#books);
  }
}

export type WaitOptions = {
  readonly signal: AbortSignal;
  /** How long to stand in line; for ever if left out. */
  readonly waitMs?: number | undefined;
};

/** What one flow has reserved. Its owner gives all of it back, and calls `sleep()` in the end. */
export class Account {
  readonly #books: Books;
  #heldBytes = 0;
  #isActive = true;

  constructor(books: Books) {
    this.#books = books;
    books.activeCount += 1;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Flows that want memory now, this one among them. */
  get activeCount(): number {
    return this.#books.activeCount;
  }

  /** What it may have in all, to read ahead. */
  get shareBytes(): number {
    return Math.floor(toAheadBytes(this.#books) / Math.max(1, this.#books.activeCount));
  }

  /** Takes more, to read ahead. False when that would be more than its share, or eat into what newcomers need. */
  takeMore(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.shareBytes && this.#take(bytes, toAheadBytes(this.#books));
  }

  /** Takes the first bytes, without which nothing moves. False when others wait for that already, or none are left. */
  takeFirst(bytes: number): boolean {
    return this.#take(bytes, this.#books.totalBytes);
  }

  /** Waits in line for the first bytes; they are held when it resolves, whatever was aborted since. Rejects with `overloaded` when they do not come, with `closed` at an abort. */
  async waitForFirst(bytes: number, { signal, waitMs }: WaitOptions): Promise<void> {
    const { queue, clock, totalBytes } = this.#books;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const grant = () => {
      this.#heldBytes += bytes;
      resolve();
    };
    const claim: Claim = { bytes, grant };
    // Out of the line at once: what is given back later in this turn must not be granted to one who has left.
    const giveUp = (error: SluiceError) => {
      if (!queue.delete(claim)) return;
      reject(error);
      serveQueue(this.#books);
    };
    const onTimeout = () => {
      const message = `all ${totalBytes} bytes of memory for transfers were in use for ${waitMs} ms`;
      giveUp(new SluiceError('overloaded', message, { retryable: true }));
    };
    const onAbort = () => giveUp(new SluiceError('closed', 'the wait for memory was given up'));
    const stopClock = waitMs === undefined ? () => {} : clock.after(waitMs, onTimeout);
    signal.addEventListener('abort', onAbort, { once: true });
    queue.add(claim);
    if (signal.aborted) onAbort();
    else serveQueue(this.#books);
    try {
      await promise;
    } finally {
      stopClock();
      signal.removeEventListener('abort', onAbort);
    }
  }

  giveBack(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#books.reservedBytes -= bytes;
    serveQueue(this.#books);
  }

  /** Until `wake()` it counts for nobody's share. What it holds it keeps. */
  sleep(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#books.activeCount -= 1;
  }

  wake(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.#books.activeCount += 1;
  }

  #take(bytes: number, limitBytes: number): boolean {
    const books = this.#books;
    if (books.queue.size > 0 || books.reservedBytes + bytes > limitBytes) return false;
    books.reservedBytes += bytes;
    this.#heldBytes += bytes;
    return true;
  }
}

/** What may be read ahead into, by all flows together. */
function toAheadBytes({ totalBytes }: Books): number {
  return totalBytes - totalBytes / KEPT_FOR_FIRST;
}

/** First come, first served: were a small claim let past a large one, the large one might wait for ever. */
function serveQueue(books: Books): void {
  for (const claim of books.queue) {
    if (books.reservedBytes + claim.bytes > books.totalBytes) return;
    books.reservedBytes += claim.bytes;
    books.queue.delete(claim);
    claim.grant();
  }
}
