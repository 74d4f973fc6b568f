// Bytes a day, of all principals who have such a quota: who may begin, and what is given back.
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { Pace } from '../flow/pace.ts';
import { toUnavailable } from './away.ts';
import { DayAccount } from './day-account.ts';
import type { DayAccountOptions } from './day-account.ts';
import { removeDays, returnBytes } from './day-book.ts';
import type { Return } from './day-book.ts';
import { Errand } from './errand.ts';
import type { Standing } from './limits.ts';
import { DAY_MS, toUtcDay } from './utc-day.ts';

/** How long a principal's block is kept without a transfer: the next one often comes at once. */
export const LINGER_MS = 1_000;

/** Days are kept for so long to be looked at. */
const KEPT_DAYS = 31;

export type DayQuotasOptions = DayAccountOptions & {
  /** Told once each time the database is away. */
  readonly report: (error: SluiceError) => void;
};

/** Whoever has it calls `end()`, once. */
export type DayTicket = { readonly standing: Standing; readonly take: Pace['take']; end(): void };

/** Whoever made it calls `close()`. */
export class DayQuotas {
  readonly #options: DayQuotasOptions;
  readonly #clock: Clock;
  readonly #errand: Errand;
  readonly #accounts = new Map<string, DayAccount>();
  /** Accounts without a transfer, and since when. */
  readonly #idle = new Map<string, number>();
  #returns: Return[] = [];
  #sweptDay = '';
  #isAway = false;

  constructor(options: DayQuotasOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#errand = new Errand(options.clock, () => this.#tidy());
  }

  /** A ticket, or where the principal stands who has none left. Rejects with `unavailable` and `closed`. */
  begin(
    principal: string,
    { quotaBytes, signal }: { readonly quotaBytes: number; readonly signal: AbortSignal },
  ): DayTicket | Standing | Promise<DayTicket | Standing> {
    const account = this.#accounts.get(principal) ?? new DayAccount(principal, quotaBytes, this.#options);
    this.#accounts.set(principal, account);
    account.setQuota(quotaBytes);
    const end = this.#enter(principal, account);
    if (account.hasBytes || account.isUsedUp) return toAnswer(account, end);
    return this.#look(account, { end, signal });
  }

  /** Gives back what was not used, where that can be told. Whatever is taken afterwards is in no book. */
  async close(): Promise<void> {
    await this.#errand.close();
    for (const { asking } of [...this.#accounts.values()]) await asking;
    for (const account of this.#accounts.values()) this.#returns.push(...account.takeReturns({ isOver: true }));
    await this.#giveBack();
  }

  #enter(principal: string, account: DayAccount): () => void {
    account.streamCount += 1;
    this.#idle.delete(principal);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      account.streamCount -= 1;
      if (account.streamCount > 0) return;
      this.#idle.set(principal, this.#clock.now());
      if (this.#idle.size === 1) this.#errand.ask();
    };
  }

  async #look(
    account: DayAccount,
    { end, signal }: { readonly end: () => void; readonly signal: AbortSignal },
  ): Promise<DayTicket | Standing> {
    try {
      const isKnown = await account.fill();
      if (signal.aborted) throw new SluiceError('closed', 'the transfer was given up');
      if (!isKnown) throw toUnavailable('what is left of the day cannot be looked up');
      return toAnswer(account, end);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Says when it is due again. */
  async #tidy(): Promise<number> {
    const nowMs = this.#clock.now();
    let dueMs = Infinity;
    for (const [principal, sinceMs] of this.#idle) {
      const account = this.#accounts.get(principal)!;
      const isOver = nowMs >= sinceMs + LINGER_MS && !account.asking;
      if (isOver) this.#forget(principal, account);
      else dueMs = Math.min(dueMs, Math.max(nowMs, sinceMs) + LINGER_MS);
    }
    for (const account of this.#accounts.values()) this.#returns.push(...account.takeReturns({ isOver: false }));
    if (!(await this.#giveBack())) dueMs = Math.min(dueMs, nowMs + LINGER_MS);
    return dueMs;
  }

  #forget(principal: string, account: DayAccount): void {
    this.#idle.delete(principal);
    this.#accounts.delete(principal);
    this.#returns.push(...account.takeReturns({ isOver: true }));
  }

  /** What cannot be given back now is kept, and given back later. */
  async #giveBack(): Promise<boolean> {
    const { database, now, report } = this.#options;
    const returns = this.#returns;
    this.#returns = [];
    try {
      if (returns.length > 0) await returnBytes(database, returns);
      await this.#sweep(toUtcDay(now() - KEPT_DAYS * DAY_MS));
      this.#isAway = false;
      return true;
    } catch (cause) {
      this.#returns.push(...returns);
      if (!this.#isAway) report(toUnavailable('bytes of a day that were not used cannot be given back', cause));
      this.#isAway = true;
      return false;
    }
  }

  async #sweep(day: string): Promise<void> {
    if (day === this.#sweptDay) return;
    await removeDays(this.#options.database, day);
    this.#sweptDay = day;
  }
}

function toAnswer(account: DayAccount, end: () => void): DayTicket | Standing {
  const { standing } = account;
  if (account.hasBytes) return { standing, take: (bytes, options) => account.take(bytes, options), end };
  end();
  return standing;
}
