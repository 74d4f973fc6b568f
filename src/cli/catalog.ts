// `sluice catalog …`: which objects the gateway serves, and under which ids. What each command does to the catalog
// and its stores is in catalog-tasks.ts, which is loaded when one runs: the help is there at once.
import { Command } from 'commander';
import { withAdminOptions } from './admin-command.ts';
import { exportCommand, importCommand, manifestCommand } from './catalog-files.ts';
import { parseCount } from './size-option.ts';

export type ConfigOption = { readonly config: string; readonly server?: string; readonly tokenFile?: string };

export type AddOptions = ConfigOption & {
  readonly store?: string;
  readonly filename?: string;
  readonly mediaType?: string;
  readonly versionId?: string;
  readonly digest?: readonly string[];
  readonly collection?: string;
};

export type ScanCommandOptions = ConfigOption & {
  readonly store?: string;
  readonly idPrefix: string;
  readonly collection?: string;
};

export type ListCommandOptions = ConfigOption & {
  readonly prefix: string;
  readonly collection?: string;
  readonly after?: string;
  readonly limit?: number;
  readonly json?: true;
};

export type ShowOptions = ConfigOption & { readonly json?: true };

const tasks = () => import('./catalog-tasks.ts');
const onServer = () => import('./catalog-server.ts');

/** How every command that has an object's collection asks for it. */
const COLLECTION = '--collection <id>';

const LOCATIONS = `
A location is STORE:BUCKET/KEY in a store of type s3, and STORE:PATH in a store of type file.
s3://BUCKET/KEY is read too; with several stores of type s3, --store says which.
With --server it is STORE:BUCKET/KEY or STORE:/PATH.`;

export function catalogCommand(): Command {
  return new Command('catalog')
    .description('Say which objects the gateway serves, and under which ids.')
    .addCommand(addCommand())
    .addCommand(scanCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(removeCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(manifestCommand());
}

function addCommand(): Command {
  return withAdminOptions(new Command('add'))
    .summary('give one object an id')
    .description('Give one object an id. The store is asked for its size and version; the object stays where it is.')
    .argument('<id>', 'what clients ask for: GET /data/ID')
    .argument('<location>', 'where the object is')
    .option('--store <name>', 'the store, where the location does not say it')
    .option('--filename <name>', "the name a client saves it under (default: the key's last segment)")
    .option('--media-type <type>', "its Content-Type (default: the store's, or by the filename)")
    .option('--version-id <id>', 'one stored version of it, in a bucket that keeps versions')
    .option(COLLECTION, 'the collection it is in (default: default)')
    .option('--digest <name=value>', 'sha-256=… or sha-512=… of it, in hex or base64; may be given twice', collect)
    .addHelpText('after', LOCATIONS)
    .action(async (id: string, location: string, options: AddOptions) =>
      options.server === undefined
        ? (await tasks()).add(id, location, options)
        : (await onServer()).addOnServer(id, location, options),
    );
}

function scanCommand(): Command {
  return withAdminOptions(new Command('scan'))
    .summary('give every object below a prefix an id')
    .description(
      'Give every object below a prefix an id: its key, after --id-prefix. Scanning again brings it up to date.',
    )
    .argument('<location>', 'a bucket, or a prefix in it')
    .option('--store <name>', 'the store, where the location does not say it')
    .option('--id-prefix <text>', 'what every id begins with', '')
    .option(COLLECTION, 'the collection that new objects are in (default: default)')
    .addHelpText('after', LOCATIONS)
    .action(async (location: string, options: ScanCommandOptions) =>
      options.server === undefined
        ? (await tasks()).scanStore(location, options)
        : (await onServer()).scanOnServer(location, options),
    );
}

function listCommand(): Command {
  return withAdminOptions(new Command('list'))
    .summary('list what the catalog has')
    .description('List what the catalog has, in the order of the ids.')
    .option('--prefix <text>', 'only ids that begin with it', '')
    .option(COLLECTION, 'only what is in this collection')
    .option('--after <id>', 'only ids after it')
    .option('--limit <count>', 'at most so many', parseCount)
    .option('--json', 'one JSON object a line')
    .action(async (options: ListCommandOptions) =>
      options.server === undefined ? (await tasks()).list(options) : (await onServer()).listOnServer(options),
    );
}

function showCommand(): Command {
  return withAdminOptions(new Command('show'))
    .summary('show all that is known of one object')
    .description('Show all that is known of one object.')
    .argument('<id>', 'its id')
    .option('--json', 'as JSON in one line')
    .action(async (id: string, options: ShowOptions) =>
      options.server === undefined ? (await tasks()).show(id, options) : (await onServer()).showOnServer(id, options),
    );
}

function removeCommand(): Command {
  return withAdminOptions(new Command('rm'))
    .summary('take ids out of the catalog')
    .description('Take ids out of the catalog: they are no longer served. The objects stay where they are.')
    .argument('<ids...>', 'the ids')
    .action(async (ids: readonly string[], options: ConfigOption) =>
      options.server === undefined
        ? (await tasks()).remove(ids, options)
        : (await onServer()).removeOnServer(ids, options),
    );
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
