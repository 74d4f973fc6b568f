// The slab pool: sizes, counts, and that no memory is ever lent twice at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SLAB_SIZES_BYTES, SlabPool } from './slab-pool.ts';
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

test('memory that came back is lent again, and only at its own size', () => {
  const pool = new SlabPool();
  const first = pool.take(64 << 10);
  first.release();
  const smaller = pool.take(16 << 10);
  assert.notEqual(smaller.buffer.buffer, first.buffer.buffer);
  assert.equal(pool.take(64 << 10).buffer, first.buffer);
});

test('a slab has memory of its own, not a piece of a shared one', () => {
  for (const size of SLAB_SIZES_BYTES) assert.equal(new SlabPool().take(size).buffer.buffer.byteLength, size);
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

test('free memory beyond the limit goes back to the process', () => {
  const pool = new SlabPool({ maxFreeBytes: 110 << 10 });
  const slabs = [64 << 10, 64 << 10, 16 << 10, 16 << 10, 16 << 10].map((size) => pool.take(size));
  for (const slab of slabs) slab.release();
  assert.equal(pool.freeBytes, (68 << 10) + 2 * (20 << 10));
  assert.equal(pool.takenBytes, 0);
});

test('whatever is taken and released, the counts are right and no memory is on loan twice', () => {
  const maxFreeBytes = 2 << 20;
  const step = fc.oneof(fc.record({ want: fc.nat({ max: 2 << 20 }) }), fc.record({ release: fc.nat({ max: 30 }) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = new SlabPool({ maxFreeBytes });
      const onLoan: Slab[] = [];
      const kept = new Set<unknown>();
      for (const next of steps) {
        if ('want' in next) {
          const slab = pool.take(next.want);
          assert.ok(!onLoan.some(({ buffer }) => buffer === slab.buffer), 'memory was lent twice');
          onLoan.push(slab);
          kept.add(slab.buffer);
        } else {
          onLoan.splice(next.release, 1)[0]?.release();
        }
        assert.equal(pool.takenCount, onLoan.length);
        assert.equal(
          pool.takenBytes,
          onLoan.reduce((sum, { buffer }) => sum + buffer.length, 0),
        );
        assert.ok(pool.freeBytes >= 0 && pool.freeBytes <= maxFreeBytes);
      }
      for (const slab of onLoan) slab.release();
      assert.deepEqual([pool.takenCount, pool.takenBytes], [0, 0]);
    }),
    { seed: 5, numRuns: 200 },
  );
});
