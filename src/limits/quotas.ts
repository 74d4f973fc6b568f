// What each principal may have: what an admin gave them, else the default. Answers are remembered for a second; those
// that are asked for often are renewed before that is over, so that nobody waits for them, and while the database is away
// they are good for longer.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import { toUnavailable } from './away.ts';
import type { Quota } from './limits.ts';
import type { QuotaStore } from './quota-store.ts';

/** What an admin changes holds within a second. */
const FRESH_MS = 1_000;

/** An answer that is used again when it is so old is renewed meanwhile. */
const RENEW_AFTER_MS = 500;

/** How long a transfer waits for an answer when there is an old one: a database that answers does so sooner. */
const PATIENCE_MS = 500;

/** A database's fail-over or restart is over by then. */
const DEFAULT_KEEP_MS = 600_000;

/** Some 200 bytes each. */
const MAX_ENTRIES = 10_000;

export type QuotasOptions = {
  readonly store: Pick<QuotaStore, 'find'>;
  /** Of principals to whom nobody gave one. Default: nothing is limited. */
  readonly principal?: Quota | undefined;
  /** How old an answer may be that is used because the database is away. Default: ten minutes. */
  readonly keepMs?: number | undefined;
  readonly clock?: Clock | undefined;
};

export interface Quotas {
  /** Rejects with `unavailable` when it is not known and cannot be found out. */
  of(principal: string): Quota | Promise<Quota>;
}

type Answer = { readonly quota: Quota; readonly askedAtMs: number };

export function createQuotas(options: QuotasOptions): Quotas {
  return new CachedQuotas(options);
}

class CachedQuotas implements Quotas {
  readonly #store: Pick<QuotaStore, 'find'>;
  readonly #default: Quota;
  readonly #keepMs: number;
  readonly #clock: Clock;
  readonly #answers = new LRUCache<string, Answer>({ max: MAX_ENTRIES });
  readonly #asking = new Map<string, Promise<Quota>>();
  /** Whether the database failed the last time. */
  #isAway = false;

  constructor({ store, principal = {}, keepMs = DEFAULT_KEEP_MS, clock = SYSTEM_CLOCK }: QuotasOptions) {
    this.#store = store;
    this.#default = principal;
    this.#keepMs = keepMs;
    this.#clock = clock;
  }

  of(principal: string): Quota | Promise<Quota> {
    const answer = this.#answers.get(principal);
    if (!answer) return this.#ask(principal);
    const ageMs = this.#clock.now() - answer.askedAtMs;
    if (ageMs <= RENEW_AFTER_MS) return answer.quota;
    const renewal = this.#ask(principal);
    if (ageMs > this.#keepMs) return renewal;
    if (ageMs > FRESH_MS && !this.#isAway) return this.#unlessLate(renewal, answer.quota);
    // Whoever comes after it has aged too much learns of its failure.
    renewal.catch(() => undefined);
    return answer.quota;
  }

  #ask(principal: string): Promise<Quota> {
    const asking = this.#asking.get(principal) ?? this.#find(principal);
    this.#asking.set(principal, asking);
    return asking;
  }

  async #find(principal: string): Promise<Quota> {
    const askedAtMs = this.#clock.now();
    try {
      const quota = (await this.#store.find(principal)) ?? this.#default;
      this.#answers.set(principal, { quota, askedAtMs });
      this.#isAway = false;
      return quota;
    } catch (cause) {
      this.#isAway = true;
      throw toUnavailable('a quota cannot be looked up', cause);
    } finally {
      this.#asking.delete(principal);
    }
  }

  /** What is found, or what is known when that fails or takes too long. */
  #unlessLate(renewal: Promise<Quota>, known: Quota): Promise<Quota> {
    const { promise, resolve } = Promise.withResolvers<Quota>();
    const callOff = this.#clock.after(PATIENCE_MS, () => resolve(known));
    const answer = (quota: Quota) => {
      callOff();
      resolve(quota);
    };
    renewal.then(answer, () => answer(known));
    return promise;
  }
}
