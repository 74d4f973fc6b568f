// How many bodies may be asked for again: a small share of all, a few at once, and none while the origin is busy. A slow
// origin must not get slower by being asked twice.
import type { HedgePolicy } from './hedge-policy.ts';

export type AllowancePolicy = Pick<HedgePolicy, 'share' | 'savedRequests' | 'busyPauseMs'>;

export class HedgeAllowance {
  readonly #policy: AllowancePolicy;
  #requests = 0;
  #busyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(policy: AllowancePolicy) {
    this.#policy = policy;
  }

  /** A body was opened that somebody wanted. */
  earn(): void {
    this.#requests = Math.min(this.#policy.savedRequests, this.#requests + this.#policy.share);
  }

  /** The origin has asked us to slow down, perhaps for so long. */
  rest(nowMs: number, retryAfterMs = 0): void {
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs + Math.max(this.#policy.busyPauseMs, retryAfterMs));
  }

  /** Whether one request more may be made; it is counted as made. */
  spend(nowMs: number): boolean {
    if (nowMs < this.#busyUntilMs || this.#requests < 1) return false;
    this.#requests -= 1;
    return true;
  }
}
