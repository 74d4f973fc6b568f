// The program's beginning and its only end: which command was asked for, and with which code it exits.
// A command's module is loaded when it is the one, so that `sluice --version` does not wait for an HTTP server.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { reportFailure } from './failure.ts';

type LazyCommand = { readonly name: string; readonly summary: string; readonly load: () => Promise<Command> };

const COMMANDS: readonly LazyCommand[] = [
  {
    name: 'demo',
    summary: 'try it: a gateway, a store and a sample library on this machine',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  {
    name: 'serve',
    summary: 'run the gateway that sluice.yaml describes',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  {
    name: 'catalog',
    summary: 'say which objects the gateway serves, and under which ids',
    load: async () => (await import('./catalog.ts')).catalogCommand(),
  },
  {
    name: 'collection',
    summary: 'group objects, and say which groups are public',
    load: async () => (await import('./collection.ts')).collectionCommand(),
  },
  {
    name: 'token',
    summary: 'make and take back tokens',
    load: async () => (await import('./token.ts')).tokenCommand(),
  },
  {
    name: 'link',
    summary: 'make a link to one object that expires',
    load: async () => (await import('./link.ts')).linkCommand(),
  },
  {
    name: 'link-key',
    summary: 'change the keys that links are signed with',
    load: async () => (await import('./link.ts')).linkKeyCommand(),
  },
  {
    name: 'limit',
    summary: 'say how much a principal may have',
    load: async () => (await import('./limit.ts')).limitCommand(),
  },
  {
    name: 'usage',
    summary: 'what was delivered, to whom and of what',
    load: async () => (await import('./usage.ts')).usageCommand(),
  },
  {
    name: 'transfers',
    summary: 'the last transfers',
    load: async () => (await import('./usage.ts')).transfersCommand(),
  },
  {
    name: 'migrate',
    summary: 'bring the database to the schema of this program',
    load: async () => (await import('./migrate.ts')).migrateCommand(),
  },
  {
    name: 'lab',
    summary: 'an S3 store with faults on request, to test against',
    load: async () => new Command('lab').addCommand((await import('./lab-origin.ts')).labOriginCommand()),
  },
];

const DESCRIPTION = `Sluice serves objects of any size from S3 or a folder over its own HTTP API, and
lets go of the store the instant its client hangs up.`;

const FIRST_STEPS = `
First steps:
  $ sluice demo                                              everything at once, with commands to try
  $ sluice catalog add genome s3://library/runs/genome.bam   an id for an object
  $ sluice catalog scan s3://library/runs/                   ids for all objects below a prefix
  $ sluice serve                                             GET http://127.0.0.1:8080/data/genome

The commands read ./sluice.yaml, or the file after --config.`;

async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('sluice')
    .description(DESCRIPTION)
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', FIRST_STEPS)
    .helpCommand('help [command]', 'print the help of a command');
  // `sluice serve` and `sluice help serve`.
  const named = args.filter((arg) => !arg.startsWith('-')).slice(0, 2);
  for (const { name, summary, load } of COMMANDS) {
    const command = named.includes(name) ? await load() : new Command(name).allowUnknownOption();
    program.addCommand(command.summary(summary));
  }
  prepare(program);
  return program;
}

/** Every command throws instead of exiting, and names itself in its errors as the others do. */
function prepare(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'sluice: ').replace('\n(Did', ' (Did')),
  });
  command.showHelpAfterError(false).showSuggestionAfterError();
  for (const child of command.commands) prepare(child);
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

// Whoever reads our output has what it wanted, as in `sluice catalog list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
// Nobody hears us complain: the work goes on.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  const program = await buildProgram(process.argv.slice(2));
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportFailure(error, { environment: process.env, stderr: process.stderr });
}
