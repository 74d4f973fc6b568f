// `npm run soak`: random clients, an origin at which things go wrong, and at the end nothing wrong and nothing left.
// Exits with 1 and with what was wrong otherwise.
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { Processes } from '../processes.ts';
import { countOpenFiles, forgetPeakRss, readPeakRssBytes, readRssBytes } from '../process-usage.ts';
import { makeFolder, withFolders } from '../temporary.ts';
import { findTools } from '../tools.ts';
import { Random } from '../../src/random.test-double.ts';
import { findWrongs, toMib } from './findings.ts';
import type { Findings } from './findings.ts';
import { openHouse, toFaults } from './house.ts';
import type { House } from './house.ts';
import { USAGE, parseOptions } from './options.ts';
import type { SoakOptions } from './options.ts';
import { visit } from './visit.ts';
import { planVisit } from './visit-plan.ts';

const MEBIBYTE = 2 ** 20;
const BYTES_PER_GB = 1e9;
const MS_PER_MINUTE = 60_000;
const REPORT_MS = 30_000;

const WARM_UP_VISITS = 100;

/** The pool closes what lies idle after 15 s. */
const RELEASE_TIMEOUT_MS = 45_000;
const RELEASE_POLL_MS = 250;

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), Date.now());
  if (!options) {
    console.log(USAGE);
    return;
  }
  if (process.platform !== 'linux') throw new Error('memory and open files are read from /proc, which only Linux has');
  const findings = await withFolders([await makeFolder()], ([folder], signal) => soak(options, { folder, signal }));
  const wrongs = findWrongs(findings);
  for (const wrong of wrongs) console.error(`soak: wrong: ${wrong}`);
  if (wrongs.length > 0) process.exitCode = 1;
  else console.log('soak: nothing was wrong, and nothing is left');
}

type Place = { readonly folder: string; readonly signal: AbortSignal };

async function soak(options: SoakOptions, { folder, signal }: Place): Promise<Findings> {
  const processes = new Processes(folder, signal);
  const killAll = () => processes.killAll();
  process.once('exit', killAll);
  try {
    const bench: Bench = { folder, processes, tools: findTools(process.env['PATH'] ?? '') };
    const house = await openHouse(bench, options);
    return await run(house, { ...options, signal });
  } finally {
    await processes.stopAll();
    process.off('exit', killAll);
  }
}

type Run = SoakOptions & { readonly signal: AbortSignal };

async function run(house: House, { minutes, clients, seed, budgetMib, hasFaults, signal }: Run): Promise<Findings> {
  // The house itself has asked for the bundle.
  const tally = { heard: 1, unheard: 0, bytes: 0, visits: 0, complaints: [] as string[] };
  const random = new Random(seed);
  const one = async (): Promise<void> => {
    const plan = planVisit(random, house.objects);
    try {
      const { heard, unheard, bytes } = await visit(plan, house);
      tally.heard += heard;
      tally.unheard += unheard;
      tally.bytes += bytes;
    } catch (error) {
      // Whether the ledger has what came to such an end does not matter any more.
      tally.unheard += plan.asks.length;
      tally.complaints.push(error instanceof Error ? error.message : String(error));
    }
    tally.visits += 1;
  };
  const many = async (isOver: () => boolean): Promise<void> => {
    const keepComing = async (): Promise<void> => {
      while (!isOver() && !signal.aborted) await one();
    };
    await Promise.all(Array.from({ length: clients }, keepComing));
    signal.throwIfAborted();
  };

  console.log(`soak: seed ${seed}, ${clients} clients at once, ${minutes} minutes${hasFaults ? '' : ', no faults'}`);
  await many(() => tally.visits >= WARM_UP_VISITS);
  await untilReleased(house);
  const idleRssBytes = readRssBytes(house.pid);
  const openFilesBefore = countOpenFiles(house.pid);
  forgetPeakRss(house.pid);

  if (hasFaults) await house.lab.setFaults(toFaults(seed));
  const endMs = performance.now() + minutes * MS_PER_MINUTE;
  const reporting = setInterval(() => {
    const { visits, bytes, complaints } = tally;
    const rss = `${toMib(readRssBytes(house.pid))} MiB, ${toMib(readPeakRssBytes(house.pid))} at the most`;
    console.log(
      `soak: ${visits} visits, ${(bytes / BYTES_PER_GB).toFixed(1)} GB, ${rss}, ${complaints.length} complaints`,
    );
  }, REPORT_MS);
  try {
    await many(() => performance.now() > endMs);
  } finally {
    clearInterval(reporting);
  }

  const struck = await house.lab.countStruck();
  await house.lab.setFaults([]);
  const left = await untilReleased(house);
  const peakRssBytes = readPeakRssBytes(house.pid);
  const openFilesAfter = countOpenFiles(house.pid);
  const { transfers, outcomes, errors } = await house.stop();
  const { visits, heard, unheard, bytes, complaints } = tally;
  const ends = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  console.log(`soak: ${visits} visits, ${(bytes / BYTES_PER_GB).toFixed(1)} GB; the ledger has ${transfers}: ${ends}`);
  console.log(`soak: ${struck} requests went wrong at the origin`);
  console.log(`soak: memory ${toMib(idleRssBytes)} MiB when idle, ${toMib(peakRssBytes)} at the most`);
  const budgetBytes = budgetMib * MEBIBYTE;
  const figures = { idleRssBytes, peakRssBytes, budgetBytes, openFilesBefore, openFilesAfter };
  return { complaints, heard, unheard, transfers, errors, ...figures, ...left };
}

type Left = Pick<Findings, 'connections' | 'transfersUnderWay'>;

/** Waits until nothing is under way and the gateway's idle connections are closed, for as long as that may take. */
async function untilReleased(house: House): Promise<Left> {
  const deadlineMs = performance.now() + RELEASE_TIMEOUT_MS;
  for (;;) {
    const { connections } = await (await house.lab.mark())();
    const left = { connections: connections.open, transfersUnderWay: await house.countTransfers() };
    const isReleased = left.connections === 0 && left.transfersUnderWay === 0;
    if (isReleased || performance.now() > deadlineMs) return left;
    await delay(RELEASE_POLL_MS);
  }
}

try {
  await main();
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
