// Chance that is the same every time for the same seed.

/** Draws numbers from 0 to below 1. */
export function drawFrom(seed: number): () => number {
  let state = seed;
  return () => {
    // Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, and good enough to choose among things.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Random {
  /** From 0 to below 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = drawFrom(seed);
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /**
   * A whole number from 0 to `limit`. Half the time any is as likely as any other; half the time each power of two is as
   * likely as the next, so that there are small ones too.
   */
  upTo(limit: number): number {
    if (this.next() < 0.5) return this.below(limit + 1);
    return Math.min(limit, Math.floor(2 ** (this.next() * Math.log2(limit + 2))) - 1);
  }

  /** True `percent` times out of a hundred. */
  chance(percent: number): boolean {
    return this.below(100_000) < percent * 1000;
  }

  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}
