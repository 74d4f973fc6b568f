// The known word that somebody probably meant: for keys of the configuration and names of stores.

/**
 * The word of `known` that is nearest to `written`, or `undefined` when none is near enough to be meant: at most
 * two letters added, left out, changed or swapped (one in a word of up to four letters), small or capital.
 */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const limit = written.length <= 4 ? 1 : 2;
  const ranked = known
    .map((word) => ({ word, distance: editDistance(written.toLowerCase(), word.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= limit ? best.word : undefined;
}

/** Optimal string alignment: the fewest letters to add, leave out, change, or swap with their neighbour. */
export function editDistance(from: string, to: string): number {
  // A difference of lengths is a lower bound: a hostile text of megabytes is not worth a table.
  if (Math.abs(from.length - to.length) > 64) return Math.abs(from.length - to.length);
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length]!;
}
