// When a body counts as slow, and how often it may be asked for again because of it. Every figure is of one origin.

export type HedgePolicy = {
  /** The share of peers, from 0 to 1, that a body must be slower than. */
  readonly quantile: number;
  /** It must also take so many times what the middle one of its peers takes. */
  readonly medianTimes: number;
  /** And its reader must have waited so long, in milliseconds. */
  readonly floorMs: number;
  /** Nothing is slow before so many peers are known. */
  readonly minSamples: number;
  /** How much each body that is opened adds to what may be asked again: the share of requests, from 0 to 1. */
  readonly share: number;
  /** How much of that is saved up at most, in requests. */
  readonly savedRequests: number;
  /** How long nothing is asked again after the origin has asked us to slow down, in milliseconds. */
  readonly busyPauseMs: number;
  /** How often one body is asked for again, at most. */
  readonly maxPerBody: number;
};

export const DEFAULT_HEDGE_POLICY: HedgePolicy = {
  // The slowest few per cent, as Amazon advises ("Best practices design patterns: optimizing Amazon S3 performance").
  // First bytes and parts share the 5 % of requests below, so each keeps to less.
  quantile: 0.97,
  // Where the peers are all alike, the slowest of them is not slow.
  medianTimes: 2,
  // A new connection costs up to three round trips and the mathematics of TLS: below this there is nothing to win.
  floorMs: 25,
  // Three of them are beyond the quantile.
  minSamples: 100,
  share: 0.05,
  // About as many parts as one fast transfer has on their way. More at once would be a load of its own on a slow origin.
  savedRequests: 10,
  // Longer than the retries of one request last, and in the order of what S3 takes to share a load out anew.
  busyPauseMs: 30_000,
  // Who has been unlucky twice is up against something else than bad luck.
  maxPerBody: 2,
};

/** A body that was asked for again, and what came of it. */
export type Hedge = {
  /** What was slow: the origin's answer, or the bytes after it. */
  readonly kind: 'first-byte' | 'part';
  /** Who gave the next byte; neither, when the body was let go of before. */
  readonly winner: 'first' | 'second' | 'neither';
  /** How long its reader had waited when it was asked for again, in milliseconds. */
  readonly waitedMs: number;
};
