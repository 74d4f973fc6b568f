import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { countParts, guessPartBytes, isPartSize } from './part-size.ts';

const MIB = 1 << 20;
const GIB = 1 << 30;
const TIB = 2 ** 40;
const DIGEST = '0123456789abcdef0123456789ABCDEF';

/** The guess for an object that was uploaded in parts of `partBytes`. */
function guessFor(partBytes: number, sizeBytes: number): number | undefined {
  return guessPartBytes(`"${DIGEST}-${Math.ceil(sizeBytes / partBytes)}"`, sizeBytes);
}

describe('countParts()', () => {
  test('is the number at the end of S3’s digest of digests', () => {
    assert.equal(countParts(`"${DIGEST}-1"`), 1);
    assert.equal(countParts(`"${DIGEST}-10000"`), 10_000);
  });

  for (const etag of [`"${DIGEST}"`, `W/"${DIGEST}-2"`, `${DIGEST}-2`, `"${DIGEST}-0"`, '"5f3-22"', '"-2"', '']) {
    test(`${etag} tells of no parts`, () => {
      assert.equal(countParts(etag), undefined);
      assert.equal(guessPartBytes(etag, 100 * MIB), undefined);
    });
  }
});

describe('guessPartBytes()', () => {
  const uploads: readonly (readonly [who: string, partBytes: number, sizeBytes: number])[] = [
    ['the aws CLI', 8 * MIB, 100 * MIB],
    ['the aws CLI, one byte more than whole parts', 8 * MIB, 40 * 8 * MIB + 1],
    ['the aws CLI, beyond 10,000 parts of 8 MiB', 16 * MIB, 100 * GIB],
    ['an SDK', 5 * MIB, 27 * MIB],
    ['rclone', 64 * MIB, 10 * GIB],
    ['rclone, which grows by whole MiB', 105 * MIB, TIB],
    ['s5cmd', 50 * MIB, 3 * GIB],
    ['mc', 16 * MIB, GIB],
    ['Hadoop', 128 * MIB, 500 * GIB],
    ['somebody who counts in decimals', 100_000_000, 5_000_000_000],
    ['a test, in parts of 1 MiB', MIB, 50 * MIB],
  ];
  for (const [who, partBytes, sizeBytes] of uploads) {
    test(`finds the parts of ${who}`, () => {
      assert.equal(guessFor(partBytes, sizeBytes), partBytes);
    });
  }

  const unclear: readonly (readonly [why: string, count: number, sizeBytes: number])[] = [
    ['a single part is as large as the object', 1, 8 * MIB],
    ['two parts may be of nearly any size', 2, 60 * MIB],
    ['10 MiB and 10 MB both fit', 5, 47 * MIB],
    ['nothing common fits, and many sizes do', 3, 200_000],
    ['nothing common fits, and no whole MiB', 10_000, 10_000 * (MIB + 1000)],
    ['there are more parts than bytes', 5, 4],
    ['there is nothing in it', 2, 0],
  ];
  for (const [why, count, sizeBytes] of unclear) {
    test(`is silent where ${why}`, () => {
      assert.equal(guessPartBytes(`"${DIGEST}-${count}"`, sizeBytes), undefined);
    });
  }

  test('whatever it says gives the number of parts that the ETag has', () => {
    const aCount = fc.integer({ min: 1, max: 10_000 });
    const aSize = fc.double({ min: 0, max: 42, noNaN: true }).map((power) => Math.floor(2 ** power));
    fc.assert(
      fc.property(aCount, aSize, (count, sizeBytes) => {
        const guess = guessPartBytes(`"${DIGEST}-${count}"`, sizeBytes);
        if (guess !== undefined) assert.ok(isPartSize(guess, { sizeBytes, count }) && count > 1);
      }),
      { numRuns: 2_000 },
    );
  });

  test('it never takes one common size for another', () => {
    const aPart = fc.constantFrom(5, 8, 10, 15, 16, 25, 32, 50, 64, 100, 128, 256, 512);
    const aTail = fc.double({ min: 0.000001, max: 1, noNaN: true });
    fc.assert(
      fc.property(aPart, fc.integer({ min: 1, max: 9_999 }), aTail, (partMib, before, tail) => {
        const partBytes = partMib * MIB;
        const guess = guessFor(partBytes, before * partBytes + Math.ceil(tail * partBytes));
        assert.ok(guess === undefined || guess === partBytes);
        // From a few dozen parts on there is never a doubt.
        if (before >= 50) assert.equal(guess, partBytes);
      }),
      { numRuns: 2_000 },
    );
  });
});
