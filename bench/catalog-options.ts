// What was asked of the benchmark of the catalog on its command line.
import { parseArgs } from 'node:util';

export type CatalogBenchOptions = {
  /** Entries to import. */
  readonly rows: number;
  /** Whether they come in no order of their ids, as random UUIDs do. */
  readonly shuffled: boolean;
  /** Ids to look up, and a hundredth as many pages to list. */
  readonly lookups: number;
  readonly json: boolean;
};

export const USAGE = `npm run bench:catalog -- [options]

Imports a library of objects into SQLite, in a temporary folder, and asks for what is in it.

  --rows N      objects (10000000; each takes some 600 bytes of disk)
  --lookups N   random ids to look up (200000)
  --shuffled    ids in no order, as random UUIDs are; the default is in order, as an export is
  --json        one JSON document on stdout instead of the table (npm run --silent keeps it clean)
  --help        this text`;

const DEFAULT_ROWS = 10_000_000;
const DEFAULT_LOOKUPS = 200_000;

/** `undefined` when only the usage was asked for. Throws for what makes no sense. */
export function parseOptions(args: readonly string[]): CatalogBenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      lookups: { type: 'string' },
      shuffled: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    rows: toCount('--rows', values.rows, DEFAULT_ROWS),
    lookups: toCount('--lookups', values.lookups, DEFAULT_LOOKUPS),
    shuffled: values.shuffled,
    json: values.json,
  };
}

function toCount(name: string, value: string | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (!/^[1-9]\d{2,8}$/.test(value))
    throw new Error(`${name}: got ${value}, want a whole number from 100 to 999999999`);
  return Number(value);
}
