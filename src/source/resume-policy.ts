// How often and how patiently the rest of a body is asked for again: pure, so that every decision is a table's row.
// A body has one `Setbacks`, which counts its failures at one place.
import { isSluiceError } from '../errors.ts';
import type { SluiceError } from '../errors.ts';
import { toPauseMs } from './retry.ts';

export type ResumePolicy = {
  /** How many failures without progress end it; the last one is the reader's. */
  readonly attempts: number;
  /**
   * What is progress, in bytes. Fewer leave the count of failures as it is, so that a body is asked for at most
   * `attempts` times for each so many bytes: an origin that gives one byte a time ends it after `attempts` bytes.
   */
  readonly progressBytes: number;
  /** The upper bound of the first pause after a body that broke off; it doubles with each failure. */
  readonly breakMs: number;
  /** The same after an opening that failed: the source below has tried it again and paused by itself already. */
  readonly refusalMs: number;
  readonly maxMs: number;
  /** Before the body has opened: nothing is asked again later than this after `open()`. */
  readonly openingMs: number;
};

/**
 * A broken connection says nothing about the origin, so the first pause is short; a refusal comes after some 0.35 s of
 * an S3 source's own four attempts, and is waited out longer: five of them bridge some 5 s with at most 20 requests.
 * 64 KiB is the smallest piece that is worth a request. Whoever waits for a status is told within 5 s and the source's
 * own time-outs: what is refused quickly is asked again, a time-out is not made longer.
 */
export const DEFAULT_RESUME_POLICY: ResumePolicy = {
  attempts: 5,
  progressBytes: 64 << 10,
  breakMs: 25,
  refusalMs: 500,
  maxMs: 5_000,
  openingMs: 5_000,
};

/** A failure, and where it happened. */
export type Setback = {
  readonly error: unknown;
  /** The offset of the first byte that is missing. */
  readonly position: number;
  /** Whether it was the opening that failed, and not the body in its middle. */
  readonly isRefusal: boolean;
  /** How long `open()` is ago, while the first opening is not through. */
  readonly openingForMs: number | undefined;
  /** From 0 to below 1. */
  readonly random: number;
};

export type Reattempt = {
  readonly error: SluiceError;
  /** Counted from 1, since there was progress. */
  readonly attempt: number;
  readonly pauseMs: number;
};

export class Setbacks {
  readonly #policy: ResumePolicy;
  #count = 0;
  /** Where the first of those that are counted happened. */
  #since = 0;

  constructor(policy: ResumePolicy) {
    this.#policy = policy;
  }

  /** Counts a failure. Answers how to go on, or `undefined` when the failure is final. */
  plan({ error, position, isRefusal, openingForMs, random }: Setback): Reattempt | undefined {
    const { attempts, progressBytes, breakMs, refusalMs, maxMs, openingMs } = this.#policy;
    if (!isResumable(error)) return undefined;
    if (this.#count === 0 || position - this.#since >= progressBytes) {
      this.#count = 0;
      this.#since = position;
    }
    this.#count += 1;
    const attempt = this.#count;
    if (attempt >= attempts) return undefined;
    const pauseMs = toPauseMs({ baseMs: isRefusal ? refusalMs : breakMs, maxMs }, error, { attempt, random });
    if (openingForMs !== undefined && openingForMs + pauseMs > openingMs) return undefined;
    return { error, attempt, pauseMs };
  }
}

/** What has broken off is worth asking for whoever says so: the version is pinned, the rest is no other's. */
function isResumable(error: unknown): error is SluiceError {
  return isSluiceError(error) && (error.retryable || error.code === 'truncated' || error.code === 'stalled');
}
