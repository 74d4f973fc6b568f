// The bucket on a clock that the test reads out: what it gives in any span of time, and in pieces of what size.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TokenBucket, toBurstBytes, toSliceBytes } from './token-bucket.ts';

const KIB = 1 << 10;

describe('toSliceBytes()', () => {
  it('is from 16 KiB to 1 MiB, a sixteenth of a second in between, and never more than a quarter', () => {
    for (const [bytesPerSecond, sliceBytes] of [
      [1, 1],
      [KIB, 256],
      [64 * KIB, 16 * KIB],
      [256 * KIB, 16 * KIB],
      [1600 * KIB, 100 * KIB],
      [16 << 20, 1 << 20],
      [1 << 30, 1 << 20],
    ] as const)
      assert.equal(toSliceBytes(bytesPerSecond), sliceBytes);
  });
});

describe('TokenBucket', () => {
  it('says truly when it will have a slice', () => {
    const rate = fc.integer({ min: 1, max: 1 << 30 });
    const nowMs = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(rate, nowMs, fc.double({ min: 0, max: 1, noNaN: true }), (bytesPerSecond, startMs, part) => {
        const bucket = new TokenBucket(bytesPerSecond, startMs);
        while (bucket.waitMs(bucket.sliceBytes, startMs) === 0) bucket.spend(bucket.sliceBytes);
        const wanted = Math.ceil(bucket.sliceBytes * part);
        const waitMs = bucket.waitMs(wanted, startMs);
        if (waitMs > 2) assert.ok(bucket.waitMs(wanted, startMs + waitMs - 2) > 0);
        assert.equal(bucket.waitMs(wanted, startMs + waitMs), 0);
      }),
    );
  });

  it('gives a share of its limit, and keeps no more than the burst of what is left', () => {
    const bucket = new TokenBucket(1000 * KIB, 0);
    bucket.setShare(0.01, 0);
    assert.equal(bucket.isFull(0), true);
    assert.equal(bucket.sliceBytes, toSliceBytes(10 * KIB));
    bucket.spend(toBurstBytes(10 * KIB));
    assert.equal(bucket.waitMs(2 * KIB, 0), 200);
    bucket.setLimit(2000 * KIB, 100);
    assert.equal(bucket.waitMs(2 * KIB, 100), 50, 'half of it is there, and the other half comes twice as fast');
    assert.equal(bucket.limitBytesPerSecond, 2000 * KIB);
    bucket.setShare(1, 100);
    assert.equal(bucket.isFull(100), false);
    assert.equal(bucket.isFull(10_000), true);
  });
});
