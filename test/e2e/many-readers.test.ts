// A thousand readers that take a few bytes and sleep: each holds a socket, and hardly anything else of the gateway's.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MIB, untilStill } from './hang-up-rounds.ts';
import { openLeavingClient } from './leaving-client.ts';
import type { LeavingClient } from './leaving-client.ts';
import { runProgram } from './program.ts';
import { BIG, GENOME, KERNEL, startWorld, within } from './world.ts';
import type { World } from './world.ts';

const READERS = 1_000;

/** So many connect at once: the queue of a listening socket holds 511. */
const TOGETHER = 100;

async function openReaders(world: World, count: number): Promise<LeavingClient[]> {
  const readers: LeavingClient[] = [];
  while (readers.length < count) {
    const opened = Array.from({ length: TOGETHER }, async () => {
      const client = await openLeavingClient(world.urlOf(BIG.id));
      await client.takeBody(10);
      return client;
    });
    readers.push(...(await within(Promise.all(opened), `${TOGETHER} readers more`)));
  }
  return readers;
}

describe('a thousand readers that stall', () => {
  it('cost the gateway little memory, and when they are parked no connection to the origin', async (t) => {
    const world = await startWorld({ objects: [BIG, GENOME], heapMib: 128, config: { park: { afterMs: 500 } } });
    t.after(() => world.close());
    // What is there of code and of memory for slabs once something large has been served does not count.
    assert.equal((await runProgram('curl', ['-s', '-o', '/dev/null', world.urlOf(GENOME.id)])).code, 0);
    const restingBytes = world.gateway.rssBytes();
    const readers = await openReaders(world, READERS);
    await untilStill(world);
    const heldBytes = world.gateway.rssBytes() - restingBytes;
    t.diagnostic(`MiB more than at rest for ${READERS} stalled readers: ${(heldBytes / MIB).toFixed(0)}`);
    // Without the kernel's word each of them has a write under way, and the budget is what bounds those.
    assert.ok(heldBytes <= (KERNEL === 'off' ? 320 : 128) * MIB, `${heldBytes} bytes`);
    const unconnected = world.origin.meter.until(({ connections }) => connections.open === 0 || undefined);
    await within(unconnected, 'the gateway to let go of every connection to the origin');

    await within(readers[0]!.takeBody(MIB), 'a parked reader to be served again');
    for (const reader of readers) reader.reset();
    const lines = world.gateway.untilTransfers((all) => (all.length > READERS ? all : undefined));
    assert.ok((await within(lines, 'the end of each')).slice(1).every(({ outcome }) => outcome === 'client-gone'));
  });
});
