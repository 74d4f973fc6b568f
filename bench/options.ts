// What was asked of the benchmark on its command line.
import { parseArgs } from 'node:util';

export type BenchOptions = {
  readonly rounds: number;
  /** Whole downloads of the 1 GiB object, for each proxy in each round. */
  readonly downloads: number;
  /** How long each proxy is asked for small ranges, in each round. */
  readonly rangesSeconds: number;
  readonly json: boolean;
};

export const USAGE = `npm run bench:gateway -- [options]

Compares the gateway with nginx, haproxy and a plain Node proxy, on this machine.

  --rounds N     rounds, each of every proxy in turn (5)
  --gib N        GiB through each proxy in each round (2)
  --seconds N    of 64 KiB ranges through each proxy in each round (5)
  --quick        2 rounds of 1 GiB and 3 s, unless said otherwise
  --json         one JSON document on stdout instead of the tables (npm run --silent keeps it clean)
  --help         this text`;

const FULL = { rounds: 5, gib: 2, seconds: 5 };
const QUICK = { rounds: 2, gib: 1, seconds: 3 };

/** `undefined` when only the usage was asked for. Throws for what makes no sense. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      gib: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const usual = values.quick ? QUICK : FULL;
  return {
    rounds: toCount('--rounds', values.rounds, usual.rounds),
    downloads: toCount('--gib', values.gib, usual.gib),
    rangesSeconds: toCount('--seconds', values.seconds, usual.seconds),
    json: values.json,
  };
}

function toCount(name: string, value: string | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (!/^[1-9]\d{0,2}$/.test(value)) throw new Error(`${name}: got ${value}, want a whole number from 1 to 999`);
  return Number(value);
}
