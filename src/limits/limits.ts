// The contract of limits: how many transfers a principal may have at once, how fast they may go, and how much a day may
// bring. The gateway asks when a transfer begins, and its flow for each piece.
import type { Pace } from '../flow/pace.ts';

/** What a principal may have; what is absent is not limited. */
export type Quota = {
  /** Transfers at once. */
  readonly transfers?: number | undefined;
  /** Bytes a second, of all their transfers together. */
  readonly bytesPerSecond?: number | undefined;
  /** Bytes from midnight to midnight UTC. */
  readonly bytesPerDay?: number | undefined;
};

/** What all principals together may have; what is absent is not limited. */
export type WholeQuota = Pick<Quota, 'transfers' | 'bytesPerSecond'>;

/** Where a principal stands with one of their limits: the fields RateLimit and RateLimit-Policy say it to the client. */
export type Standing = {
  readonly limit: 'transfers' | 'bytes-per-day';
  readonly quota: number;
  readonly left: number;
  /** Until there may be more. */
  readonly resetMs: number;
};

/** Whoever has it calls `end()` once, whatever becomes of the transfer. */
export type Permit = {
  readonly kind: 'permit';
  /** Absent where nothing limits how fast it may go, or how much. */
  readonly pace: Pace | undefined;
  /** For the answer's fields; empty where nothing is limited. */
  readonly standings: readonly Standing[];
  end(): void;
};

export type Refusal = { readonly kind: 'refusal'; readonly standing: Standing };

export interface Limits {
  /**
   * Asks for one more transfer. Rejects with `unavailable` where it cannot be found out, with `overloaded` where all
   * principals together are at their limit, with `closed` when `signal` is aborted.
   */
  begin(principal: string, options: { readonly signal: AbortSignal }): Permit | Refusal | Promise<Permit | Refusal>;
}
