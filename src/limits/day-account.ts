// What one principal may still have today, of what this gateway has entered for it in the book ahead (day-book.ts).
//
// While the database is away a gateway lends it bytes: of what was left when the book was last seen, the part that would
// be its own if all gateways did the same. These are owed, and entered when the database is back.
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { reserveBytes, toBlockBytes } from './day-book.ts';
import type { Return } from './day-book.ts';
import type { Standing } from './limits.ts';
import { nextUtcMidnight, toUtcDay } from './utc-day.ts';

/** For how long nobody looks again, who has found nothing left or no database: that may have changed by then. */
const BELIEVED_MS = 1_000;

/** How long a transfer waits for the book before it goes on without. */
const ANSWER_WITHIN_MS = 2_000;

export type DayAccountOptions = {
  readonly database: Kysely<Schema>;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many gateways live, this one among them. */
  readonly gatewayCount: () => number;
};

export class DayAccount {
  /** Transfers under way, and those that are about to begin. */
  streamCount = 0;
  readonly #principal: string;
  readonly #options: DayAccountOptions;
  #quotaBytes: number;
  #day: string;
  #endsAt: number;
  /** Entered, or lent, and not delivered yet. */
  #blockBytes = 0;
  /** Delivered, and not entered; less than nothing is what is to be taken off. */
  #owedBytes = 0;
  #lendableBytes = 0;
  /** For all gateways, when the book was last seen. */
  #leftBytes = 0;
  #seenAtMs = -Infinity;
  /** Whether the book failed to answer, or did so too late. */
  #isAway = false;
  #failedAtMs = -Infinity;
  #asking: Promise<boolean> | undefined;
  #returns: Return[] = [];

  constructor(principal: string, quotaBytes: number, options: DayAccountOptions) {
    const now = options.now();
    this.#principal = principal;
    this.#options = options;
    this.#quotaBytes = quotaBytes;
    this.#day = toUtcDay(now);
    this.#endsAt = nextUtcMidnight(now);
  }

