// `npm run bench:gateway`: what the gateway costs beside nginx, haproxy and a plain Node proxy, all in one run.
// Exits with 0 whatever the figures are, and with 1 where some that were asked for are missing.
import { cpus, loadavg, release, type } from 'node:os';
import type { Bench } from './bench.ts';
import { createObjects, makeObjectFolder } from './object.ts';
import { parseOptions, USAGE } from './options.ts';
import type { BenchOptions } from './options.ts';
import { startOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { Processes } from './processes.ts';
import { formatReport } from './report.ts';
import type { Failure, Report } from './report.ts';
import type { Section } from './section.ts';
import { NEEDS, SUITES } from './suites.ts';
import { makeFolder, withFolders } from './temporary.ts';
import { describeMissing, findTools } from './tools.ts';
import type { Tools } from './tools.ts';

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    console.log(USAGE);
    return;
  }
  if (process.platform !== 'linux') throw new Error('CPU times are read from /proc, which only Linux has');
  const tools = findTools(process.env['PATH'] ?? '');
  const missing = describeMissing(tools);
  for (const line of missing) showProgress(line);
  const folders = [await makeFolder(), await makeObjectFolder()] as const;
  const report = await withFolders(folders, ([folder, root], signal) =>
    measure({ options, tools, folder, root, signal }),
  );
  console.log(options.json ? JSON.stringify(report, null, 2) : formatReport(report));
  if (report.failures.length > 0) process.exitCode = 1;
}

type Run = {
  readonly options: BenchOptions;
  readonly tools: Tools;
  readonly folder: string;
  readonly root: string;
  readonly signal: AbortSignal;
};

async function measure({ options, tools, folder, root, signal }: Run): Promise<Report> {
  const loadBefore = loadavg()[0] ?? 0;
  const processes = new Processes(folder, signal);
  const killAll = () => processes.killAll();
  process.once('exit', killAll);
  try {
    const bench: Bench = { folder, processes, tools };
    let starting: Promise<Origin> | undefined;
    const origin = () => (starting ??= startFastOrigin(bench, { root, signal }));
    const sections: Section[] = [];
    const failures: Failure[] = [];
    for (const suite of options.only) {
      const tool = NEEDS[suite];
      // What is missing is told with the setting.
      if (tool !== undefined && !tools.has(tool)) continue;
      try {
        sections.push(await SUITES[suite]({ bench, options, origin, onProgress: showProgress }));
      } catch (error) {
        signal.throwIfAborted();
        failures.push({ suite, reason: toMessage(error) });
        showProgress(`no figures of ${suite}: ${toMessage(error)}`);
      }
    }
    if (sections.length === 0) throw new Error('there are no figures');
    const programs = [...tools].map(([name, { version }]) => `${name} ${version}`);
    const setting = {
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${type()} ${release()}`,
      loadBefore,
      programs: [`node ${process.versions.node}`, ...programs],
      missing: describeMissing(tools),
      origin: starting ? (await starting).description : 'of the lab alone',
    };
    return { setting, sections, failures };
  } finally {
    await processes.stopAll();
    process.off('exit', killAll);
  }
}

type FastOrigin = { readonly root: string; readonly signal: AbortSignal };

async function startFastOrigin(bench: Bench, { root, signal }: FastOrigin): Promise<Origin> {
  showProgress('writing 1.25 GiB of objects');
  return startOrigin(bench, await createObjects(root, signal));
}

function showProgress(text: string): void {
  console.error(`bench: ${text}`);
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${toMessage(error)}`);
  process.exitCode = 1;
}
