// Look-ups by id that are remembered: for a moment while the database answers, so that a thousand requests are one
// look-up, and for longer while it is away, so that whoever was known goes on. Guesses displace nothing but guesses.
import { LRUCache } from 'lru-cache';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SluiceError, isSluiceError } from '../errors.ts';

export type RememberedOptions = {
  /** How old an answer may be, counted from when it was asked for. */
  readonly ttlMs?: number;
  /** How old one may be that the database can no longer confirm. */
  readonly staleMs?: number;
  /** How long to wait for the database before it counts as away. */
  readonly timeoutMs?: number;
  readonly maxKnown?: number;
  readonly maxMissing?: number;
  /** Look-ups under way at once. */
  readonly maxPending?: number;
  readonly clock?: Clock;
};

const DEFAULTS = {
  // What was revoked is dead within a second.
  ttlMs: 1_000,
  // A database that is moved or restarted is back by then; what is revoked meanwhile lives on for as long.
  staleMs: 300_000,
  timeoutMs: 2_000,
  // Some 1 KiB each.
  maxKnown: 10_000,
  maxMissing: 1_000,
  maxPending: 1_000,
} as const;

/** After a failed look-up the database is left alone for so long; requests that wait for it meanwhile only pile up. */
const REST_MS = 1_000;

type Known<Value> = { readonly value: Value; readonly askedAtMs: number };

export class Remembered<Value extends object> {
  readonly #look: (id: string) => Promise<Value | undefined>;
  readonly #options: Required<Omit<RememberedOptions, 'clock'>>;
  readonly #clock: Clock;
  readonly #known: LRUCache<string, Known<Value>>;
  /** By id when it was asked for: kept apart, so that made-up ids displace nobody's. */
  readonly #missing: LRUCache<string, number>;
  readonly #pending = new Map<string, Promise<Value | undefined>>();
  #restsUntilMs = -Infinity;

  /** `look` MUST reject where it cannot find out. */
  constructor(look: (id: string) => Promise<Value | undefined>, { clock, ...options }: RememberedOptions = {}) {
    this.#look = look;
    this.#options = { ...DEFAULTS, ...options };
    this.#clock = clock ?? SYSTEM_CLOCK;
    this.#known = new LRUCache({ max: this.#options.maxKnown });
    this.#missing = new LRUCache({ max: this.#options.maxMissing });
  }

  /** Whether the id was there when it was last looked up, and that is not too long ago to go by. */
  knows(id: string): boolean {
    return this.#recall(id) !== undefined;
  }

  /** Rejects with `unavailable` when it cannot be found out, and was not known before. */
  find(id: string): Value | undefined | Promise<Value | undefined> {
    const nowMs = this.#clock.now();
    const known = this.#known.get(id);
    if (known && nowMs - known.askedAtMs < this.#options.ttlMs) return known.value;
    const missedAtMs = this.#missing.get(id);
    if (missedAtMs !== undefined && nowMs - missedAtMs < this.#options.ttlMs) return undefined;
    return this.#pending.get(id) ?? this.#ask(id, nowMs);
  }

  #ask(id: string, askedAtMs: number): Value | Promise<Value | undefined> {
    if (askedAtMs < this.#restsUntilMs) return this.#recall(id) ?? reject('it did not answer just now');
    const { maxPending } = this.#options;
    if (this.#pending.size >= maxPending) return this.#recall(id) ?? reject(`it is being asked ${maxPending} things`);
    const answer = this.#refresh(id, askedAtMs);
    this.#pending.set(id, answer);
    return answer;
  }

  async #refresh(id: string, askedAtMs: number): Promise<Value | undefined> {
    try {
      const value = await this.#lookInTime(id);
      if (value) {
        this.#known.set(id, { value, askedAtMs });
        this.#missing.delete(id);
      } else {
        this.#known.delete(id);
        this.#missing.set(id, askedAtMs);
      }
      return value;
    } catch (cause) {
      this.#restsUntilMs = this.#clock.now() + REST_MS;
      const known = this.#recall(id);
      if (known) return known;
      // A bug is no outage.
      throw isSluiceError(cause, 'misuse', 'unavailable') ? cause : toUnavailable('it failed', cause);
    } finally {
      this.#pending.delete(id);
    }
  }

  #lookInTime(id: string): Promise<Value | undefined> {
    const { timeoutMs } = this.#options;
    return new Promise((resolve, rejectWith) => {
      const giveUp = () => rejectWith(toUnavailable(`it did not answer within ${timeoutMs} ms`));
      const callOff = this.#clock.after(timeoutMs, giveUp);
      // In a promise of its own, so that what is thrown at once is a rejection, too.
      Promise.resolve(id).then(this.#look).finally(callOff).then(resolve, rejectWith);
    });
  }

  #recall(id: string): Value | undefined {
    const known = this.#known.peek(id);
    return known && this.#clock.now() - known.askedAtMs <= this.#options.staleMs ? known.value : undefined;
  }
}

function reject(why: string): Promise<never> {
  return Promise.reject(toUnavailable(why));
}

function toUnavailable(why: string, cause?: unknown): SluiceError {
  const message = `the database cannot be asked about a credential: ${why}`;
  return new SluiceError('unavailable', message, { cause, retryable: true, retryAfterMs: REST_MS });
}
