// The quantiles of durations that keep coming: an estimate in constant memory that forgets what is long ago. It counts
// them in buckets on a logarithmic scale, and halves every count from time to time.

/** A quantile is told within 9 %: each bucket ends 2^(1/8) times as far as the one before. */
const BUCKETS_PER_DOUBLING = 8;

/** Where the first bucket ends: nothing that crosses a network needs to be told apart below. */
const SHORTEST_MS = 0.125;

/** Twenty doublings lead to 131 s, which is longer than any time-out. */
const BUCKET_COUNT = 20 * BUCKETS_PER_DOUBLING + 1;

/** When so many are counted, each counts half from then on: what an estimate rests on are the last few thousand. */
const FULL_COUNT = 2_048;

export class SlidingQuantile {
  /** A half is exact in binary fractions, and a bucket with one in it does not lose it. */
  readonly #counts = new Float32Array(BUCKET_COUNT);
  #count = 0;

  add(durationMs: number): void {
    this.#counts[bucketOf(durationMs)]! += 1;
    this.#count += 1;
    if (this.#count < FULL_COUNT) return;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) this.#counts[bucket]! /= 2;
    this.#count /= 2;
  }

  /** What the share `quantile` of the durations does not exceed, in milliseconds; 0 while there are none. */
  estimate(quantile: number): number {
    if (this.#count === 0) return 0;
    const wanted = quantile * this.#count;
    let bucket = 0;
    for (let seen = this.#counts[0]!; seen < wanted && bucket < BUCKET_COUNT - 1; seen += this.#counts[bucket]!) {
      bucket += 1;
    }
    return SHORTEST_MS * 2 ** (bucket / BUCKETS_PER_DOUBLING);
  }
}

function bucketOf(durationMs: number): number {
  if (durationMs <= SHORTEST_MS) return 0;
  return Math.min(BUCKET_COUNT - 1, Math.ceil(Math.log2(durationMs / SHORTEST_MS) * BUCKETS_PER_DOUBLING));
}
