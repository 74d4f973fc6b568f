import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { removeDays, reserveBytes, returnBytes, toBlockBytes, usedBytes } from './day-book.ts';
import { nextUtcMidnight, toUtcDay } from './utc-day.ts';

const DAY = { principal: 'p', day: '2026-11-23' } as const;

describe('toBlockBytes()', () => {
  it('is never more than what is left, and a part of much', () => {
    assert.deepEqual([0, 1, 65_536, 100_000, 16 << 20, 2 ** 50].map(toBlockBytes), [
      0,
      1,
      65_536,
      65_536,
      1 << 20,
      64 << 20,
    ]);
  });
});

describe('toUtcDay()', () => {
  it('begins at midnight UTC, wherever the machine is', () => {
    const midnight = Date.parse('2026-11-23T00:00:00Z');
    assert.deepEqual([toUtcDay(midnight - 1), toUtcDay(midnight)], ['2026-11-22', '2026-11-23']);
    assert.deepEqual([nextUtcMidnight(midnight - 1), nextUtcMidnight(midnight)], [midnight, midnight + 86_400_000]);
  });
});

onEveryDatabase('the book of days', (open) => {
  it('gives all of a small quota and not a byte more, however many ask at once', async () => {
    const database = await open();
    const ask = () => reserveBytes(database, { ...DAY, quotaBytes: 200_000, owedBytes: 0, heldBytes: 0 });
    const given = await Promise.all(Array.from({ length: 6 }, ask));
    assert.deepEqual(
      given.map(({ bytes }) => bytes).toSorted((one, other) => other - one),
      [65_536, 65_536, 65_536, 3392, 0, 0],
    );
    assert.equal(Math.min(...given.map(({ leftBytes }) => leftBytes)), 0);
    assert.equal(await usedBytes(database, DAY), 200_000);
  });

  it('fills a block up, and enters what is owed first', async () => {
    const database = await open();
    const quotaBytes = 100 << 20;
    const first = await reserveBytes(database, { ...DAY, quotaBytes, owedBytes: 4 << 20, heldBytes: 0 });
    assert.deepEqual(first, { bytes: 6 << 20, leftBytes: 90 << 20 });
    const more = await reserveBytes(database, { ...DAY, quotaBytes, owedBytes: 0, heldBytes: 2 << 20 });
    assert.equal(more.bytes, toBlockBytes(92 << 20) - (2 << 20));
    const late = await reserveBytes(database, { ...DAY, quotaBytes, owedBytes: 200 << 20, heldBytes: 0 });
    assert.deepEqual(late, { bytes: 0, leftBytes: 0 });
  });

  it('takes off what comes back, of each principal and day', async () => {
    const database = await open();
    const other = { principal: 'q', day: '2026-11-22' };
    await reserveBytes(database, { ...DAY, quotaBytes: 50_000, owedBytes: 0, heldBytes: 0 });
    await returnBytes(database, [
      { ...DAY, bytes: 20_000 },
      { ...other, bytes: -7 },
    ]);
    assert.deepEqual([await usedBytes(database, DAY), await usedBytes(database, other)], [30_000, 7]);
    await removeDays(database, '2026-11-23');
    assert.deepEqual([await usedBytes(database, DAY), await usedBytes(database, other)], [30_000, 0]);
  });

  it('never has more than the quota in blocks that are not given back', async () => {
    const database = await open();
    const step = fc.oneof(
      fc.constant('ask' as const),
      fc.record({ giveBack: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000_000), fc.array(step, { maxLength: 12 }), async (quotaBytes, steps) => {
        const day = { principal: `p${(runs += 1)}`, day: DAY.day };
        let out = 0;
        for (const one of steps) {
          if (one === 'ask')
            out += (await reserveBytes(database, { ...day, quotaBytes, owedBytes: 0, heldBytes: 0 })).bytes;
          else {
            const bytes = Math.floor(out * one.giveBack);
            out -= bytes;
            await returnBytes(database, [{ ...day, bytes }]);
          }
          assert.ok(out <= quotaBytes);
          assert.equal(await usedBytes(database, day), out);
        }
      }),
      { numRuns: 30 },
    );
  });
});
