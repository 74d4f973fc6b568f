// The slab pool: sizes, counts, and that no memory is ever lent twice at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SlabPool } from './slab-pool.ts';
import type { Slab } from './slab-pool.ts';

test('a slab has the smallest size that holds what is wanted', () => {
  const pool = new SlabPool();
  for (const [want, size] of [
    [0, 20 << 10],
    [1, 20 << 10],
    [20 << 10, 20 << 10],
    [(20 << 10) + 1, 68 << 10],
    [64 << 10, 68 << 10],
    [200_000, 260 << 10],
    [1 << 20, 1028 << 10],
  ] as const) {
    const slab = pool.take(want);
    assert.equal(slab.buffer.length, size, `${want} wanted`);
    slab.release();
  }
});

test('a slab of the largest size is what someone gets who wants more', () => {
  for (const want of [(1028 << 10) + 1, Number.MAX_SAFE_INTEGER]) {
    assert.equal(new SlabPool().take(want).buffer.length, 1028 << 10);
  }
});

test('memory that came back is lent again, at its own size or at another', () => {
  const pool = new SlabPool();
  const first = pool.take(64 << 10);
  first.release();
  assert.equal(pool.take(64 << 10).buffer, first.buffer);

  const blocks = new SlabPool();
  const large = blocks.take(1 << 20);
  large.release();
  const small = blocks.take(16 << 10);
  assert.equal(small.buffer.buffer, large.buffer.buffer);
});

test('a block is cut anew only when nothing of it is on loan', () => {
  const pool = new SlabPool();
  const [kept, other] = [pool.take(16 << 10), pool.take(16 << 10)];
  other.release();
  const large = pool.take(1 << 20);
  assert.notEqual(large.buffer.buffer, kept.buffer.buffer);
  kept.release();
  assert.equal(pool.take(1 << 20).buffer.buffer, kept.buffer.buffer);
});

test('slabs of one size share a block, as many as it holds', () => {
  for (const [size, count] of [
    [20 << 10, 52],
    [68 << 10, 15],
    [260 << 10, 4],
    [1028 << 10, 1],
  ] as const) {
    const pool = new SlabPool();
    const memory = new Set(Array.from({ length: 2 * count }, () => pool.take(size).buffer.buffer));
    assert.equal(memory.size, 2, `${size} bytes`);
  }
});

test('a second release throws, and lends nothing twice', () => {
  const pool = new SlabPool();
  const slab = pool.take(1);
  slab.release();
  assert.throws(() => slab.release(), /released twice/);
  assert.equal(pool.takenCount, 0);
  assert.notEqual(pool.take(1).buffer, pool.take(1).buffer);
});

test('a release after the memory was lent again throws too', () => {
  const pool = new SlabPool();
  const first = pool.take(1);
  first.release();
  const second = pool.take(1);
  assert.equal(second.buffer, first.buffer);
  assert.throws(() => first.release(), /released twice/);
  assert.equal(pool.takenCount, 1);
});

test('whole blocks beyond the limit go back to the process', () => {
  const block = 1040 << 10;
  const pool = new SlabPool({ maxFreeBytes: 2 * block + 1 });
  const slabs = Array.from({ length: 5 }, () => pool.take(1 << 20));
  assert.equal(pool.freeBytes, 5 * (12 << 10));
  for (const slab of slabs) slab.release();
  assert.deepEqual([pool.freeBytes, pool.takenBytes], [2 * block, 0]);
});

test('whatever is taken and released, the counts are right and no memory is on loan twice', () => {
  const maxFreeBytes = 2 << 20;
  const step = fc.oneof(fc.record({ want: fc.nat({ max: 2 << 20 }) }), fc.record({ release: fc.nat({ max: 30 }) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = new SlabPool({ maxFreeBytes });
      const onLoan: Slab[] = [];
      for (const next of steps) {
        if ('want' in next) {
          const slab = pool.take(next.want);
          assert.ok(!onLoan.some(({ buffer }) => overlap(buffer, slab.buffer)), 'memory was lent twice');
          onLoan.push(slab);
        } else {
          onLoan.splice(next.release, 1)[0]?.release();
        }
        assert.equal(pool.takenCount, onLoan.length);
        assert.equal(
          pool.takenBytes,
          onLoan.reduce((sum, { buffer }) => sum + buffer.length, 0),
        );
        assert.ok(pool.freeBytes >= 0);
      }
      for (const slab of onLoan) slab.release();
      assert.deepEqual([pool.takenCount, pool.takenBytes], [0, 0]);
      assert.ok(pool.freeBytes <= maxFreeBytes);
    }),
    { seed: 5, numRuns: 200 },
  );
});

function overlap(a: Buffer, b: Buffer): boolean {
  return a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length;
}
