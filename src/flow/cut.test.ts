// How a window is cut: parts that tile the range, never more than the window, and as few as make sense; and the memory
// that is reserved for one, held against what the wire takes for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Inbox } from '../wire/inbox.ts';
import type { WireChunk } from '../wire/inbox.ts';
import { SLAB_SIZES_BYTES, SlabPool } from '../wire/slab-pool.ts';
import { cutPart, toConnections, toMemoryBytes, toSlabBytes } from './cut.ts';
import { GUARDED } from './http-trial.test-double.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;

/** As a horizon cuts: no window is smaller than the smallest slab. */
const aWindow = fc.oneof(fc.integer({ min: 16 * KIB, max: MIB }), fc.integer({ min: 16 * KIB, max: 64 * MIB }));
const aCut = fc.record({
  windowBytes: aWindow,
  connections: fc.integer({ min: 1, max: 16 }),
  end: fc.integer({ min: 1, max: 256 * MIB }),
  storedPartBytes: fc.option(fc.integer({ min: 1, max: 96 * MIB }), { nil: undefined }),
});

describe('cutPart', GUARDED, () => {
  it('tiles any range, with no part larger than the window', () => {
    const property = fc.property(aCut, fc.nat(8 * MIB), (cut, startBytes) => {
      for (let start = Math.min(startBytes, cut.end - 1), count = 0; start < cut.end && count < 100; count += 1) {
        const end = cutPart(start, cut);
        assert.ok(end > start && end <= cut.end, `a part from ${start} to ${end} of ${cut.end}`);
        assert.ok(end - start <= cut.windowBytes, `${end - start} bytes are more than the window`);
        start = end;
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('makes no part larger than 16 MiB, unless to take a crumb of at most a quarter with it', () => {
    const property = fc.property(aCut, (cut) => {
      const end = cutPart(0, cut);
      assert.ok(end <= (end === cut.end ? 20 * MIB : 16 * MIB), `${end} bytes`);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('makes none but the last smaller than 128 KiB, a quarter of that at a stored part, or the window', () => {
    const property = fc.property(aCut, (cut) => {
      const end = cutPart(0, cut);
      const leastBytes = Math.min(128 * KIB, cut.windowBytes) / (cut.storedPartBytes === undefined ? 1 : 4);
      assert.ok(end === cut.end || end >= leastBytes, `${end} bytes of a window of ${cut.windowBytes}`);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('takes a window of 256 KiB whole, and gives each connection an even share of a larger one, two shares at the least', () => {
    const end = 256 * MIB;
    assert.equal(cutPart(0, { windowBytes: 256 * KIB, connections: 4, end }), 256 * KIB);
    assert.equal(cutPart(0, { windowBytes: 4 * MIB, connections: 4, end }), MIB);
    assert.equal(cutPart(0, { windowBytes: 4 * MIB, connections: 1, end }), 2 * MIB);
    assert.equal(cutPart(0, { windowBytes: 384 * KIB, connections: 4, end }), 128 * KIB);
    assert.equal(cutPart(0, { windowBytes: 64 * KIB, connections: 4, end }), 64 * KIB);
    assert.equal(cutPart(0, { windowBytes: 64 * MIB, connections: 4, end }), 16 * MIB);
  });

  it('takes what is left rather than leave a crumb, where the window has room for it', () => {
    const cut = { windowBytes: 4 * MIB, connections: 4 };
    assert.equal(cutPart(0, { ...cut, end: MIB + 256 * KIB - 1 }), MIB + 256 * KIB - 1);
    assert.equal(cutPart(0, { ...cut, end: MIB + 256 * KIB }), MIB);
    const first = { windowBytes: 256 * KIB, connections: 1, end: 256 * KIB + 1 };
    assert.equal(cutPart(0, first), 256 * KIB, 'the window has none');
  });

  it('ends where a stored part ends, if one does behind the first quarter of the request', () => {
    const cut = { windowBytes: 64 * MIB, connections: 4, end: 256 * MIB };
    const property = fc.property(fc.nat(128 * MIB), fc.integer({ min: 1, max: 32 * MIB }), (start, storedPartBytes) => {
      const end = cutPart(start, { ...cut, storedPartBytes });
      const lastBoundary = Math.floor((start + 16 * MIB) / storedPartBytes) * storedPartBytes;
      assert.equal(end, lastBoundary >= start + 4 * MIB ? lastBoundary : start + 16 * MIB);
    });
    fc.assert(property, { numRuns: 500 });
    assert.equal(cutPart(5 * MIB, { ...cut, storedPartBytes: 5 * MIB }), 20 * MIB);
    const closeBehind = cutPart(18 * MIB, { ...cut, storedPartBytes: 20 * MIB });
    assert.equal(closeBehind, 34 * MIB, 'a boundary close behind the start');
  });
});

describe('toConnections', () => {
  const pace = { clientBytesPerMs: 0, connectionBytesPerMs: 0, activeCount: 1, maxConnections: 12 };

  it('takes one while nothing is known, or where there may be no more', () => {
    assert.equal(toConnections(pace), 1);
    assert.equal(toConnections({ ...pace, clientBytesPerMs: 1_000 }), 1);
    assert.equal(toConnections({ ...pace, clientBytesPerMs: 1_000, connectionBytesPerMs: 1, maxConnections: 1 }), 1);
  });

  it('takes as many as bring four times what the client drinks', () => {
    const connectionBytesPerMs = 100;
    assert.equal(toConnections({ ...pace, connectionBytesPerMs, clientBytesPerMs: 100 }), 4);
    assert.equal(toConnections({ ...pace, connectionBytesPerMs, clientBytesPerMs: 101 }), 5);
    assert.equal(toConnections({ ...pace, connectionBytesPerMs, clientBytesPerMs: 10 }), 1);
    assert.equal(toConnections({ ...pace, connectionBytesPerMs, clientBytesPerMs: 10_000 }), 12);
  });

  it('takes no more than bring its share of what the process passes on', () => {
    const fast = { ...pace, clientBytesPerMs: MIB, connectionBytesPerMs: 100 * KIB };
    assert.equal(toConnections(fast), 11);
    assert.equal(toConnections({ ...fast, activeCount: 2 }), 6);
    assert.equal(toConnections({ ...fast, activeCount: 100 }), 1);
  });
});

describe('toSlabBytes', () => {
  it('grows with the part, and is small for the parts that a client begins with', () => {
    const sizes = [1, 16 * KIB, 16 * KIB + 1, 256 * KIB, 256 * KIB + 1, MIB - 1, MIB, 8 * MIB];
    const expected = [16, 16, 64, 64, 256, 256, 1024, 1024].map((kib) => kib * KIB);
    assert.deepEqual(sizes.map(toSlabBytes), expected);
  });

  it('knows only sizes that the pool has, each with a page more', () => {
    const pool = new SlabPool();
    for (const bytes of [MIB, MIB - 1, 64 * KIB, 16 * KIB].map(toSlabBytes)) {
      const slab = pool.take(bytes);
      assert.equal(slab.buffer.length, toMemoryBytes(bytes, bytes));
      slab.release();
    }
    assert.equal(SLAB_SIZES_BYTES.length, 4);
  });
});

describe('toMemoryBytes', GUARDED, () => {
  /** A part, how many bytes each read of the socket brings, whether its end is known from the start, and who reads it when. */
  const anArrival = fc.record({
    bytes: fc.oneof(fc.integer({ min: 1, max: 100 * KIB }), fc.integer({ min: 1, max: 4 * MIB })),
    slabBytes: fc.constantFrom(16 * KIB, 64 * KIB, 256 * KIB, MIB),
    reads: fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: MIB }), fc.integer({ min: 1, max: 40 * KIB })), {
      minLength: 1,
      maxLength: 12,
    }),
    takesAt: fc.array(fc.boolean(), { minLength: 1 }),
    isLengthKnown: fc.boolean(),
  });

  it('is never less than what the wire takes for so many bytes, however they come and whoever holds them', () => {
    const property = fc.property(anArrival, ({ bytes, slabBytes, reads, takesAt, isLengthKnown }) => {
      const slabs = new SlabPool({ maxFreeBytes: 0 });
      const inbox = new Inbox(slabs, slabBytes);
      const held: WireChunk[] = [];
      const memoryBytes = toMemoryBytes(bytes, slabBytes);
      const smallestRead = Math.max(1, bytes >> 10);
      for (let leftBytes = bytes, turn = 0; leftBytes > 0; turn += 1) {
        const wantBytes = (left: number) => (isLengthKnown ? left : Number.MAX_SAFE_INTEGER);
        const room = inbox.room(wantBytes(leftBytes));
        const read = Math.max(reads[turn % reads.length]!, smallestRead);
        const count = Math.min(read, room.length, leftBytes);
        leftBytes -= count;
        inbox.advance(count, wantBytes(leftBytes));
        // Nobody gives anything back, which is the most that can be out.
        const chunk = takesAt[turn % takesAt.length] ? inbox.take() : undefined;
        if (chunk) held.push(chunk);
        assert.ok(slabs.takenBytes <= memoryBytes, `${slabs.takenBytes} taken, ${memoryBytes} reserved`);
      }
      // Where the end is not known before it has come, the socket is given room once more.
      if (!isLengthKnown) inbox.room(Number.MAX_SAFE_INTEGER);
      assert.ok(slabs.takenBytes <= memoryBytes, `${slabs.takenBytes} taken, ${memoryBytes} reserved`);
      inbox.drop();
      for (const chunk of held) chunk.release();
      assert.equal(slabs.takenCount, 0);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
