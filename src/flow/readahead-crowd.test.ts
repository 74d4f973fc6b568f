// Many read-aheads on one small budget: all of them finish, exactly, none starves, none waits for another for ever. And one
// alone: how many requests it makes, over how many connections. Model clients and origins, on a fake clock, by a seed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GUARDED } from './http-trial.test-double.ts';
import { ReadAheadTrial } from './readahead-trial.test-double.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;

/** A transfer that has not begun never waits so long here: nobody is refused. */
const PATIENT = { memoryWaitMs: 600_000 };

describe('ReadAhead, in a crowd', GUARDED, () => {
  it('lets all finish on a budget far too small for them, however they come, drink, pause and leave', async () => {
    const aClient = fc.record({
      bytes: fc.integer({ min: 1, max: 600 * KIB }),
      bytesPerMs: fc.constantFrom(5 * KIB, 50 * KIB, 500 * KIB),
      isTold: fc.boolean(),
      pausesPerThousand: fc.constantFrom(0, 50),
      comesMs: fc.nat(50),
      leavesMs: fc.option(fc.nat(1_000), { nil: undefined, freq: 4 }),
    });
    const aCrowd = fc.record({
      seed: fc.nat(),
      budgetBytes: fc.constantFrom(20 * KIB, 150 * KIB, MIB, 4 * MIB),
      clients: fc.array(aClient, { minLength: 2, maxLength: 30 }),
    });
    const property = fc.asyncProperty(aCrowd, async ({ seed, budgetBytes, clients }) => {
      const trial = new ReadAheadTrial({ seed, budgetBytes, policy: { ...PATIENT, parkAfterMs: 500 } });
      const expected: (number | string)[] = [];
      for (const { bytes, comesMs, leavesMs, ...traits } of clients.toSorted((a, b) => a.comesMs - b.comesMs)) {
        await trial.clock.advance(Math.max(0, comesMs - trial.clock.now()));
        const flow = trial.begin({ range: { start: 0, end: bytes }, client: { ...traits, pauseMs: 2_000 } });
        const index = expected.push(bytes) - 1;
        if (leavesMs === undefined) continue;
        trial.clock.after(leavesMs, () => {
          if (flow.isOver) return;
          expected[index] = 'closed';
          flow.controller.abort();
          flow.client.leave();
        });
      }
      await trial.clock.advance(1_000);
      assert.deepEqual(await trial.finish(), expected);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  for (const budgetBytes of [MIB, 4 * MIB]) {
    it(`is fair to fifty on ${budgetBytes / MIB} MiB: when the first is through, the last has a third of its bytes`, async () => {
      for (const seed of [1, 2]) {
        const trial = new ReadAheadTrial({ seed, budgetBytes, policy: PATIENT });
        const size = MIB;
        for (let count = 0; count < 50; count += 1) trial.begin({ range: { start: 0, end: size } });
        await trial.until('the first to be through', () => trial.flows.some(({ isOver }) => isOver));
        const drunkBytes = trial.flows.map(({ client }) => client.ackedBytes);
        assert.ok(Math.min(...drunkBytes) >= size / 3, `the last has ${Math.min(...drunkBytes)} of ${size}`);
        assert.deepEqual(new Set(await trial.finish()), new Set([size]));
      }
    });
  }

  it('finds room at once for one who comes when a few fast ones have all they may have', async () => {
    const trial = new ReadAheadTrial({ budgetBytes: 8 * MIB, policy: PATIENT, origin: { bytesPerMs: 10 * KIB } });
    for (let count = 0; count < 3; count += 1) {
      trial.begin({ range: { start: 0, end: 32 * MIB }, client: { bytesPerMs: 500 * KIB, roundTripMs: 50 } });
    }
    await trial.until('them to have nearly all', () => trial.budget.reservedBytes >= 6 * MIB);
    const newcomer = trial.begin({ range: { start: 0, end: 256 * KIB } });
    assert.deepEqual([newcomer.parts, trial.budget.waitingCount], [[{ start: 0, end: 256 * KIB }], 0]);
    await trial.finish();
  });

  it('refuses those who get no memory in time, and only those', async () => {
    const policy = { memoryWaitMs: 100 };
    const trial = new ReadAheadTrial({ budgetBytes: 100 * KIB, policy, origin: { latencyMs: 200 } });
    const range = { start: 0, end: 64 * KIB };
    for (let count = 0; count < 20; count += 1) trial.begin({ range });
    const outcomes = await trial.finish();
    const [served, refused] = [range.end, 'overloaded'].map(
      (end) => outcomes.filter((outcome) => outcome === end).length,
    );
    assert.ok(served! > 0 && refused! > 0, `${served} served, ${refused} refused`);
    assert.equal(served! + refused!, 20);
  });
});

describe('ReadAhead, alone', GUARDED, () => {
  it('makes one request for a small range, whoever asks', async () => {
    const property = fc.asyncProperty(
      fc.record({ seed: fc.nat(), bytes: fc.integer({ min: 1, max: 256 * KIB }), isTold: fc.boolean() }),
      async ({ seed, bytes, isTold }) => {
        const trial = new ReadAheadTrial({ seed });
        const flow = trial.begin({ range: { start: 99, end: 99 + bytes }, client: { isTold } });
        assert.deepEqual(await trial.finish(), [bytes]);
        assert.deepEqual(flow.parts, [flow.range]);
      },
    );
    await fc.assert(property, { numRuns: 50 });
  });

  it('tiles the range with its requests, each byte asked for once, over as many connections as it may have', async () => {
    const origin = { bytesPerMs: 5 * KIB, latencyMs: 20 };
    const trial = new ReadAheadTrial({ origin, policy: { maxConnections: 6 } });
    const size = 48 * MIB;
    const flow = trial.begin({ range: { start: 5, end: 5 + size }, client: { bytesPerMs: 200 * KIB } });
    let mostOpen = 0;
    await trial.until('the end', () => {
      mostOpen = Math.max(mostOpen, trial.origin.openCount);
      return flow.isOver;
    });
    await trial.finish();
    for (const [index, { start }] of flow.parts.entries()) assert.equal(start, flow.parts[index - 1]?.end ?? 5);
    assert.equal(flow.parts.at(-1)!.end, 5 + size);
    assert.ok(mostOpen >= 4 && mostOpen <= 8, `${mostOpen} at once`);
  });

  it('asks for whole stored parts once it asks for enough', async () => {
    const trial = new ReadAheadTrial();
    const storedPartBytes = 3 * MIB;
    const flow = trial.begin({
      range: { start: 0, end: 60 * MIB },
      storedPartBytes,
      client: { bytesPerMs: 500 * KIB, roundTripMs: 100 },
    });
    await trial.finish();
    const whole = flow.parts.filter(({ start, end }) => start % storedPartBytes === 0 && end % storedPartBytes === 0);
    assert.ok(whole.length >= 5, `${whole.length} of ${flow.parts.length} requests`);
  });

  it('ends with the code of an origin that breaks off, and leaves nothing behind', async () => {
    const property = fc.asyncProperty(fc.nat(), async (seed) => {
      const trial = new ReadAheadTrial({ seed, origin: { failsPerThousand: 300 } });
      const size = 3 * MIB;
      for (let count = 0; count < 4; count += 1) trial.begin({ range: { start: 0, end: size } });
      for (const outcome of await trial.finish())
        assert.ok(outcome === size || outcome === 'truncated', String(outcome));
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
