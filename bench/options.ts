// What was asked of the benchmark on its command line.
import { parseArgs } from 'node:util';

/** The parts of a run, in their order. */
export const SUITE_NAMES = [
  'whole',
  'ranges',
  'tls',
  'limited',
  'ttfb',
  'over-read',
  'memory-stream',
  'memory-stalled',
  'memory-parked',
  'memory-busy',
  'bundle',
] as const;

export type SuiteName = (typeof SUITE_NAMES)[number];

export type BenchOptions = {
  /** What is to be run, in the order of `SUITE_NAMES`. */
  readonly only: readonly SuiteName[];
  readonly rounds: number;
  /** Of what takes long: clients that leave, and an origin that is slow. */
  readonly fewRounds: number;
  /** Whole downloads of the 1 GiB object, for each proxy in each round. */
  readonly downloads: number;
  /** How long each proxy is asked for small ranges, in each round. */
  readonly rangesSeconds: number;
  /** The size of the one stream that memory is measured by. */
  readonly memoryGib: number;
  readonly parkedReaders: number;
  readonly busySeconds: number;
  readonly json: boolean;
};

export const USAGE = `npm run bench:gateway -- [options]

Compares the gateway with nginx, haproxy and a plain Node proxy, on this machine.

  --only NAMES     these parts alone, with commas between: ${SUITE_NAMES.slice(0, 5).join(', ')},
                   ${SUITE_NAMES.slice(5).join(', ')}
  --rounds N       rounds, each of every proxy in turn (5; 3 where they take long)
  --gib N          GiB through each proxy in each round (2)
  --seconds N      of 64 KiB ranges through each proxy in each round (5)
  --memory-gib N   GiB of the one stream whose memory is measured (200)
  --quick          one round of 1 GiB and 3 s, a stream of 10 GiB, 1,000 parked readers instead of 10,000, unless said
                   otherwise
  --json           one JSON document on stdout instead of the tables (npm run --silent keeps it clean)
  --help           this text`;

const FULL = { rounds: 5, fewRounds: 3, gib: 2, seconds: 5, memoryGib: 200, parkedReaders: 10_000, busySeconds: 15 };
const QUICK = { rounds: 1, fewRounds: 1, gib: 1, seconds: 3, memoryGib: 10, parkedReaders: 1_000, busySeconds: 5 };

/** `undefined` when only the usage was asked for. Throws for what makes no sense. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      gib: { type: 'string' },
      seconds: { type: 'string' },
      'memory-gib': { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const usual = values.quick ? QUICK : FULL;
  return {
    only: values.only === undefined ? SUITE_NAMES : toSuiteNames(values.only),
    rounds: toCount('--rounds', values.rounds, usual.rounds),
    fewRounds: toCount('--rounds', values.rounds, usual.fewRounds),
    downloads: toCount('--gib', values.gib, usual.gib),
    rangesSeconds: toCount('--seconds', values.seconds, usual.seconds),
    memoryGib: toCount('--memory-gib', values['memory-gib'], usual.memoryGib),
    parkedReaders: usual.parkedReaders,
    busySeconds: usual.busySeconds,
    json: values.json,
  };
}

function toSuiteNames(value: string): readonly SuiteName[] {
  const wanted = new Set(value.split(','));
  const names = SUITE_NAMES.filter((name) => wanted.delete(name));
  const [unknown] = wanted;
  if (unknown !== undefined) throw new Error(`--only: got ${unknown || 'nothing'}, want of ${SUITE_NAMES.join(', ')}`);
  return names;
}

function toCount(name: string, value: string | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (!/^[1-9]\d{0,2}$/.test(value)) throw new Error(`${name}: got ${value}, want a whole number from 1 to 999`);
  return Number(value);
}
