// What comes out of the origin for a client that does not take it: by the object's size nothing, by the window little.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MIB, untilStill } from './hang-up-rounds.ts';
import { openLeavingClient } from './leaving-client.ts';
import { KERNEL, startWorld, within } from './world.ts';

const LARGE = { id: 'large', size: 20 * 2 ** 30, seed: 31 };

/** As the figures of other proxies were taken: so long the client sits there before it resets. */
const SITS_MS = 300;
const VISITS = 15;

describe('a client of 20 GiB', () => {
  it('that takes ten bytes, waits and resets has cost the origin half a MiB', async (t) => {
    const world = await startWorld({ objects: [LARGE], heapMib: 64 });
    t.after(() => world.close());
    const costs: number[] = [];
    for (let visit = 0; visit < VISITS; visit += 1) {
      world.origin.meter.reset();
      const client = await openLeavingClient(world.urlOf(LARGE.id));
      await client.takeBody(10);
      await pause(SITS_MS);
      client.reset();
      await within(world.untilOriginIsFree(), 'the origin to be free again');
      costs.push(world.origin.meter.read().totals.bytesLeft);
    }
    const median = costs.toSorted((a, b) => a - b)[VISITS >> 1]!;
    t.diagnostic(`MiB that left the origin: ${costs.map((cost) => (cost / MIB).toFixed(2)).join(' ')}`);
    assert.ok(median <= (KERNEL === 'off' ? 4.25 : 0.5) * MIB, `${median} bytes`);
  });

  it('that takes 10 MB and stalls has cost little more than it has taken', async (t) => {
    const world = await startWorld({ objects: [LARGE], heapMib: 64 });
    t.after(() => world.close());
    const beyond: number[] = [];
    for (let visit = 0; visit < VISITS; visit += 1) {
      world.origin.meter.reset();
      const client = await openLeavingClient(world.urlOf(LARGE.id));
      await client.takeBody(10_000_000);
      await untilStill(world);
      beyond.push(world.origin.meter.read().totals.bytesLeft - 10_000_000);
      client.reset();
      await within(world.untilOriginIsFree(), 'the origin to be free again');
    }
    const median = beyond.toSorted((a, b) => a - b)[VISITS >> 1]!;
    t.diagnostic(`MiB beyond what it has read: ${beyond.map((bytes) => (bytes / MIB).toFixed(2)).join(' ')}`);
    // Of this its own kernel has taken a part for it, up to the largest receive buffer of the system.
    assert.ok(median <= (KERNEL === 'off' ? 16 : 4) * MIB, `${median} bytes`);
  });
});
