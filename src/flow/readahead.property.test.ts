// A read-ahead under any origin, any client and any order of events, each drawn from a seed: the bytes are the object's,
// memory is reserved before it is used, and what is ahead of the client stays within the window.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GUARDED } from './http-trial.test-double.ts';
import { ReadAheadTrial } from './readahead-trial.test-double.ts';
import type { FlowOptions, ModelFlow, TrialOptions } from './readahead-trial.test-double.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;

/** An origin, a client and a policy. */
const aWorld = fc.record({
  seed: fc.nat(),
  budgetBytes: fc.constantFrom(64 * KIB, MIB, 4 * MIB, 64 * MIB),
  latencyMs: fc.constantFrom(0.1, 5, 100),
  originBytesPerMs: fc.constantFrom(2 * KIB, 20 * KIB, 1000 * KIB),
  readBytes: fc.constantFrom(16 * KIB, 300 * KIB),
  clientBytesPerMs: fc.constantFrom(4 * KIB, 40 * KIB, 1000 * KIB),
  roundTripMs: fc.constantFrom(0, 1, 60),
  isTold: fc.boolean(),
  pausesPerThousand: fc.constantFrom(0, 10, 100),
  parkAfterMs: fc.constantFrom(20, 200, 5_000),
  maxBytes: fc.constantFrom(128 * KIB, 2 * MIB, 64 * MIB),
  maxConnections: fc.constantFrom(1, 2, 12),
  storedPartBytes: fc.constantFrom(undefined, 300_000, 5 * MIB),
  start: fc.constantFrom(0, 123_457),
  bytes: fc.oneof(fc.integer({ min: 1, max: 300 * KIB }), fc.integer({ min: 1, max: 6 * MIB })),
});

type World = typeof aWorld extends fc.Arbitrary<infer Value> ? Value : never;

function toTrial(world: World, policy: TrialOptions['policy'] = {}): ReadAheadTrial {
  const { seed, budgetBytes, latencyMs, readBytes, originBytesPerMs, parkAfterMs, maxBytes, maxConnections } = world;
  return new ReadAheadTrial({
    seed,
    budgetBytes,
    origin: { latencyMs, readBytes, bytesPerMs: originBytesPerMs },
    policy: { parkAfterMs, maxBytes, maxConnections, ...policy },
  });
}

function toFlow({ start, bytes, storedPartBytes, ...world }: World): FlowOptions {
  const { clientBytesPerMs: bytesPerMs, roundTripMs, isTold, pausesPerThousand } = world;
  return {
    range: { start, end: start + bytes },
    storedPartBytes,
    client: { bytesPerMs, roundTripMs, isTold, pausesPerThousand, pauseMs: 2_000 },
  };
}

/** What the origin was asked for and has not been drunk: all of it may still come. */
function toAheadBytes({ parts, range, client }: ModelFlow): number {
  return (parts.at(-1)?.end ?? range.start) - range.start - client.drunkBytes;
}

describe('ReadAhead, by a seed', GUARDED, () => {
  it('gives every byte of the range, in order and unchanged, and leaves nothing behind', async () => {
    const property = fc.asyncProperty(aWorld, async (world) => {
      const trial = toTrial(world);
      trial.begin(toFlow(world));
      assert.deepEqual(await trial.finish(), [world.bytes]);
    });
    await fc.assert(property, { numRuns: 120 });
  });

  it('has never taken more from the origin than the window beyond what the client drank, whenever it hangs up', async () => {
    const property = fc.asyncProperty(aWorld, fc.nat(500), async (world, hangUpMs) => {
      const trial = toTrial(world, { parkAfterMs: Number.POSITIVE_INFINITY });
      const flow = trial.begin(toFlow(world));
      const { body, client, controller } = flow;
      let received: number | undefined;
      await trial.clock.advance(hangUpMs);
      if (!flow.isOver) {
        const aheadBytes = toAheadBytes(flow);
        assert.ok(aheadBytes <= body.windowBytes, `${aheadBytes} bytes ahead in a window of ${body.windowBytes}`);
        assert.ok(body.receivedBytes - client.drunkBytes <= aheadBytes, 'more came than was asked for');
        received = body.receivedBytes;
        // In the order of client.ts: first whatever is held for it, then a write that is under way.
        controller.abort();
        client.leave();
      }
      const [outcome] = await trial.finish();
      assert.equal(outcome, received === undefined ? world.bytes : 'closed');
      assert.equal(body.receivedBytes, received ?? world.bytes, 'more came after the hang-up');
    });
    await fc.assert(property, { numRuns: 120 });
  });
});
