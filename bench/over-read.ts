// The workload of clients that leave or stall: what has left the origin that nobody wanted, and how soon it is told.
// As the figures of other systems were taken: ten bytes of 20 GiB, 0.3 s, a reset.
import { seedOf, syntheticBytes } from '../src/lab/origin/synthetic-bytes.ts';
import { toAheadMs } from './clock-offset.ts';
import type { Sighting } from './clock-offset.ts';
import type { Running } from './contenders.ts';
import type { Lab } from './lab.ts';
import { BUCKET } from './object.ts';
import { RawClient } from './raw-client.ts';
import { toPercentile } from './statistics.ts';
import { CLOSE_TIMEOUT_MS, hangUp, now, stall, timeCloses } from './visits.ts';
import type { Place } from './visits.ts';
import type { Metric, Sample, Target, Workload } from './workload.ts';

type Key =
  | 'tenBytesMib'
  | 'togetherMib'
  | 'stalledMib'
  | 'sendingP50Ms'
  | 'sendingP99Ms'
  | 'silentP50Ms'
  | 'silentP99Ms';

export const LARGE = { key: 'large', flag: 'large=20GiB' } as const;

const TOGETHER = 64;
const SIGHTINGS = 20;
/** Read and compared before anything is measured. */
const CHECKED_BYTES = 16 << 20;
const READ_BYTES = 64 << 10;

const METRICS: readonly Metric<Key>[] = [
  { key: 'tenBytesMib', heading: '10 bytes MiB', digits: 2, compared: true },
  { key: 'togetherMib', heading: `${TOGETHER} at once MiB`, digits: 1, compared: false },
  { key: 'stalledMib', heading: 'stalled MiB', digits: 2, compared: false },
  { key: 'sendingP50Ms', heading: 'sending p50 ms', digits: 1, compared: false },
  { key: 'sendingP99Ms', heading: 'p99 ms', digits: 1, compared: false },
  { key: 'silentP50Ms', heading: 'silent p50 ms', digits: 1, compared: false },
  { key: 'silentP99Ms', heading: 'silent p99 ms', digits: 1, compared: false },
];

const TARGETS: readonly Target<Key>[] = [
  { key: 'tenBytesMib', of: 'sluice', bound: 'at most', value: 0.5 },
  { key: 'tenBytesMib', of: 'sluice, kernel off', bound: 'at most', value: 4 },
  { key: 'togetherMib', of: 'sluice', bound: 'at most', value: 40 },
  { key: 'stalledMib', of: 'sluice', bound: 'at most', value: 4 },
  { key: 'silentP99Ms', of: 'sluice', bound: 'at most', value: 10 },
  { key: 'silentP99Ms', of: 'sluice, kernel off', bound: 'at most', value: 10 },
];

export type OverReadOptions = {
  readonly lab: Lab;
  /** Of each kind, in each round. */
  readonly hangUps: number;
  readonly closes: number;
};

export function createOverRead({ lab, hangUps, closes }: OverReadOptions): Workload<Key> {
  async function measure({ url }: Running): Promise<Sample<Key>> {
    const aheadMs = toAheadMs(await sightClock(lab));
    const place: Place = { lab, url, aheadMs };
    const tenBytes: number[] = [];
    while (tenBytes.length < hangUps) tenBytes.push(await hangUp(place, 1));
    const togetherMib = await hangUp(place, TOGETHER);
    const stalledMib = await stall(place);
    const sending = await timeCloses(place, 'sending', closes);
    const silent = await timeCloses(place, 'silent', closes);
    return {
      tenBytesMib: toPercentile(tenBytes, 0.5),
      togetherMib,
      stalledMib,
      sendingP50Ms: sending.p50Ms,
      sendingP99Ms: sending.p99Ms,
      silentP50Ms: silent.p50Ms,
      silentP99Ms: silent.p99Ms,
    };
  }

  return {
    title: 'Clients of 20 GiB that leave or stall',
    notes: [
      `MiB are what left the origin: for a client that takes 10 bytes, waits 0.3 s and resets (median of ${hangUps});`,
      `for ${TOGETHER} of them at once; and beyond the 10 MB that one took before it stopped reading for 3 s.`,
      `ms are from the client's reset to the origin's close (of ${closes}), while the origin sends and after it has gone`,
      `silent; 0 where nothing was under way, ${CLOSE_TIMEOUT_MS} where nothing was closed within as long.`,
    ],
    metrics: METRICS,
    targets: TARGETS,
    prepare,
    measure,
  };
}

/** Reads the beginning of the object and compares it. */
async function prepare({ name, url }: Running): Promise<void> {
  const seed = seedOf(`${BUCKET}/${LARGE.key}`);
  let isRight = true;
  const onBody = (bytes: Uint8Array, offset: number) => {
    isRight &&= Buffer.compare(bytes, syntheticBytes({ seed, offset, length: bytes.length })) === 0;
  };
  const client = await RawClient.connect(url, { readBytes: READ_BYTES, onBody });
  try {
    client.ask(new URL(url).pathname);
    const { status } = await client.take(CHECKED_BYTES);
    if (status !== 200 || !isRight) throw new Error(`${name} gave other bytes than the object's, status ${status}`);
  } finally {
    client.reset();
  }
}

/** Requests of the lab's origin itself: its meter says when each began. */
async function sightClock(lab: Lab): Promise<readonly Sighting[]> {
  const path = `/${BUCKET}/${LARGE.key}`;
  const client = await RawClient.connect(`http://127.0.0.1:${lab.upstream.port}`, { readBytes: READ_BYTES });
  const sightings: Sighting[] = [];
  try {
    for (let sighting = 0; sighting < SIGHTINGS; sighting += 1) {
      const read = await lab.mark();
      const beforeMs = now();
      client.ask(path, 'bytes=0-0');
      await client.takeAll();
      const afterMs = now();
      const [request] = (await read()).requests;
      if (request) sightings.push({ beforeMs, theirsMs: request.startedAt, afterMs });
    }
  } finally {
    client.reset();
  }
  return sightings;
}
