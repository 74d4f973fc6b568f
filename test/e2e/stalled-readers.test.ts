// Readers that stop reading a 100 GiB object: the origin stops sending, the gateway's memory stays what it is, and
// those that never come back are cut.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MIB, hangUpInRounds, untilStill } from './hang-up-rounds.ts';
import { openLeavingClient } from './leaving-client.ts';
import { BIG, startWorld, within } from './world.ts';

const STALLED_TOGETHER = 32;

/** What each may hold in the gateway: a slab that is being written and the one that is filled meanwhile. */
const HELD_BYTES = 2 * MIB;

describe('a reader that stalls', () => {
  it('stops the origin, holds no more than its slabs, and costs no more than one that hangs up', async (t) => {
    const world = await startWorld({ objects: [BIG], heapMib: 64 });
    t.after(() => world.close());
    const restingBytes = world.gateway.rssBytes();
    const arrive = async () => {
      const client = await openLeavingClient(world.urlOf(BIG.id));
      await client.takeBody(10);
      return { leave: client.reset };
    };
    const settle = async (together: number) => {
      if (together === 1) return;
      await untilStill(world);
      const { bytesLeft } = world.origin.meter.read().totals;
      await untilStill(world);
      assert.equal(world.origin.meter.read().totals.bytesLeft, bytesLeft, 'nothing moves while nobody reads');
      const heldBytes = world.gateway.rssBytes() - restingBytes;
      t.diagnostic(`MiB more than at rest while ${together} are stalled: ${(heldBytes / MIB).toFixed(0)}`);
      assert.ok(heldBytes < together * HELD_BYTES + 64 * MIB, `${heldBytes} bytes are held for ${together} readers`);
    };
    await hangUpInRounds(t, world, { arrive, settle, inRow: 1, atOnce: STALLED_TOGETHER });
  });

  it('is cut when it does not come back, and its origin let go', async (t) => {
    const world = await startWorld({ objects: [BIG], config: { timeouts: { downstreamStallMs: 300 } } });
    t.after(() => world.close());
    const client = await openLeavingClient(world.urlOf(BIG.id));
    await client.takeBody(10);
    const line = await within(
      world.gateway.untilTransfers((lines) => lines[0]),
      'the end of the transfer',
    );
    assert.equal(line.outcome, 'cut-short');
    await within(world.untilOriginIsFree(), 'the origin to be free again');
    assert.ok((await within(client.readOn(), 'the client to see the end')) < BIG.size);
  });

  it('goes on where it was when it reads again', async (t) => {
    const world = await startWorld({ objects: [BIG] });
    t.after(() => world.close());
    const client = await openLeavingClient(world.urlOf(BIG.id));
    await client.takeBody(10);
    await untilStill(world);
    await within(client.takeBody(32 * MIB), 'the bytes to flow again');
    client.reset();
    await within(world.untilOriginIsFree(), 'the origin to be free again');
  });
});
