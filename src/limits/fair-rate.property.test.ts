// Random crowds of streams that come, pause and leave: no rate is exceeded in any span of time, everybody who wants
// bytes gets some, and who wants them all the time has no fewer than anybody else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RateTrial } from './fair-rate.test-double.ts';
import { toBurstBytes, toSliceBytes } from './token-bucket.ts';

/** A figure of computing with fractions. */
const TOLERANCE_BYTES = 1;

const PRINCIPALS = ['p', 'q', 'r'] as const;

const rate = fc.option(fc.integer({ min: 100, max: 1 << 20 }), { nil: undefined });

const stream = fc.record({
  principal: fc.constantFrom(...PRINCIPALS),
  chunkBytes: fc.integer({ min: 2000, max: 2 << 20 }),
  idleMs: fc.constantFrom(0, 0, 0, 3, 700),
  startsAtMs: fc.integer({ min: 0, max: 5000 }),
  staysMs: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined }),
});

const crowd = fc.record({
  whole: rate,
  rates: fc.tuple(rate, rate, rate),
  streams: fc.array(stream, { minLength: 1, maxLength: 12 }),
});

type Crowd = typeof crowd extends fc.Arbitrary<infer Value> ? Value : never;

const LONG_MS = 12_000;

async function play({ whole, rates, streams }: Crowd): Promise<RateTrial> {
  const trial = new RateTrial(whole);
  const ends: (() => void)[] = [];
  for (const [index, { principal, startsAtMs, staysMs, ...hunger }] of streams.entries()) {
    const bytesPerSecond = rates[PRINCIPALS.indexOf(principal)];
    if (bytesPerSecond === undefined && whole === undefined) continue;
    trial.clock.after(startsAtMs, () => {
      const end = trial.start(
        `${index}`,
        { principal, ...(bytesPerSecond !== undefined && { bytesPerSecond }) },
        hunger,
      );
      if (staysMs === undefined) ends.push(end);
      else trial.clock.after(staysMs, end);
    });
  }
  await trial.clock.advance(LONG_MS);
  for (const end of ends) end();
  await trial.clock.advance(1000);
  return trial;
}

describe('FairRates, in a crowd', () => {
  it('exceeds no rate by more than its burst, serves everybody, and leaves no alarm', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, async (played) => {
        const trial = await play(played);
        for (const [index, principal] of PRINCIPALS.entries()) {
          const bytesPerSecond = played.rates[index];
          if (bytesPerSecond === undefined) continue;
          const excess = trial.excessBytes(
            bytesPerSecond,
            trial.grants.filter((grant) => grant.principal === principal),
          );
          assert.ok(excess <= toBurstBytes(bytesPerSecond) + TOLERANCE_BYTES, `${excess} of ${principal}`);
        }
        if (played.whole !== undefined) {
          const excess = trial.excessBytes(played.whole);
          assert.ok(excess <= toBurstBytes(played.whole) + TOLERANCE_BYTES, `${excess} of the whole`);
        }
        for (const [index, { staysMs, principal }] of played.streams.entries()) {
          const isLimited = (played.whole ?? played.rates[PRINCIPALS.indexOf(principal)]) !== undefined;
          // Seven seconds bring twelve streams a slice each, at four slices a second.
          if (staysMs === undefined && isLimited) assert.ok(trial.bytesOf(`${index}`) > 0, `${index} starves`);
        }
        assert.equal(trial.clock.alarmCount, 0);
      }),
      { numRuns: 150 },
    );
  });

  it('gives nobody more than who wants bytes all the time, from any moment at which both are there', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, fc.integer({ min: 0, max: 5000 }), async (played, fromMs) => {
        const whole = played.whole ?? 1 << 20;
        // Without a rate of their own all have the same limit.
        const trial = await play({ ...played, whole, rates: [undefined, undefined, undefined] });
        const untilMs = LONG_MS;
        const had = (index: number) => trial.bytesOf(`${index}`, { fromMs, untilMs });
        const others = played.streams.map((_, index) => had(index));
        for (const [index, { idleMs, startsAtMs, staysMs }] of played.streams.entries()) {
          if (idleMs > 0 || staysMs !== undefined || startsAtMs > fromMs) continue;
          const most = Math.max(...others);
          assert.ok(had(index) >= most - 2 * toSliceBytes(whole), `${index} had ${had(index)}, another ${most}`);
        }
      }),
      { numRuns: 150 },
    );
  });
});
