// One principal's transfers in one process: how many there are and may be, and who stands in line for the next.
import { SluiceError } from '../errors.ts';

/** Somebody in line. */
export type Waiting = {
  readonly sinceMs: number;
  /** Whether it was said since that there are no more. */
  wasRefused: boolean;
  /** Whether it may go. */
  readonly answer: Promise<boolean>;
};

type Settle = { readonly resolve: (isIn: boolean) => void; readonly reject: (error: unknown) => void };

export class Seats {
  /** The newest word on what the principal may have, in all processes. */
  limit = 0;
  /** Transfers under way here. */
  usedCount = 0;
  /** How many of the limit were lent to this process, where others count too. */
  lentCount = 0;
  /** How many others had when it was last looked. */
  othersCount = 0;
  /** When there were last too few to lend. */
  refusedAtMs = -Infinity;
  readonly #line = new Map<Waiting, Settle>();

  get line(): ReadonlyMap<Waiting, unknown> {
    return this.#line;
  }

  /** Lent, and neither in use nor waited for. */
  get spareCount(): number {
    return Math.max(0, this.lentCount - this.usedCount - this.#line.size);
  }

  /** Waited for, and not lent. */
  get wantedCount(): number {
    return Math.max(0, this.#line.size + this.usedCount - Math.min(this.lentCount, this.limit));
  }

  get isEmpty(): boolean {
    return this.usedCount === 0 && this.lentCount === 0 && this.#line.size === 0;
  }

  join(nowMs: number): Waiting {
    const { promise: answer, ...settle } = Promise.withResolvers<boolean>();
    const waiting = { sinceMs: nowMs, wasRefused: false, answer };
    this.#line.set(waiting, settle);
    return waiting;
  }

  /** Lets those in who came first, up to so many in all. */
  admit(roomCount: number): void {
    for (const waiting of this.#line.keys()) {
      if (this.usedCount >= roomCount) return;
      this.usedCount += 1;
      this.#leave(waiting)?.resolve(true);
    }
  }

  refuse(waiting: Waiting): void {
    this.#leave(waiting)?.resolve(false);
  }

  /** There are no more now: whoever came before then has waited long enough. */
  refuseSince(beforeMs: number): void {
    for (const waiting of this.#line.keys()) {
      waiting.wasRefused = true;
      if (waiting.sinceMs <= beforeMs) this.refuse(waiting);
    }
  }

  fail(error: SluiceError, waiting: Waiting): void {
    this.#leave(waiting)?.reject(error);
  }

  failAll(error: SluiceError): void {
    for (const waiting of this.#line.keys()) this.fail(error, waiting);
  }

  giveUp(waiting: Waiting): void {
    this.fail(new SluiceError('closed', 'the wait for a transfer was given up'), waiting);
  }

  #leave(waiting: Waiting): Settle | undefined {
    const settle = this.#line.get(waiting);
    this.#line.delete(waiting);
    return settle;
  }
}
