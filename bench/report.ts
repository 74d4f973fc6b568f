// A run's figures as a person reads them.
import type { Row, Section, Verdict } from './section.ts';
import type { Spread } from './statistics.ts';
import { formatTable } from './table.ts';
import type { Metric } from './workload.ts';

const MEBIBYTE = 2 ** 20;

export type Setting = {
  readonly machine: string;
  /** Over the minute before the run began: what others were doing. */
  readonly loadBefore: number;
  readonly programs: readonly string[];
  readonly missing: readonly string[];
  readonly origin: string;
  readonly rounds: number;
};

export type Report = { readonly setting: Setting; readonly sections: readonly Section[] };

export function formatReport({ setting, sections }: Report): string {
  return [...formatSetting(setting), ...sections.flatMap((section) => ['', ...formatSection(section)]), ''].join('\n');
}

function formatSetting({ machine, loadBefore, programs, missing, origin, rounds }: Setting): readonly string[] {
  const load = `load average ${loadBefore.toFixed(2)} before the run`;
  return [
    `${machine}; ${load}${loadBefore > 0.5 ? ': others are at work, so trust ratios more than figures' : ''}`,
    programs.join(', '),
    ...missing,
    `origin: ${origin}`,
    'each proxy: one process, new in each round and warmed up, connections to the origin kept, its certificate verified where there is TLS',
    'sluice: requests signed, which the others do not; no access log for any of them',
    `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of each proxy in turn; median (lowest–highest); GB = 10⁹ bytes`,
    'sluice÷ is the figure of Sluice divided by that of the row, taken within each round',
    'busy % is CPU time to time: where it is well below 100, the proxy waited for the origin, wrk or a free core',
  ];
}

export function formatSection({ title, metrics, rows, verdicts }: Section): readonly string[] {
  const compared = metrics.filter((metric) => metric.compared);
  const headings = [
    'proxy',
    ...metrics.map(({ heading }) => heading),
    'peak MiB',
    ...compared.map(({ heading }) => `sluice÷ ${heading}`),
  ];
  const lines = rows.map((row) => [
    row.name,
    ...metrics.map((metric) => formatMetric(row, metric)),
    (row.peakRssBytes / MEBIBYTE).toFixed(0),
    ...compared.map(({ key }) => (row.sluiceToThis[key] ? formatSpread(row.sluiceToThis[key], 2) : '')),
  ]);
  return [title, ...formatTable(headings, lines), ...verdicts.map((verdict) => formatVerdict(verdict, metrics))];
}

function formatMetric(row: Row, { key, digits, compared }: Metric): string {
  const spread = row.spreads[key];
  if (!spread) return '';
  return compared ? formatSpread(spread, digits) : spread.median.toFixed(digits);
}

function formatSpread({ median, min, max }: Spread, digits: number): string {
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(digits));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

function formatVerdict({ key, to, bound, ratio, got, met }: Verdict, metrics: readonly Metric[]): string {
  const heading = metrics.find((metric) => metric.key === key)?.heading ?? key;
  return `target ${met ? 'met' : 'not met'}: ${heading} ${bound} ${ratio} × ${to}, is ${got.toFixed(3)} ×`;
}
