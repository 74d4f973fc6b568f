// What is said of a handful of samples. Ratios are taken within each round and only then summed up, so that whatever
// slowed the machine down during a round slowed both sides of the ratio.

export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** Of at least one value. */
export function toSpread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('a spread needs at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  const median = sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Of `ours` to `theirs`, round by round; both have a value for each round. */
export function toRatios(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) throw new RangeError('a ratio needs a value of both sides for each round');
  return toSpread(ours.map((value, round) => value / theirs[round]!));
}

/** The value that so large a share of the values does not exceed: 0.99 for the 99th percentile. Of at least one value. */
export function toPercentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('a percentile needs at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}
