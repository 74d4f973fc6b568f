// npm run test:s3: brings up real S3 servers that are not ours, one after the other, and runs every suite over each.
// Whatever happens, each is ended and its files are removed; what could not be run is said in the last lines.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Children } from './children.ts';
import { measureDifferences, toMarkdown } from './differences.ts';
import type { Measured } from './differences.ts';
import { parseRunOptions } from './options.ts';
import type { RunOptions } from './options.ts';
import { canInstall, findMissing, install, toInstallCommand } from './packages.ts';
import { runSuite, SUITES } from './run-suite.ts';
import type { S3Server, ServerKind } from './server.ts';
import { ceph } from './servers/ceph.ts';
import { s3rver } from './servers/s3rver.ts';
import { swift } from './servers/swift.ts';

const KINDS: readonly ServerKind[] = [swift, ceph, s3rver];

/** What a shell reports for a command that Ctrl-C ended. */
const INTERRUPTED_EXIT_CODE = 130;

const USAGE_EXIT_CODE = 2;

type Skipped = { readonly kind: ServerKind; readonly reason: string };

function toSeconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** Brings a server up in a new folder, lets `use` have it, and takes it away again. */
async function withServer(
  kind: ServerKind,
  signal: AbortSignal,
  use: (server: S3Server) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  await withChildren(`${kind.name}-`, { signal, env: kind.env }, async (folder, children) => {
    console.log(`\n${kind.title}: starting`);
    const server = await kind.start({ folder, children });
    console.log(`${kind.title}: up after ${toSeconds(startedAt)}, at ${server.endpoint}`);
    await use(server);
  });
}

async function withChildren(
  name: string,
  { signal, env }: { readonly signal: AbortSignal; readonly env?: ServerKind['env'] },
  use: (folder: string, children: Children) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `sluice-s3-${name}`));
  const children = new Children(join(folder, 'processes'), { env: env?.(folder) ?? {}, signal });
  const onAbort = () => void children.stop();
  signal.addEventListener('abort', onAbort);
  try {
    await use(folder, children);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await children.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why a server cannot be run here, if so; installs it if that is wanted and possible. */
async function findObstacle(kind: ServerKind, options: RunOptions, signal: AbortSignal): Promise<string | undefined> {
  const missing = findMissing(kind);
  if (missing.length === 0) return undefined;
  const lacks = `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not on this machine`;
  if (!options.install) return lacks;
  if (!canInstall()) return `${lacks}, and only root can install it, with apt-get`;
  console.log(`\n${kind.title}: installing ${kind.packages.join(' ')}`);
  try {
    const env = () => ({ DEBIAN_FRONTEND: 'noninteractive' });
    await withChildren('apt-', { signal, env }, (_folder, children) => install(kind, children));
  } catch (error) {
    signal.throwIfAborted();
    return `${lacks}, and could not be installed: ${String(error)}`;
  }
  const stillMissing = findMissing(kind);
  return stillMissing.length === 0 ? undefined : `its packages have no ${stillMissing.join(', ')}`;
}

/** Runs every suite; returns how many tests failed. */
async function runSuites(server: S3Server, { sizes }: RunOptions, signal: AbortSignal): Promise<number> {
  let failedInAll = 0;
  for (const suite of SUITES) {
    const startedAt = performance.now();
    const { passed, failed, report } = await runSuite(suite, { server, sizes }, signal);
    const failures = failed === 0 ? '' : `, ${failed} FAILED`;
    console.log(
      `  ${suite.title.padEnd(20)} ${String(passed).padStart(4)} tests passed${failures}, ${toSeconds(startedAt)}`,
    );
    if (failed > 0) console.log(report);
    // A suite that ended without a test has told nothing.
    failedInAll += failed + (passed === 0 ? 1 : 0);
  }
  return failedInAll;
}

function printSkipped(skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return;
  console.log('\nNot run over every S3 server that it could be:');
  for (const { kind, reason } of skipped) {
    console.log(`  ${kind.title}: ${reason}.`);
    console.log(`    Get it on Debian or Ubuntu, as root: ${toInstallCommand(kind)}`);
    console.log(`    then: npm run test:s3 -- --servers ${kind.name}   (which as root installs it by itself, too)`);
  }
}

/** Returns the exit code. */
async function main(options: RunOptions, signal: AbortSignal): Promise<number> {
  const skipped: Skipped[] = [];
  const passed: string[] = [];
  const failed: string[] = [];
  const measured: Measured[] = [];
  for (const kind of KINDS.filter(({ name }) => options.servers.includes(name))) {
    const reason = await findObstacle(kind, options, signal);
    if (reason !== undefined) {
      skipped.push({ kind, reason });
      continue;
    }
    await withServer(kind, signal, async (server) => {
      if (options.differences) measured.push({ title: kind.title, found: await measureDifferences(server) });
      else ((await runSuites(server, options, signal)) === 0 ? passed : failed).push(kind.title);
    });
  }
  if (measured.length > 0) console.log(`\n${toMarkdown(measured)}`);
  if (passed.length > 0) console.log(`\nEvery test has passed over ${passed.join(', ')}.`);
  if (failed.length > 0) console.log(`\nFAILED over ${failed.join(', ')}.`);
  printSkipped(skipped);
  return failed.length > 0 || (skipped.length > 0 && !options.ifPresent) ? 1 : 0;
}

const stop = new AbortController();
let interruption: NodeJS.Signals | undefined;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interruption ??= name;
    stop.abort();
  });
}
// So that what was started is ended then, too.
process.on('uncaughtException', (error) => {
  if (!stop.signal.aborted) console.error(error);
  stop.abort();
});

try {
  const names = KINDS.map(({ name }) => name);
  const options = parseRunOptions(process.argv.slice(2), names);
  process.exitCode = typeof options === 'string' ? USAGE_EXIT_CODE : await main(options, stop.signal);
  if (typeof options === 'string') console.error(options);
} catch (error) {
  if (!stop.signal.aborted) console.error(error);
  if (interruption) console.error(`\nEnded by ${interruption}; every server was ended and its files removed.`);
  process.exitCode = interruption ? INTERRUPTED_EXIT_CODE : 1;
}
