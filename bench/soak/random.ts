// Chance that is the same every time for the same seed.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    // Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, and good enough to choose among things.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
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

  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}
