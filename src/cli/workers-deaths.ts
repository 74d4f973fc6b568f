// When a worker that died is replaced: at once, unless it dies young again and again.

/** Who has served for so long did not die of how it began. */
export const YOUNG_MS = 10_000;

/** With the waits below, some fifteen seconds of dying: long enough for what passes by itself. */
export const MAX_YOUNG_DEATHS = 8;

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 8_000;

export type Death = {
  readonly livedMs: number;
  /** Whether it ever was ready. */
  readonly wasReady: boolean;
  /** Whether it could not begin because what it depends on is away: that ends by itself. */
  readonly isAway: boolean;
};

/** Counts the deaths of one worker and its replacements. */
export class Deaths {
  readonly #random: () => number;
  #youngInARow = 0;
  #withoutCauseInARow = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** How long to wait before it is replaced, or nothing where that has been tried often enough. */
  add({ livedMs, wasReady, isAway }: Death): number | undefined {
    const isYoung = !wasReady || livedMs < YOUNG_MS;
    this.#youngInARow = isYoung ? this.#youngInARow + 1 : 0;
    if (!isAway) this.#withoutCauseInARow = isYoung ? this.#withoutCauseInARow + 1 : 0;
    if (this.#withoutCauseInARow > MAX_YOUNG_DEATHS) return undefined;
    if (this.#youngInARow < 2) return 0;
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#youngInARow - 2));
    // Workers that died of one cause are not to come back in step.
    return waitMs * (0.5 + this.#random() / 2);
  }
}
