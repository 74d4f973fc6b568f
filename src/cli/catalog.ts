// `sluice catalog …`: which objects the gateway serves, and under which ids. What each command does to the catalog
// and its stores is in catalog-tasks.ts, which is loaded when one runs: the help is there at once.
import { Command, InvalidArgumentError } from 'commander';

export type ConfigOption = { readonly config: string };

export type AddOptions = ConfigOption & {
  readonly store?: string;
  readonly filename?: string;
  readonly mediaType?: string;
  readonly versionId?: string;
  readonly digest?: readonly string[];
};

export type ScanCommandOptions = ConfigOption & { readonly store?: string; readonly idPrefix: string };

export type ListCommandOptions = ConfigOption & {
  readonly prefix: string;
  readonly after?: string;
  readonly limit?: number;
  readonly json?: true;
};

export type ShowOptions = ConfigOption & { readonly json?: true };

const tasks = () => import('./catalog-tasks.ts');

const LOCATIONS = `
A location is STORE:BUCKET/KEY in a store of type s3, and STORE:PATH in a store of type file.
s3://BUCKET/KEY is read too; with several stores of type s3, --store says which.`;

export function catalogCommand(): Command {
  return new Command('catalog')
    .description('Say which objects the gateway serves, and under which ids.')
    .addCommand(addCommand())
    .addCommand(scanCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(removeCommand());
}

function addCommand(): Command {
  return withConfig(new Command('add'))
    .summary('give one object an id')
    .description('Give one object an id. The store is asked for its size and version; the object stays where it is.')
    .argument('<id>', 'what clients ask for: GET /data/ID')
    .argument('<location>', 'where the object is')
    .option('--store <name>', 'the store, where the location does not say it')
    .option('--filename <name>', "the name a client saves it under (default: the key's last segment)")
    .option('--media-type <type>', "its Content-Type (default: the store's, or by the filename)")
    .option('--version-id <id>', 'one stored version of it, in a bucket that keeps versions')
    .option('--digest <name=value>', 'sha-256=… or sha-512=… of it, in hex or base64; may be given twice', collect)
    .addHelpText('after', LOCATIONS)
    .action(async (id: string, location: string, options: AddOptions) => (await tasks()).add(id, location, options));
}

function scanCommand(): Command {
  return withConfig(new Command('scan'))
    .summary('give every object below a prefix an id')
    .description(
      'Give every object below a prefix an id: its key, after --id-prefix. Scanning again brings it up to date.',
    )
    .argument('<location>', 'a bucket, or a prefix in it')
    .option('--store <name>', 'the store, where the location does not say it')
    .option('--id-prefix <text>', 'what every id begins with', '')
    .addHelpText('after', LOCATIONS)
    .action(async (location: string, options: ScanCommandOptions) => (await tasks()).scanStore(location, options));
}

function listCommand(): Command {
  return withConfig(new Command('list'))
    .summary('list what the catalog has')
    .description('List what the catalog has, in the order of the ids.')
    .option('--prefix <text>', 'only ids that begin with it', '')
    .option('--after <id>', 'only ids after it')
    .option('--limit <count>', 'at most so many', parseLimit)
    .option('--json', 'one JSON object a line')
    .action(async (options: ListCommandOptions) => (await tasks()).list(options));
}

function showCommand(): Command {
  return withConfig(new Command('show'))
    .summary('show all that is known of one object')
    .description('Show all that is known of one object.')
    .argument('<id>', 'its id')
    .option('--json', 'as JSON in one line')
    .action(async (id: string, options: ShowOptions) => (await tasks()).show(id, options));
}

function removeCommand(): Command {
  return withConfig(new Command('rm'))
    .summary('take ids out of the catalog')
    .description('Take ids out of the catalog: they are no longer served. The objects stay where they are.')
    .argument('<ids...>', 'the ids')
    .action(async (ids: readonly string[], options: ConfigOption) => (await tasks()).remove(ids, options));
}

function withConfig(command: Command): Command {
  return command.option('-c, --config <path>', 'the configuration file', 'sluice.yaml');
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function parseLimit(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('Want a whole number from 1 to 999999999.');
  return Number(text);
}
