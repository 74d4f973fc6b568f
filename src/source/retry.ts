// How often and how patiently a request is made again: exponential backoff with full jitter, so that many clients
// of an origin that is catching its breath do not come back in step (AWS, "Exponential Backoff And Jitter").
import { setTimeout as pause } from 'node:timers/promises';
import { SluiceError, isSluiceError } from '../errors.ts';

export type RetryPolicy = {
  /** How many times in all, the first included. */
  readonly attempts: number;
  /** The upper bound of the first pause; it doubles each time. */
  readonly baseMs: number;
  readonly maxMs: number;
};

export const DEFAULT_RETRY_POLICY: RetryPolicy = { attempts: 4, baseMs: 100, maxMs: 2_000 };

/**
 * How long to pause before attempt number `attempt + 1`, in milliseconds, or `undefined` when there is none.
 * `attempt` counts from 1; `random` is in [0, 1).
 */
export function planRetry(
  policy: RetryPolicy,
  error: unknown,
  { attempt, random }: { readonly attempt: number; readonly random: number },
): number | undefined {
  if (attempt >= policy.attempts || !isSluiceError(error) || !error.retryable) return undefined;
  return toPauseMs(policy, error, { attempt, random });
}

/** A draw from nothing to a bound that doubles with each attempt; what the origin asked for is the least. */
export function toPauseMs(
  { baseMs, maxMs }: Pick<RetryPolicy, 'baseMs' | 'maxMs'>,
  error: SluiceError,
  { attempt, random }: { readonly attempt: number; readonly random: number },
): number {
  return Math.max(random * Math.min(maxMs, baseMs * 2 ** (attempt - 1)), error.retryAfterMs ?? 0);
}

/**
 * Runs `once` until it succeeds or is not worth repeating. `signal` is asked for when there is a pause; an abort of
 * it ends the pause, and rejects with `closed`.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: () => AbortSignal,
  once: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once();
    } catch (error) {
      const pauseMs = planRetry(policy, error, { attempt, random: Math.random() });
      if (pauseMs === undefined) throw error;
      try {
        await pause(pauseMs, undefined, { signal: signal() });
      } catch (cause) {
        throw new SluiceError('closed', 'the request was given up', { cause });
      }
    }
  }
}
