// Hang-ups, many in a row and many at once, in rounds, and what they cost: upstream bytes, the gateway's memory, and
// the time until the origin was told. The figures are asserted here, and printed with the test that asked for them.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { World } from './world.ts';
import { KERNEL, within } from './world.ts';

export const MIB = 2 ** 20;

const ROUNDS = 3;

/** What the gateway may keep beyond what its first round has left warm: nothing that grows with hang-ups. */
const MAX_GROWTH_BYTES = 16 * MIB;

/** A connection that is still there a second after its client has gone is a connection that leaks. */
const MAX_RELEASE_MS = 1_000;

/** How long nothing has to move before it is said to stand still. */
const STILL_MS = 250;

/**
 * What a client that takes ten bytes may cost: one request of 256 KiB, and the next one if its own kernel has taken the
 * first for it. Where our kernel does not tell, it and the client's take a little more than 4 MiB before we know better.
 */
const MEDIAN_COST_BYTES = KERNEL === 'off' ? 4.25 * MIB : MIB / 2;
const MAX_COST_BYTES = KERNEL === 'off' ? 16 * MIB : 2 * MIB;

/** One client, which has come to where it will leave. */
export type Visit = {
  /** Leaves. Returns when, by the meter's clock. */
  readonly leave: () => number;
  /** Called when the origin has been told. */
  readonly end?: () => unknown;
};

export type HangUp = {
  readonly arrive: () => Promise<Visit>;
  /** Waits until the time to leave has come for clients that have arrived together. */
  readonly settle?: (together: number) => Promise<void>;
  readonly inRow: number;
  readonly atOnce: number;
  /** Lines in the ledger for each visit. Default: 1. */
  readonly transfers?: number;
  /** The most that may leave the origin for each, by the median. */
  readonly medianCostBytes?: number;
};

/** Resolves when no byte has left the origin for a while. */
export async function untilStill({ origin }: World): Promise<void> {
  let left = -1;
  for (let now = origin.meter.read().totals.bytesLeft; now !== left; now = origin.meter.read().totals.bytesLeft) {
    left = now;
    await pause(STILL_MS);
  }
}

/** Goes through the rounds, asserts what a hang-up may cost, and prints what it did. */
export async function hangUpInRounds(t: TestContext, world: World, hangUp: HangUp): Promise<void> {
  const { gateway } = world;
  const { inRow, atOnce, transfers = 1, medianCostBytes = MEDIAN_COST_BYTES } = hangUp;
  const visits = ROUNDS * (inRow + atOnce);
  const linesBefore = await gateway.untilTransfers((lines) => lines.length);
  const costs: number[] = [];
  const told: number[] = [];
  const togetherCosts: number[] = [];
  const rss: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    takeCost(world);
    for (let visit = 0; visit < inRow; visit += 1) {
      told.push(await visitTogether(world, hangUp, 1));
      costs.push(takeCost(world));
    }
    told.push(await visitTogether(world, hangUp, atOnce));
    togetherCosts.push(takeCost(world));
    rss.push(gateway.rssBytes());
  }
  t.diagnostic(`${visits} hang-ups; MiB that left the origin for each: ${describe(costs.map((cost) => cost / MIB))}`);
  t.diagnostic(`for ${atOnce} at once: ${togetherCosts.map((cost) => (cost / MIB).toFixed(1)).join(', ')}`);
  t.diagnostic(`ms from the client's leaving to the origin's close: ${describe(told)}`);
  t.diagnostic(`MiB of RSS after each round: ${rss.map((bytes) => (bytes / MIB).toFixed(0)).join(', ')}`);

  const [first = 0, ...later] = rss;
  // V8 collects garbage when it likes to: what is kept is what the lowest reading has.
  const growthBytes = Math.min(...later) - first;
  assert.ok(growthBytes < MAX_GROWTH_BYTES, `the gateway grew by ${growthBytes} bytes after the first round`);
  const dearest = Math.max(0, ...costs);
  assert.ok(dearest <= MAX_COST_BYTES, `a hang-up cost ${dearest} bytes upstream, more than ${MAX_COST_BYTES}`);
  for (const [figures, together] of [
    [costs, 1],
    [togetherCosts, atOnce],
  ] as const) {
    const medianBytes = toMedian(figures);
    const limitBytes = together * medianCostBytes;
    assert.ok(medianBytes <= limitBytes, `${together} at once cost ${medianBytes} bytes, more than ${limitBytes}`);
  }
  const lines = await within(
    gateway.untilTransfers((all) =>
      all.length >= linesBefore + visits * transfers ? all.slice(linesBefore) : undefined,
    ),
    'a line of the ledger for each',
  );
  assert.deepEqual(new Set(lines.map(({ outcome }) => outcome)), new Set(['client-gone']));
}

/** Resolves with the time from the last one's leaving until the origin has closed the last connection. */
async function visitTogether(world: World, { arrive, settle }: HangUp, together: number): Promise<number> {
  const visits = await within(Promise.all(Array.from({ length: together }, arrive)), 'every client to arrive');
  await settle?.(together);
  const leftAt = Math.max(...visits.map((visit) => visit.leave()));
  await within(world.untilOriginIsFree(), 'the origin to be free again', MAX_RELEASE_MS);
  await Promise.all(visits.map((visit) => visit.end?.()));
  const ends = world.origin.meter.read().requests;
  return Math.max(0, ...ends.map(({ endedAt = Infinity }) => endedAt - leftAt));
}

/** What has left the origin since this was last asked. */
function takeCost({ origin }: World): number {
  const { bytesLeft } = origin.meter.read().totals;
  origin.meter.reset();
  return bytesLeft;
}

function toMedian(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
}

function describe(figures: readonly number[]): string {
  if (figures.length === 0) return 'none';
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(2);
  return `median ${at(0.5)}, 95 % ${at(0.95)}, max ${at(1)}`;
}
