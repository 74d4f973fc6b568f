// The workloads that memory is measured by: what the gateway has at the most while many or large transfers are under
// way, above what it had when it was warm and at rest.
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import type { Running } from './contenders.ts';
import { CURL_FLAGS } from './downloads.ts';
import type { Lab } from './lab.ts';
import { forgetPeakRss, readPeakRssBytes, readRssBytes } from './process-usage.ts';
import { RawClient } from './raw-client.ts';
import { startReaders } from './readers-process.ts';
import type { Readers } from './readers-process.ts';
import type { Tool } from './tools.ts';
import type { Metric, Sample, Target, Workload } from './workload.ts';

type Key = 'aboveIdleMib' | 'idleMib' | 'lost' | 'upstream' | 'gbPerSecond';

export const HUGE_KEY = 'huge';

/** What sluice.yaml's memory.budget is by default: it is what the targets are said in. */
const BUDGET_MIB = 256;

const MEBIBYTE = 2 ** 20;
const BYTES_PER_GB = 1e9;

const WARM_UP_RANGES = 2_000;
const WARM_UP_RANGE = 'bytes=0-65535';
const READ_BYTES = 64 << 10;
/** V8 gives back what a load has left within a second or two. */
const REST_MS = 2_000;

const HOLD_MS = 3_000;
/** The pool closes what lies idle after 15 s. */
const UPSTREAM_TIMEOUT_MS = 60_000;
const UPSTREAM_POLL_MS = 500;

const METRICS: readonly Metric<Key>[] = [
  { key: 'aboveIdleMib', heading: 'above idle MiB', digits: 0, compared: false },
  { key: 'idleMib', heading: 'idle MiB', digits: 0, compared: false },
  { key: 'lost', heading: 'lost readers', digits: 0, compared: false },
  { key: 'upstream', heading: 'upstream connections', digits: 0, compared: false },
];

const SPEED: Metric<Key> = { key: 'gbPerSecond', heading: 'GB/s', digits: 2, compared: false };

const NOTES: readonly string[] = [
  `idle: VmRSS after ${WARM_UP_RANGES} ranges of 64 KiB and ${REST_MS / 1000} s of rest; above idle: the most since (VmHWM) less that.`,
  'upstream connections: open at the origin in the end, before the readers leave.',
];

/** What became of the load. */
type Outcome = { readonly lost: number; readonly upstream: number; readonly gbPerSecond: number };

type MemoryOptions = {
  readonly title: string;
  readonly limitMib: number;
  readonly note?: string;
  /** Puts the load on, holds it, and takes it off. */
  readonly load: (proxy: Running) => Promise<Outcome>;
  /** Beyond those that every load has. */
  readonly metrics?: readonly Metric<Key>[];
  /** Beyond those for memory, and that nobody is lost. */
  readonly targets?: readonly Target<Key>[];
};

function createMemory({ title, limitMib, note, load, metrics = [], targets = [] }: MemoryOptions): Workload<Key> {
  async function measure(proxy: Running): Promise<Sample<Key>> {
    await delay(REST_MS);
    const idleBytes = readRssBytes(proxy.pid);
    forgetPeakRss(proxy.pid);
    const outcome = await load(proxy);
    const aboveIdleMib = (readPeakRssBytes(proxy.pid) - idleBytes) / MEBIBYTE;
    return { aboveIdleMib, idleMib: idleBytes / MEBIBYTE, ...outcome };
  }

  return {
    title: `Memory: ${title}`,
    notes: [...(note === undefined ? [] : [note]), ...NOTES],
    metrics: [...METRICS, ...metrics],
    targets: [
      { key: 'aboveIdleMib', of: 'sluice', bound: 'at most', value: limitMib },
      { key: 'lost', of: 'sluice', bound: 'at most', value: 0 },
      ...targets,
    ],
    prepare: warmUp,
    measure,
  };
}

export type StreamOptions = { readonly lab: Lab; readonly curl: Tool; readonly gib: number };

/** One client takes all of a huge object. */
export function createStream({ processes }: Bench, { lab, curl, gib }: StreamOptions): Workload<Key> {
  const load = async ({ url }: Running): Promise<Outcome> => {
    const flags = [...CURL_FLAGS, '--output', '/dev/null', '--write-out', '%{size_download} %{time_total}'];
    const [bytes = 0, seconds = 0] = (await processes.run([curl.path, ...flags, url], text)).split(' ').map(Number);
    const lost = bytes === gib * 2 ** 30 ? 0 : 1;
    return { lost, upstream: await countUpstream(lab), gbPerSecond: bytes / BYTES_PER_GB / seconds };
  };
  return createMemory({
    title: `one stream of ${gib} GiB, by curl`,
    limitMib: BUDGET_MIB + 32,
    metrics: [SPEED],
    load,
  });
}

