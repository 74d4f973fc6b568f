// What exchanges are made with: by whoever owns the client, for all of them, and by whoever asks, for one.
import type { SlabPool } from './slab-pool.ts';

export type ExchangeOptions = {
  readonly slabs: SlabPool;
  /** From sending the request to the whole head. */
  readonly headTimeoutMs: number;
  /** The longest silence of the origin in the middle of a body, counted only while a reader waits. */
  readonly stallTimeoutMs: number;
};

export type ExchangeWishes = {
  /** A connection that has carried nothing before. */
  readonly fresh?: boolean | undefined;
  /** The largest slab to receive into. Default: they grow with what the reader takes. */
  readonly slabBytes?: number | undefined;
};
