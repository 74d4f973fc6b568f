// Clients of a huge object that leave or stall, and what each costs the origin: bytes that left it, and the time until
// it was told. All is read from the origin's own meter, so that nothing hangs on what a proxy says of itself.
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestReading } from '../src/lab/origin/meter.ts';
import { untilEnded } from './lab.ts';
import type { Lab } from './lab.ts';
import { RawClient } from './raw-client.ts';
import { toPercentile } from './statistics.ts';

const MEBIBYTE = 2 ** 20;

/** Small, so that little more leaves the kernel than is taken. */
const FEW_BYTES = 1 << 10;
const MANY_BYTES = 64 << 10;

const TEN_BYTES = 10;
/** So long a client sits there before it leaves. */
const SITS_MS = 300;
const STALLED_TAKES_BYTES = 10_000_000;
const STALLED_SITS_MS = 3_000;

/** How far a client is that leaves while the origin is sending. */
const SENDING_BYTES = 4 << 20;
/** After so many the origin is silent; enough for any proxy to have passed on a few. */
const SILENT_AFTER_BYTES = 64 << 10;
/** Some hold back what has come: their clients leave without a byte. */
const SILENT_SITS_MS = 60;

/** What is closed later than this is said to be closed after as long. */
export const CLOSE_TIMEOUT_MS = 2_000;
/** After so many that were never closed, the next ones are not tried. */
const MAX_MISSES = 3;

export type Place = {
  readonly lab: Lab;
  readonly url: string;
  /** What the lab's clock is ahead of ours by. */
  readonly aheadMs: number;
};

/** Each takes ten bytes, sits there, and resets: the MiB that `together` of them cost. */
export async function hangUp({ lab, url }: Place, together: number): Promise<number> {
  const read = await lab.mark();
  const clients = await openMany(url, together, FEW_BYTES);
  await Promise.all(clients.map((client) => client.take(TEN_BYTES)));
  await delay(SITS_MS);
  for (const client of clients) client.reset();
  const requests = (await untilEnded(read, CLOSE_TIMEOUT_MS)) ?? (await read()).requests;
  return sumBytes(requests) / MEBIBYTE;
}

/** One reads 10 MB as fast as it can and then nothing: what left the origin beyond that. */
export async function stall({ lab, url }: Place): Promise<number> {
  const read = await lab.mark();
  const [client] = await openMany(url, 1, MANY_BYTES);
  await client!.take(STALLED_TAKES_BYTES);
  await delay(STALLED_SITS_MS);
  const { requests } = await read();
  const takenBytes = client!.bodyBytes;
  client!.reset();
  await untilEnded(read, CLOSE_TIMEOUT_MS);
  return (sumBytes(requests) - takenBytes) / MEBIBYTE;
}

export type Told = { readonly p50Ms: number; readonly p99Ms: number };

/** How long it takes, in `count` visits, until the origin is told: it is sending, or it has gone silent. */
export async function timeCloses(place: Place, origin: 'sending' | 'silent', count: number): Promise<Told> {
  const { lab } = place;
  if (origin === 'silent') await lab.setFaults([{ fault: { stallAfterBytes: SILENT_AFTER_BYTES } }]);
  const toldMs: number[] = [];
  try {
    for (let misses = 0; toldMs.length < count && misses < MAX_MISSES;) {
      const told = await (origin === 'sending' ? leaveWhileSending(place) : leaveWhileSilent(place));
      toldMs.push(told);
      if (told === CLOSE_TIMEOUT_MS) misses += 1;
    }
  } finally {
    if (origin === 'silent') await lab.setFaults([]);
  }
  return { p50Ms: toPercentile(toldMs, 0.5), p99Ms: toPercentile(toldMs, 0.99) };
}

async function leaveWhileSending({ lab, url, aheadMs }: Place): Promise<number> {
  const read = await lab.mark();
  const [client] = await openMany(url, 1, MANY_BYTES);
  await client!.take(SENDING_BYTES);
  const leftAtMs = now();
  client!.reset();
  return toToldMs(await untilEnded(read, CLOSE_TIMEOUT_MS), leftAtMs + aheadMs);
}

async function leaveWhileSilent({ lab, url, aheadMs }: Place): Promise<number> {
  const read = await lab.mark();
  const [client] = await openMany(url, 1, FEW_BYTES);
  const taken = client!.take(TEN_BYTES).catch(() => undefined);
  await Promise.race([taken, delay(SILENT_SITS_MS)]);
  const leftAtMs = now();
  client!.reset();
  return toToldMs(await untilEnded(read, CLOSE_TIMEOUT_MS), leftAtMs + aheadMs);
}

/** Zero where nothing was under way any more when the client left. */
function toToldMs(requests: readonly RequestReading[] | undefined, leftAtMs: number): number {
  if (!requests) return CLOSE_TIMEOUT_MS;
  return Math.max(0, ...requests.map(({ endedAt = Number.POSITIVE_INFINITY }) => endedAt - leftAtMs));
}

function sumBytes(requests: readonly RequestReading[]): number {
  return requests.reduce((sum, { bytesLeft }) => sum + bytesLeft, 0);
}

async function openMany(url: string, count: number, readBytes: number): Promise<readonly RawClient[]> {
  const { pathname } = new URL(url);
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.connect(url, { readBytes })));
  for (const client of clients) client.ask(pathname);
  return clients;
}

/** Milliseconds since the epoch, with fractions, as the meter has them. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
