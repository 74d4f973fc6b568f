// The parts of a run: each brings its origin, sets its contenders up before it, and has them measured.
import type { Bench, Upstream } from './bench.ts';
import { createBundle } from './bundle.ts';
import { prepareContenders } from './contenders.ts';
import type { ContenderName, Lineup } from './contenders.ts';
import { CPU_TARGETS, LIMITED_SPEED_TARGET, SPEED_TARGET, createDownloads } from './downloads.ts';
import { hashLabObject, startLab } from './lab.ts';
import type { Lab, LabOptions } from './lab.ts';
import { HUGE_KEY, PARKED_SETTINGS, createBusy, createParked, createStalled, createStream } from './memory.ts';
import { findOpenFileLimit } from './open-files.ts';
import type { BenchOptions, SuiteName } from './options.ts';
import type { Origin } from './origin.ts';
import { LARGE, createOverRead } from './over-read.ts';
import { createRanges } from './ranges.ts';
import { runSection } from './section.ts';
import type { Section } from './section.ts';
import type { ToolName, Tool } from './tools.ts';
import { createFirstBytes } from './ttfb.ts';
import type { Workload } from './workload.ts';

export type SuiteRun = {
  readonly bench: Bench;
  readonly options: BenchOptions;
  /** The fast origin; it is started when it is first needed. */
  readonly origin: () => Promise<Origin>;
  readonly onProgress: (text: string) => void;
};

const EVERY_PROXY: readonly ContenderName[] = ['sluice', 'nginx', 'haproxy', 'haproxy splice', 'pipeline'];
const LEFT_BY_CLIENTS: readonly ContenderName[] = [
  ...(['direct', 'sluice', 'sluice, kernel off'] as const),
  ...(['nginx', 'nginx unbuffered', 'haproxy', 'pipeline'] as const),
];

/** What a connection to S3 gives, whatever the network between. */
const S3_BYTES_PER_SECOND = 90_000_000;
const GIBIBYTE = 2 ** 30;
/** Under a second at that rate. */
const LIMITED_CHECK_BYTES = 64 << 20;

const HANG_UPS = 9;
const CLOSES = 100;

const STALLED_READERS = 1_000;
const BUSY_READERS = 500;
/** What a gateway may have open beside its clients: its connections to the origin, and what is its own. */
const OTHER_FILES = 1_200;

/** What a suite cannot do without; the rest need nothing but Sluice. */
export const NEEDS: Readonly<Partial<Record<SuiteName, ToolName>>> = {
  whole: 'curl',
  ranges: 'wrk',
  tls: 'curl',
  limited: 'curl',
  'memory-stream': 'curl',
  bundle: 'curl',
};

/** Rejects when it comes to no figures. */
export const SUITES: Readonly<Record<SuiteName, (run: SuiteRun) => Promise<Section>>> = {
  whole: (run) => runWhole(run, { suite: 'whole', targets: [...CPU_TARGETS, SPEED_TARGET] }),
  tls: (run) => runWhole(run, { suite: 'tls', targets: CPU_TARGETS }),
  ranges: async (run) => {
    const { bench, options } = run;
    const { plain, objects } = await run.origin();
    const { object } = objects;
    const workload = createRanges(bench, { wrk: need(bench, 'wrk'), object, seconds: options.rangesSeconds });
    const lineup = { label: 'ranges', names: EVERY_PROXY, upstream: plain, key: object.key };
    return measure(run, workload, { ...lineup, rounds: options.rounds });
  },
  limited: runLimited,
  ttfb: async (run) => {
    const { plain, objects } = await run.origin();
    const { small } = objects;
    const lineup = { label: 'ttfb', names: ['direct', 'sluice', 'nginx'], upstream: plain, key: small.key } as const;
    return measure(run, createFirstBytes(small), { ...lineup, rounds: run.options.rounds });
  },
  'over-read': (run) =>
    withLab(run.bench, { name: 'over-read', kind: 'of the lab', objects: [LARGE.flag] }, async (lab) => {
      const workload = createOverRead({ lab, hangUps: HANG_UPS, closes: CLOSES });
      const lineup = { label: 'over-read', names: LEFT_BY_CLIENTS, upstream: lab.upstream, key: LARGE.key };
      return measure(run, workload, { ...lineup, rounds: run.options.fewRounds });
    }),
  'memory-stream': (run) => {
    const { bench, options } = run;
    const { memoryGib: gib } = options;
    const curl = need(bench, 'curl');
    return runMemory(run, { suite: 'memory-stream', gib, create: (lab) => createStream(bench, { lab, curl, gib }) });
  },
  'memory-stalled': (run) => {
    const create = (lab: Lab) => createStalled(run.bench, { lab, count: STALLED_READERS });
    return runMemory(run, { suite: 'memory-stalled', readers: STALLED_READERS, create });
  },
  'memory-parked': (run) => {
    const count = run.options.parkedReaders;
    const create = (lab: Lab) => createParked(run.bench, { lab, count });
    return runMemory(run, { suite: 'memory-parked', readers: count, settings: PARKED_SETTINGS, create });
  },
  'memory-busy': (run) => {
    const seconds = run.options.busySeconds;
    const create = (lab: Lab) => createBusy(run.bench, { lab, count: BUSY_READERS, seconds });
    return runMemory(run, { suite: 'memory-busy', readers: BUSY_READERS, create });
  },
  bundle: async (run) => {
    const { bench, options } = run;
    const { plain, objects } = await run.origin();
    const { object, member } = objects;
    const workload = createBundle(bench, { curl: need(bench, 'curl'), object, count: options.downloads });
    const lineup = { label: 'bundle', upstream: plain } as const;
    const plainOne = { ...lineup, names: ['sluice'], key: object.key } as const;
    const bundled = { ...lineup, names: ['sluice bundle'], key: member.key } as const;
    return measure(run, workload, { ...plainOne, also: bundled, rounds: options.rounds });
  },
};

