// One workload over one kind of upstream: every proxy in turn, A B C A B C, so that all of them have their share of
// the machine's better and worse moments. Each turn is a new process, warmed up: how its memory happens to lie makes
// one process of the same program up to half as expensive again as another, and more rounds of one never show it.
import type { Ready, Running } from './contenders.ts';
import { readPeakRssBytes } from './process-usage.ts';
import { toRatios, toSpread } from './statistics.ts';
import type { Spread } from './statistics.ts';
import { toVerdicts } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import type { Metric, Sample, Workload } from './workload.ts';

export type Row = {
  readonly name: Running['name'];
  /** One for each round. */
  readonly samples: readonly Sample[];
  readonly spreads: Readonly<Record<string, Spread>>;
  /** Sluice's figures to this proxy's, round by round; for the others' rows and compared metrics alone. */
  readonly sluiceToThis: Readonly<Record<string, Spread>>;
  /** The highest of all rounds; the origin itself has none. */
  readonly peakRssBytes: number | undefined;
};

export type Section = {
  readonly title: string;
  readonly notes: readonly string[];
  readonly metrics: readonly Metric[];
  readonly rows: readonly Row[];
  /** Of the targets whose proxy has taken part. */
  readonly verdicts: readonly Verdict[];
};

export type SectionOptions = {
  readonly upstream: string;
  readonly rounds: number;
  readonly onProgress: (text: string) => void;
};

type Turn = { readonly sample: Sample; readonly peakRssBytes: number };

export async function runSection(
  workload: Workload,
  proxies: readonly Ready[],
  { upstream, rounds, onProgress }: SectionOptions,
): Promise<Section> {
  const title = `${workload.title}; upstream ${upstream}; ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
  const turns = new Map<Running['name'], Turn[]>(proxies.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const proxy of proxies) {
      onProgress(`${title}: round ${round} of ${rounds}, ${proxy.name}`);
      turns.get(proxy.name)?.push(await takeTurn(workload, proxy));
    }
  }
  const { metrics, targets, notes = [] } = workload;
  const ours = toSamples(turns.get('sluice') ?? []);
  const rows = [...turns].map(([name, taken]) => toRow(name, { taken, ours, metrics }));
  return { title, notes, metrics, rows, verdicts: toVerdicts(targets, rows) };
}

async function takeTurn(workload: Workload, { name, url, start }: Ready): Promise<Turn> {
  const server = await start();
  try {
    const running = { name, url, pid: server.pid };
    await workload.prepare(running);
    const sample = await workload.measure(running);
    return { sample, peakRssBytes: readPeakRssBytes(server.pid) };
  } finally {
    await server.stop();
  }
}

function toSamples(turns: readonly Turn[]): readonly Sample[] {
  return turns.map(({ sample }) => sample);
}

type Taken = {
  readonly taken: readonly Turn[];
  /** Sluice's, in the same rounds. */
  readonly ours: readonly Sample[];
  readonly metrics: readonly Metric[];
};

function toRow(name: Running['name'], { taken, ours, metrics }: Taken): Row {
  const samples = toSamples(taken);
  const pick = (from: readonly Sample[], key: string) => from.map((sample) => sample[key]!);
  const compared = name === 'sluice' ? [] : metrics.filter((metric) => metric.compared);
  return {
    name,
    samples,
    spreads: Object.fromEntries(metrics.map(({ key }) => [key, toSpread(pick(samples, key))])),
    sluiceToThis: Object.fromEntries(compared.map(({ key }) => [key, toRatios(pick(ours, key), pick(samples, key))])),
    peakRssBytes: name === 'direct' ? undefined : Math.max(...taken.map(({ peakRssBytes }) => peakRssBytes)),
  };
}
