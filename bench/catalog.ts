// `npm run bench:catalog`: how fast a library of ten million objects is imported into SQLite, in how much memory, and
// how long a look-up and a page take then, with nothing remembered. Exits with 0 whatever the figures are.
import { stat } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Catalog } from '../src/catalog/catalog.ts';
import { createCatalog } from '../src/catalog/database-catalog.ts';
import { exportEntries } from '../src/catalog/export.ts';
import { importEntries } from '../src/catalog/import.ts';
import type { Schema } from '../src/database/schema.ts';
import { openSqlite } from '../src/database/sqlite.ts';
import { idOf, libraryLines } from './catalog-library.ts';
import { parseOptions, USAGE } from './catalog-options.ts';
import type { CatalogBenchOptions } from './catalog-options.ts';
import { readPeakRssBytes } from './process-usage.ts';
import { toPercentile } from './statistics.ts';
import { formatTable } from './table.ts';
import { makeFolder, withFolders } from './temporary.ts';

const MEBIBYTE = 2 ** 20;

/** Entries of a page, as an export and the command line ask for them. */
const PAGE_SIZE = 1_000;

/** What the numbers are held against. */
const TARGETS = { importRowsPerSecond: 100_000, lookupP99Ms: 1 };

type Latency = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

type Figures = {
  readonly rows: number;
  readonly databaseBytes: number;
  /** Reading, checking and writing; without making the lines. */
  readonly importRowsPerSecond: number;
  readonly exportRowsPerSecond: number;
  /** The most memory the process ever had, when a tenth was imported, and when all was. */
  readonly peakRssAtTenthBytes: number;
  readonly peakRssAfterImportBytes: number;
  readonly peakRssAtEndBytes: number;
  readonly lookup: Latency;
  readonly missingLookup: Latency;
  readonly page: Latency;
};

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    console.log(USAGE);
    return;
  }
  if (process.platform !== 'linux') throw new Error('memory is read from /proc, which only Linux has');
  const loadBefore = loadavg()[0] ?? 0;
  const figures = await withFolders([await makeFolder()], ([folder], signal) => measure(options, folder, signal));
  if (options.json) console.log(JSON.stringify({ ...figures, shuffled: options.shuffled, loadBefore }, null, 2));
  else console.log(formatFigures(figures, loadBefore));
}

async function measure(options: CatalogBenchOptions, folder: string, signal: AbortSignal): Promise<Figures> {
  const path = join(folder, 'catalog.db');
  const database = await openSqlite(path);
  try {
    const catalog = createCatalog(database);
    const imported = await measureImport(database, options, signal);
    const lookup = await measureLookups(options, (index) => catalog.find(idOf(index, options)), signal);
    const missingLookup = await measureLookups(options, (index) => catalog.find(`${idOf(index, options)}x`), signal);
    const pages = { ...options, lookups: Math.ceil(options.lookups / 100) };
    const nextPage = (index: number) => catalog.list({ after: idOf(index, options), limit: PAGE_SIZE });
    const page = await measureLookups(pages, nextPage, signal);
    const exportRowsPerSecond = await measureExport(catalog, options, signal);
    return {
      rows: options.rows,
      databaseBytes: (await stat(path)).size,
      ...imported,
      exportRowsPerSecond,
      lookup,
      missingLookup,
      page,
      peakRssAtEndBytes: readPeakRssBytes(process.pid),
    };
  } finally {
    await database.destroy();
  }
}

async function measureImport(database: Kysely<Schema>, options: CatalogBenchOptions, signal: AbortSignal) {
  const { rows } = options;
  let makingMs = 0;
  let peakRssAtTenthBytes: number | undefined;
  let told = 0;
  const began = performance.now();
  await importEntries({
    input: libraryLines(options, (ms) => void (makingMs += ms)),
    database,
    signal,
    onProgress: ({ imported }) => {
      if (imported >= rows / 10) peakRssAtTenthBytes ??= readPeakRssBytes(process.pid);
      if (imported - told < rows / 10) return;
      told = imported;
      showProgress(`${imported} imported, ${Math.round(imported / (performance.now() - began - makingMs))} thousand/s`);
    },
  });
  return {
    importRowsPerSecond: (rows / (performance.now() - began - makingMs)) * 1_000,
    peakRssAtTenthBytes: peakRssAtTenthBytes!,
    peakRssAfterImportBytes: readPeakRssBytes(process.pid),
  };
}

type Ask = (index: number) => Promise<unknown>;

async function measureLookups({ rows, lookups }: CatalogBenchOptions, ask: Ask, signal: AbortSignal): Promise<Latency> {
  const times = new Float64Array(lookups);
  for (let turn = 0; turn < lookups; turn += 1) {
    signal.throwIfAborted();
    const index = Math.floor(Math.random() * rows);
    const began = performance.now();
    await ask(index);
    times[turn] = performance.now() - began;
  }
  const all = [...times];
  return { p50Ms: toPercentile(all, 0.5), p99Ms: toPercentile(all, 0.99), maxMs: toPercentile(all, 1) };
}

async function measureExport(catalog: Catalog, { rows }: CatalogBenchOptions, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  let bytes = 0;
  for await (const text of exportEntries(catalog, { signal })) bytes += text.length;
  if (bytes === 0) throw new Error('the export is empty');
  return (rows / (performance.now() - began)) * 1_000;
}

function formatFigures(figures: Figures, loadBefore: number): string {
  const { rows, lookup, missingLookup, page } = figures;
  const [tenth, all, end] = [
    figures.peakRssAtTenthBytes,
    figures.peakRssAfterImportBytes,
    figures.peakRssAtEndBytes,
  ].map((bytes) => (bytes / MEBIBYTE).toFixed(0));
  const latency = (name: string, { p50Ms, p99Ms, maxMs }: Latency) => [name, ...[p50Ms, p99Ms, maxMs].map(formatMs)];
  return [
    `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}; load average ${loadBefore.toFixed(2)} before the run`,
    `${rows} objects in SQLite, ${(figures.databaseBytes / rows).toFixed(0)} bytes of disk each`,
    `import: ${toThousands(figures.importRowsPerSecond)} rows/s; export: ${toThousands(figures.exportRowsPerSecond)} rows/s`,
    `peak memory: ${tenth} MiB when a tenth was imported, ${all} MiB when all was, ${end} MiB at the end`,
    '',
    ...formatTable(
      ['uncached, one after the other', 'p50 ms', 'p99 ms', 'max ms'],
      [latency('look-up', lookup), latency('look-up of no id', missingLookup), latency(`page of ${PAGE_SIZE}`, page)],
    ),
    '',
    formatVerdict('import', figures.importRowsPerSecond >= TARGETS.importRowsPerSecond, '100,000 rows/s or more'),
    formatVerdict('look-up', lookup.p99Ms < TARGETS.lookupP99Ms, `p99 below ${TARGETS.lookupP99Ms} ms`),
  ].join('\n');
}

function formatVerdict(name: string, isMet: boolean, target: string): string {
  return `target ${isMet ? 'met' : 'not met'}: ${name}, ${target}`;
}

function formatMs(ms: number): string {
  return ms.toFixed(3);
}

function toThousands(rows: number): string {
  return Math.round(rows).toLocaleString('en');
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
