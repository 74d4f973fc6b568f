// What the runner was asked for on its command line.
import { parseArgs } from 'node:util';
import { parseSize } from '../../src/lab/origin/object-flag.ts';

export type RunOptions = {
  readonly servers: readonly string[];
  /** Whether a server that is not here may be left out; otherwise that is a failure. */
  readonly ifPresent: boolean;
  /** Whether packages may be installed. */
  readonly install: boolean;
  /** Of the objects that are uploaded, in bytes. */
  readonly sizes: readonly number[];
  /** Measure how the servers differ, and print the table, instead of running the suites. */
  readonly differences: boolean;
};

const USAGE = `node --conditions=source test/s3/run.ts [options]
  --servers swift,ceph,s3rver   which of them (default: all)
  --if-present                  only those that are here; nothing is installed unless --install says so
  --no-install                  install nothing
  --sizes 256MiB,2GiB           of the objects that are uploaded (default: these; 8MiB,16MiB with --if-present)
  --differences                 measure how the servers differ instead, and print a table in Markdown`;

const FULL_SIZES = '256MiB,2GiB';

/** Enough for several reads and parts, and done in no time. */
const QUICK_SIZES = '8MiB,16MiB';

/** What is wanted, or what is wrong with it, in words. `known` are the names of the servers. */
export function parseRunOptions(args: readonly string[], known: readonly string[]): RunOptions | string {
  try {
    return parse(args, known);
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`;
  }
}

function parse(args: readonly string[], known: readonly string[]): RunOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      servers: { type: 'string', default: known.join(',') },
      'if-present': { type: 'boolean', default: false },
      install: { type: 'boolean' },
      sizes: { type: 'string' },
      differences: { type: 'boolean', default: false },
    },
  });
  const ifPresent = values['if-present'];
  const servers = values.servers.split(',');
  const unknown = servers.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`there is ${known.join(', ')}; not ${unknown.join(', ')}`);
  const sizes = values.sizes ?? (ifPresent ? QUICK_SIZES : FULL_SIZES);
  return {
    servers,
    ifPresent,
    install: values.install ?? !ifPresent,
    sizes: sizes.split(',').map(parseSize),
    differences: values.differences,
  };
}
