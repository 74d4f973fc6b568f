// A run's figures as a person reads them.
import type { Row, Section } from './section.ts';
import type { Spread } from './statistics.ts';
import { formatTable } from './table.ts';
import type { Verdict } from './verdict.ts';
import type { Metric } from './workload.ts';

const MEBIBYTE = 2 ** 20;

export type Setting = {
  readonly machine: string;
  /** Over the minute before the run began: what others were doing. */
  readonly loadBefore: number;
  readonly programs: readonly string[];
  readonly missing: readonly string[];
  readonly origin: string;
};

/** A suite that came to no end, and why. */
export type Failure = { readonly suite: string; readonly reason: string };

export type Report = {
  readonly setting: Setting;
  readonly sections: readonly Section[];
  readonly failures: readonly Failure[];
};

export function formatReport({ setting, sections, failures }: Report): string {
  const failed = failures.map(({ suite, reason }) => `no figures of ${suite}: ${reason}`);
  return [
    ...formatSetting(setting),
    ...sections.flatMap((section) => ['', ...formatSection(section)]),
    ...(failed.length === 0 ? [] : ['', ...failed]),
    '',
  ].join('\n');
}

function formatSetting({ machine, loadBefore, programs, missing, origin }: Setting): readonly string[] {
  const load = `load average ${loadBefore.toFixed(2)} before the run`;
  return [
    `${machine}; ${load}${loadBefore > 0.5 ? ': others are at work, so trust ratios more than figures' : ''}`,
    programs.join(', '),
    ...missing,
    `origin: ${origin}`,
    'each proxy: one process, new in each round and warmed up, connections to the origin kept, its certificate verified where there is TLS',
    'sluice: requests signed, which the others do not; no access log for any of them',
    'rounds are of each proxy in turn; median (lowest–highest); GB = 10⁹ bytes, MiB = 2²⁰',
    'direct: the client asks the origin itself, with no proxy between',
    'sluice÷ is the figure of Sluice divided by that of the row, taken within each round',
    'busy % is CPU time to time: where it is well below 100, the proxy waited for the origin, wrk or a free core',
  ];
}

export function formatSection({ title, notes, metrics, rows, verdicts }: Section): readonly string[] {
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
    row.peakRssBytes === undefined ? '' : (row.peakRssBytes / MEBIBYTE).toFixed(0),
    ...compared.map(({ key }) => (row.sluiceToThis[key] ? formatSpread(row.sluiceToThis[key], 2) : '')),
  ]);
  const verdictLines = verdicts.map((verdict) => formatVerdict(verdict, metrics));
  return [title, ...notes, ...formatTable(headings, lines), ...verdictLines];
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

function formatVerdict(verdict: Verdict, metrics: readonly Metric[]): string {
  const { key, bound, got, met } = verdict;
  const heading = metrics.find((metric) => metric.key === key)?.heading ?? key;
  const start = `target ${met ? 'met' : 'not met'}: ${heading}`;
  if ('ratio' in verdict) return `${start} ${bound} ${verdict.ratio} × ${verdict.to}, is ${got.toFixed(3)} ×`;
  const { of, value, beyond } = verdict;
  return `${start} of ${of} ${bound} ${value}${beyond === undefined ? '' : ` more than ${beyond}`}, is ${got.toFixed(3)}`;
}