  get standing(): Standing {
    this.#turnDay();
    const left = this.#blockBytes + this.#leftBytes;
    const resetMs = this.#endsAt - this.#options.now();
    return { limit: 'bytes-per-day', quota: this.#quotaBytes, left, resetMs };
  }

  /** While the book is being asked; never rejects. */
  get asking(): Promise<boolean> | undefined {
    return this.#asking;
  }

  /** Whether there are bytes at hand. */
  get hasBytes(): boolean {
    this.#turnDay();
    return this.#blockBytes > 0;
  }

  /** Whether the day has no more, as was seen just now. */
  get isUsedUp(): boolean {
    this.#turnDay();
    if (this.#quotaBytes === 0) return true;
    const isBelieved = this.#options.clock.now() - this.#seenAtMs < BELIEVED_MS;
    return isBelieved && this.#leftBytes === 0 && this.#blockBytes === 0;
  }

  /** What was entered ahead under another one does not count. */
  setQuota(quotaBytes: number): void {
    if (quotaBytes === this.#quotaBytes) return;
    this.#quotaBytes = quotaBytes;
    // With the next look it is taken off the book.
    this.#owedBytes -= this.#blockBytes;
    this.#forget();
  }

  /** How many of `bytes` may be delivered; a promise where the book must be asked. Rejects with `limited` and `closed`. */
  take(bytes: number, { signal }: { readonly signal: AbortSignal }): number | Promise<number> {
    return this.#takeNow(bytes) || this.#takeLater(bytes, signal);
  }

  /** Asks the book for bytes, or lends some. Whether the day is known, with bytes or without. */
  async fill(): Promise<boolean> {
    this.#askBook();
    if (!this.#isAway && (await this.#untilSeen())) return true;
    if (this.hasBytes || this.#lend()) return true;
    // Nothing is left to do but to wait for it.
    return this.#asking !== undefined && this.#untilSeen();
  }

  /** What is to be given back: of days that are over, and of this one when `isOver` says that nobody needs it. */
  takeReturns({ isOver }: { readonly isOver: boolean }): readonly Return[] {
    this.#turnDay();
    if (isOver) this.#close();
    return this.#returns.splice(0);
  }

  #takeNow(bytes: number): number {
    if (!this.hasBytes) return 0;
    const taken = Math.min(bytes, this.#blockBytes);
    this.#blockBytes -= taken;
    const isLow = this.#blockBytes < toBlockBytes(this.#leftBytes) / 2;
    if (isLow && this.#leftBytes > 0) this.#askBook();
    return taken;
  }

  async #takeLater(bytes: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      const taken = this.#takeNow(bytes);
      if (taken > 0) return taken;
      if (this.isUsedUp) throw new SluiceError('limited', `the ${this.#quotaBytes} bytes of ${this.#day} are used up`);
      const isKnown = await this.fill();
      if (signal.aborted) throw new SluiceError('closed', 'the wait for bytes of the day was given up');
      if (!isKnown) throw new SluiceError('limited', 'what is left of the day cannot be looked up any more');
    }
  }

  #askBook(): void {
    const isTooSoon = this.#isAway && this.#options.clock.now() - this.#failedAtMs < BELIEVED_MS;
    if (!isTooSoon) this.#asking ??= this.#ask();
  }

  /** Whether the book answers in time. */
  async #untilSeen(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onLate = () => {
      this.#isAway = true;
      resolve(false);
    };
    const callOff = this.#options.clock.after(ANSWER_WITHIN_MS, onLate);
    void this.#asking?.then(resolve);
    const isSeen = await promise;
    callOff();
    return isSeen;
  }

  /** Whether the book has answered. Never rejects. */
  async #ask(): Promise<boolean> {
    this.#turnDay();
    const principal = this.#principal;
    const day = this.#day;
    const quotaBytes = this.#quotaBytes;
    const owedBytes = this.#owedBytes;
    this.#owedBytes = 0;
    try {
      const asked = { principal, day, quotaBytes, owedBytes, heldBytes: this.#blockBytes };
      const { bytes, leftBytes } = await reserveBytes(this.#options.database, asked);
      this.#isAway = false;
      if (this.#isStill(day, quotaBytes)) this.#enter(bytes, leftBytes);
      else this.#returns.push({ principal, day, bytes });
      return true;
    } catch {
      this.#isAway = true;
      this.#failedAtMs = this.#options.clock.now();
      if (this.#day === day) this.#owedBytes += owedBytes;
      else this.#returns.push({ principal, day, bytes: -owedBytes });
      return false;
    } finally {
      this.#asking = undefined;
    }
  }

  #enter(bytes: number, leftBytes: number): void {
    // What was lent while the book took its time is paid from what came.
    const paidBytes = Math.min(bytes, Math.max(0, this.#owedBytes));
    this.#owedBytes -= paidBytes;
    this.#blockBytes += bytes - paidBytes;
    this.#leftBytes = Math.max(0, leftBytes - this.#owedBytes);
    this.#lendableBytes = this.#toLendable();
    this.#seenAtMs = this.#options.clock.now();
  }

  /** An equal part of what is left, when every other gateway has taken another block. */
  #toLendable(): number {
    const count = this.#options.gatewayCount();
    const others = (count - 1) * toBlockBytes(this.#leftBytes);
    return Math.max(0, Math.floor((this.#leftBytes - others) / count));
  }

  #isStill(day: string, quotaBytes: number): boolean {
    return this.#day === day && this.#quotaBytes === quotaBytes;
  }

  #lend(): boolean {
    const bytes = toBlockBytes(this.#lendableBytes);
    this.#lendableBytes -= bytes;
    this.#leftBytes -= bytes;
    this.#owedBytes += bytes;
    this.#blockBytes += bytes;
    return bytes > 0;
  }

  /** At midnight everybody has their quota again. */
  #turnDay(): void {
    const now = this.#options.now();
    if (now < this.#endsAt) return;
    this.#close();
    this.#day = toUtcDay(now);
    this.#endsAt = nextUtcMidnight(now);
    this.#leftBytes = this.#quotaBytes;
    this.#lendableBytes = this.#toLendable();
  }

  /** Gives back what was entered ahead, less what is owed. */
  #close(): void {
    const bytes = this.#blockBytes - this.#owedBytes;
    if (bytes !== 0) this.#returns.push({ principal: this.#principal, day: this.#day, bytes });
    this.#owedBytes = 0;
    this.#forget();
  }

  #forget(): void {
    this.#blockBytes = 0;
    this.#leftBytes = 0;
    this.#lendableBytes = 0;
    this.#seenAtMs = -Infinity;
  }
}
