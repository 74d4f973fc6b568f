import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from './section.ts';
import { toSpread } from './statistics.ts';
import { toVerdicts } from './verdict.ts';

function toRow(name: Row['name'], figures: readonly number[]): Row {
  const samples = figures.map((cost) => ({ cost }));
  return { name, samples, spreads: { cost: toSpread(figures) }, sluiceToThis: {}, peakRssBytes: 0 };
}

const ROWS = [toRow('sluice', [5, 1, 3]), toRow('direct', [4.5, 0.75, 1])];

test('a value is compared with the median of the one it is of', () => {
  const target = { key: 'cost', of: 'sluice', value: 3 } as const;
  const verdicts = toVerdicts(
    [
      { ...target, bound: 'at most' },
      { ...target, bound: 'at most', value: 2.9 },
      { ...target, bound: 'at least' },
    ],
    ROWS,
  );
  assert.deepEqual(
    verdicts.map(({ got, met }) => [got, met]),
    [
      [3, true],
      [3, false],
      [3, true],
    ],
  );
});

test('what one has beyond another is taken within each round', () => {
  const [verdict] = toVerdicts([{ key: 'cost', of: 'sluice', beyond: 'direct', bound: 'at most', value: 1 }], ROWS);
  assert.deepEqual([verdict?.got, verdict?.met], [0.5, true]);
});

test('a target of one that took no part is left out', () => {
  const common = { key: 'cost', bound: 'at most', value: 1 } as const;
  const targets = [
    { ...common, of: 'nginx' },
    { ...common, of: 'sluice', beyond: 'nginx' },
  ] as const;
  assert.deepEqual(toVerdicts(targets, ROWS), []);
});