type Whole = {
  readonly suite: 'whole' | 'tls';
  readonly targets: Parameters<typeof createDownloads>[1]['targets'];
};

async function runWhole(run: SuiteRun, { suite, targets }: Whole): Promise<Section> {
  const { bench, options } = run;
  const { plain, tls, objects } = await run.origin();
  const { object } = objects;
  const curl = need(bench, 'curl');
  const workload = createDownloads(bench, { curl, object, count: options.downloads, targets, check: object });
  const upstream = suite === 'tls' ? tls : plain;
  return measure(run, workload, {
    label: suite,
    names: EVERY_PROXY,
    upstream,
    key: object.key,
    rounds: options.rounds,
  });
}

async function runLimited(run: SuiteRun): Promise<Section> {
  const { bench, options } = run;
  const curl = need(bench, 'curl');
  const faults = [{ fault: { rateBytesPerSecond: S3_BYTES_PER_SECOND } }];
  const kind = `limited to ${S3_BYTES_PER_SECOND / 1e6} MB/s a connection`;
  return withLab(bench, { name: 'limited', kind, objects: ['object=1GiB'], faults }, async (lab) => {
    const check = { bytes: LIMITED_CHECK_BYTES, sha256: await hashLabObject('object', LIMITED_CHECK_BYTES) };
    const object = { key: 'object', bytes: GIBIBYTE };
    const targets = [LIMITED_SPEED_TARGET];
    const workload = createDownloads(bench, { curl, object, count: 1, targets, check });
    const names = ['sluice', 'nginx', 'haproxy'] as const;
    const lineup = { label: 'limited', names, upstream: lab.upstream, key: object.key };
    return measure(run, workload, { ...lineup, rounds: options.fewRounds });
  });
}

type Memory = {
  readonly suite: SuiteName;
  readonly gib?: number;
  readonly readers?: number;
  readonly settings?: readonly string[];
  readonly create: (lab: Lab) => Workload;
};

async function runMemory(run: SuiteRun, { suite, gib = 20, readers = 0, settings, create }: Memory): Promise<Section> {
  const limit = findOpenFileLimit();
  const needed = readers + OTHER_FILES;
  if (limit < needed) throw new Error(`${needed} open files are needed, ${limit} are allowed (ulimit -Hn)`);
  const objects = [`${HUGE_KEY}=${gib}GiB`];
  return withLab(run.bench, { name: suite, kind: 'of the lab', objects }, async (lab) => {
    const lineup = { label: suite, names: ['sluice'], upstream: lab.upstream, key: HUGE_KEY } as const;
    return measure(run, create(lab), { ...lineup, ...(settings && { settings }), rounds: 1 });
  });
}

async function withLab(bench: Bench, options: LabOptions, task: (lab: Lab) => Promise<Section>): Promise<Section> {
  const lab = await startLab(bench, options);
  try {
    return await task(lab);
  } finally {
    await lab.stop();
  }
}

type Measurement = Lineup & {
  readonly rounds: number;
  /** Who takes part as well, with another object. */
  readonly also?: Lineup;
};

async function measure(run: SuiteRun, workload: Workload, { rounds, also, ...lineup }: Measurement): Promise<Section> {
  const proxies = await prepareContenders(run.bench, lineup);
  const others = also ? await prepareContenders(run.bench, also) : [];
  const upstream: Upstream['kind'] = lineup.upstream.kind;
  return runSection(workload, [...proxies, ...others], { upstream, rounds, onProgress: run.onProgress });
}

/** What `NEEDS` has for the suite. */
function need({ tools }: Bench, name: ToolName): Tool {
  const tool = tools.get(name);
  if (!tool) throw new Error(`${name} is not installed`);
  return tool;
}