export type ReadersLoad = { readonly lab: Lab; readonly count: number };

/** What a reader that has stopped has read before: several windows. */
const STALLED_TAKES_BYTES = 256 << 10;

/** Readers that have read a little and then stop. */
export function createStalled({ processes }: Bench, { lab, count }: ReadersLoad): Workload<Key> {
  const load = async (proxy: Running): Promise<Outcome> => {
    const { url } = proxy;
    const takeBytes = STALLED_TAKES_BYTES;
    const readers = await startReaders(processes, { name: 'stalled readers', url, count, takeBytes, readsOn: false });
    await delay(HOLD_MS);
    return finish(readers, { proxy, lab, count });
  };
  const title = `${count} readers that each take ${STALLED_TAKES_BYTES >> 10} KiB of 20 GiB and stop`;
  return createMemory({ title, limitMib: 128, load });
}

export const PARKED_SETTINGS: readonly string[] = [
  'park: { afterMs: 1000 }',
  'timeouts: { downstreamStallMs: 3600000 }',
  'limits: { transfers: 20000 }',
];

/** Of a body, with the head; more of them at once would have the kernel's buffers full before ours. */
const PARKED_TAKES_BYTES = 1_000;

/** Readers that have stopped, until nothing of them is left upstream. */
export function createParked({ processes }: Bench, { lab, count }: ReadersLoad): Workload<Key> {
  const load = async (proxy: Running): Promise<Outcome> => {
    const { url } = proxy;
    const takeBytes = PARKED_TAKES_BYTES;
    const readers = await startReaders(processes, { name: 'parked readers', url, count, takeBytes, readsOn: false });
    const deadlineMs = performance.now() + UPSTREAM_TIMEOUT_MS;
    while ((await countUpstream(lab)) > 0 && performance.now() < deadlineMs) await delay(UPSTREAM_POLL_MS);
    return finish(readers, { proxy, lab, count });
  };
  return createMemory({
    title: `${count} readers that each take ${PARKED_TAKES_BYTES} bytes of 20 GiB, stop and are parked`,
    note: `sluice.yaml: ${PARKED_SETTINGS.join(', ')}; they stay until the pool has closed what lies idle.`,
    limitMib: 768,
    targets: [{ key: 'upstream', of: 'sluice', bound: 'at most', value: 0 }],
    load,
  });
}

export type BusyOptions = ReadersLoad & { readonly seconds: number };

/** Readers that read as fast as they can. */
export function createBusy({ processes }: Bench, { lab, count, seconds }: BusyOptions): Workload<Key> {
  const load = async (proxy: Running): Promise<Outcome> => {
    const { url } = proxy;
    const readers = await startReaders(processes, { name: 'busy readers', url, count, takeBytes: 1, readsOn: true });
    const startedAtMs = performance.now();
    const { readBytes } = await readers.report();
    await delay(seconds * 1000);
    const bytes = (await readers.report()).readBytes - readBytes;
    const gbPerSecond = bytes / BYTES_PER_GB / ((performance.now() - startedAtMs) / 1000);
    return { ...(await finish(readers, { proxy, lab, count })), gbPerSecond };
  };
  const title = `${count} readers of 20 GiB at full speed for ${seconds} s`;
  return createMemory({ title, limitMib: BUDGET_MIB + 64, metrics: [SPEED], load });
}

type Finish = ReadersLoad & { readonly proxy: Running };

/** Those are lost that did not get what they asked for, or that the gateway serves no more. */
async function finish(readers: Readers, { proxy, lab, count }: Finish): Promise<Outcome> {
  const { there } = await readers.report();
  const health = (await (await fetch(new URL('/healthz', proxy.url))).json()) as { readonly transfers: number };
  const upstream = await countUpstream(lab);
  await readers.stop();
  return { lost: count - Math.min(there, health.transfers), upstream, gbPerSecond: 0 };
}

async function warmUp({ name, url }: Running): Promise<void> {
  const client = await RawClient.connect(url, { readBytes: READ_BYTES });
  try {
    for (let range = 0; range < WARM_UP_RANGES; range += 1) {
      client.ask(new URL(url).pathname, WARM_UP_RANGE);
      const { status } = await client.takeAll();
      if (status !== 206) throw new Error(`${name} answered with ${status}`);
    }
  } finally {
    client.reset();
  }
}

async function countUpstream(lab: Lab): Promise<number> {
  return (await (await lab.mark())()).connections.open;
}
