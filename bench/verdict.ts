// Whether what was aimed at was reached: each target against the rows of its section.
import type { Row } from './section.ts';
import { toSpread } from './statistics.ts';
import type { Target } from './workload.ts';

export type Verdict = Target & { readonly got: number; readonly met: boolean };

/** Of the targets whose proxies have taken part. */
export function toVerdicts(targets: readonly Target[], rows: readonly Row[]): readonly Verdict[] {
  return targets.flatMap((target) => {
    const got = toFigure(target, (name) => rows.find((row) => row.name === name));
    if (got === undefined) return [];
    const wanted = 'ratio' in target ? target.ratio : target.value;
    return [{ ...target, got, met: target.bound === 'at most' ? got <= wanted : got >= wanted }];
  });
}

function toFigure(target: Target, find: (name: Row['name']) => Row | undefined): number | undefined {
  const { key } = target;
  if ('ratio' in target) return find(target.to)?.sluiceToThis[key]?.median;
  const row = find(target.of);
  if (!row || target.beyond === undefined) return row?.spreads[key]?.median;
  const other = find(target.beyond);
  return other && toSpread(row.samples.map((sample, round) => sample[key]! - other.samples[round]![key]!)).median;
}
