// How far another process's clock is ahead of ours. Both begin with the machine's time and run on by themselves, so
// that they drift apart where that time is being corrected.

/** An event of theirs, and the moments of ours that it lies between. */
export type Sighting = { readonly beforeMs: number; readonly theirsMs: number; readonly afterMs: number };

/** By the event that the least time of ours lies around; its middle is off by half of that at the most. */
export function toAheadMs(sightings: readonly Sighting[]): number {
  if (sightings.length === 0) throw new RangeError('an offset needs at least one sighting');
  const [closest] = sightings.toSorted((a, b) => a.afterMs - a.beforeMs - (b.afterMs - b.beforeMs));
  const { beforeMs, theirsMs, afterMs } = closest!;
  return theirsMs - (beforeMs + afterMs) / 2;
}
