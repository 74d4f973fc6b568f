// `npm run bench:gateway`: what the gateway costs beside nginx, haproxy and a plain Node proxy, all in one run.
// Exits with 0 whatever the figures are, and with 1 only when there are none.
import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, type } from 'node:os';
import { join } from 'node:path';
import type { Bench, Upstream } from './bench.ts';
import { prepareContenders } from './contenders.ts';
import { createDownloads } from './downloads.ts';
import { createObject, makeObjectFolder } from './object.ts';
import { parseOptions, USAGE } from './options.ts';
import type { BenchOptions } from './options.ts';
import { startOrigin } from './origin.ts';
import { Processes } from './processes.ts';
import { createRanges } from './ranges.ts';
import { formatReport } from './report.ts';
import type { Report } from './report.ts';
import { runSection } from './section.ts';
import type { Section } from './section.ts';
import { describeMissing, findTools } from './tools.ts';
import type { Tools } from './tools.ts';
import type { Workload } from './workload.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    console.log(USAGE);
    return;
  }
  if (process.platform !== 'linux') throw new Error('CPU times are read from /proc, which only Linux has');
  const tools = findTools(process.env['PATH'] ?? '');
  const missing = describeMissing(tools);
  if (!tools.has('curl') && !tools.has('wrk')) throw new Error(`there is nothing to ask with\n${missing.join('\n')}`);
  for (const line of missing) showProgress(line);
  const report = await withFolders((folder, root, signal) => measure({ options, tools, folder, root, signal }));
  console.log(options.json ? JSON.stringify(report, null, 2) : formatReport(report));
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
    showProgress('writing an object of 1 GiB');
    const object = await createObject(root, signal);
    const origin = await startOrigin(bench, object);
    const [curl, wrk] = [tools.get('curl'), tools.get('wrk')];
    const downloads = curl ? [createDownloads(bench, { curl, object, count: options.downloads })] : [];
    const ranges = wrk ? [createRanges(bench, { wrk, seconds: options.rangesSeconds })] : [];
    const sections = [
      ...(await runSections(bench, { upstream: origin.plain, workloads: [...downloads, ...ranges], options })),
      ...(await runSections(bench, { upstream: origin.tls, workloads: downloads, options })),
    ];
    const programs = [...tools].map(([name, { version }]) => `${name} ${version}`);
    const setting = {
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${type()} ${release()}`,
      loadBefore,
      programs: [`node ${process.versions.node}`, ...programs],
      missing: describeMissing(tools),
      origin: `${origin.description}; 1 GiB of noise in ${root}`,
      rounds: options.rounds,
    };
    return { setting, sections };
  } finally {
    await processes.stopAll();
    process.off('exit', killAll);
  }
}

type Sections = {
  readonly upstream: Upstream;
  readonly workloads: readonly Workload[];
  readonly options: BenchOptions;
};

async function runSections(bench: Bench, { upstream, workloads, options }: Sections): Promise<readonly Section[]> {
  if (workloads.length === 0) return [];
  const proxies = await prepareContenders(bench, upstream);
  const sections: Section[] = [];
  for (const workload of workloads) {
    const { rounds } = options;
    sections.push(await runSection(workload, proxies, { upstream: upstream.kind, rounds, onProgress: showProgress }));
  }
  return sections;
}

/** Lends two folders, for small files and for the object, and removes them in every case. */
async function withFolders<Result>(
  task: (folder: string, root: string, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  for (const name of STOP_SIGNALS) process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const folders = [await mkdtemp(join(tmpdir(), 'sluice-bench-')), await makeObjectFolder()] as const;
  const removeNow = () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  process.once('exit', removeNow);
  try {
    return await task(...folders, stop.signal);
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    process.off('exit', removeNow);
  }
}

function showProgress(text: string): void {
  console.error(`bench: ${text}`);
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
