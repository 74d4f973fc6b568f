// The inbox: whatever the order of reads from the socket, takes and releases, the bytes come out once, in order and
// unchanged while anyone holds them, and no slab stays outside its pool.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { patternBytes } from '../testing/pattern.ts';
import { Inbox } from './inbox.ts';
import type { WireChunk } from './inbox.ts';
import { SLAB_SIZES_BYTES, SlabPool } from './slab-pool.ts';

const ENDLESS_BYTES = Number.MAX_SAFE_INTEGER;

/** An inbox with a socket that fills it from a pattern, and a reader that checks what comes out. */
class Traffic {
  readonly inbox: Inbox;
  readonly #seed: number;
  readonly #held: { readonly chunk: WireChunk; readonly start: number }[] = [];
  #wantBytes: number;
  #receivedBytes = 0;
  #takenBytes = 0;

  constructor(slabs: SlabPool, { seed, wantBytes }: { readonly seed: number; readonly wantBytes: number }) {
    this.inbox = new Inbox(slabs);
    this.#seed = seed;
    this.#wantBytes = wantBytes;
  }

  /** Reads up to `bytes` from the socket. */
  receive(bytes: number): void {
    if (this.#wantBytes === 0) return;
    const room = this.inbox.room(this.#wantBytes);
    assert.ok(room.length > 0, 'there is always room for what is wanted');
    const count = Math.min(bytes, room.length, this.#wantBytes);
    room.set(patternBytes({ start: this.#receivedBytes, end: this.#receivedBytes + count }, this.#seed));
    this.#receivedBytes += count;
    if (this.#wantBytes !== ENDLESS_BYTES) this.#wantBytes -= count;
    this.inbox.advance(count, this.#wantBytes);
  }

  take(): boolean {
    const { empty } = this.inbox;
    const chunk = this.inbox.take();
    assert.equal(chunk === undefined, empty);
    if (!chunk) return false;
    assert.ok(chunk.bytes.length > 0, 'a chunk has bytes');
    this.#held.push({ chunk, start: this.#takenBytes });
    this.#takenBytes += chunk.bytes.length;
    return true;
  }

  /** Gives back one of the chunks that were taken: its bytes must still be what they were. */
  release(index: number): void {
    const [held] = this.#held.splice(index % Math.max(this.#held.length, 1), 1);
    if (!held) return;
    const { chunk, start } = held;
    assert.deepEqual(chunk.bytes, patternBytes({ start, end: start + chunk.bytes.length }, this.#seed));
    chunk.release();
  }

  readToEnd(): void {
    this.inbox.seal();
    while (this.take());
    assert.equal(this.#takenBytes, this.#receivedBytes, 'every byte came out');
    this.releaseAll();
  }

  releaseAll(): void {
    while (this.#held.length > 0) this.release(0);
  }
}

test('slabs grow with what the reader has taken', () => {
  const slabs = new SlabPool();
  const traffic = new Traffic(slabs, { seed: 0, wantBytes: ENDLESS_BYTES });
  const [, first, middle, largest] = SLAB_SIZES_BYTES;
  let takenBytes = 0;
  for (const [size, untilBytes] of [
    [first, 256 << 10],
    [middle, 16 << 20],
    [largest, 20 << 20],
  ] as const) {
    for (; takenBytes < untilBytes; takenBytes += size) {
      assert.equal(traffic.inbox.room(ENDLESS_BYTES).length, size, `after ${takenBytes} bytes`);
      traffic.receive(size);
      assert.ok(traffic.take());
      traffic.releaseAll();
    }
  }
  traffic.inbox.drop();
  assert.equal(slabs.takenCount, 0);
});

test('slabs stay small for a reader that takes nothing', () => {
  const { inbox } = new Traffic(new SlabPool(), { seed: 0, wantBytes: ENDLESS_BYTES });
  const [, first] = SLAB_SIZES_BYTES;
  for (let count = 0; count < 10; count += 1) {
    assert.equal(inbox.room(ENDLESS_BYTES).length, first);
    inbox.advance(first, ENDLESS_BYTES);
  }
  inbox.drop();
});

test('a small body takes a small slab', () => {
  const inbox = new Inbox(new SlabPool());
  const [smallest] = SLAB_SIZES_BYTES;
  assert.equal(inbox.room(10).length, smallest);
  inbox.advance(9, 1);
  assert.equal(inbox.full, false);
  assert.equal(inbox.room(1).length, smallest - 9, 'the last byte goes to the same slab');
});

test('a slab with less than a page of room is full, unless the body fits in that', () => {
  for (const [wantBytes, full] of [
    [ENDLESS_BYTES, true],
    [(4 << 10) - 1, true],
    [(4 << 10) - 2, true],
    [(4 << 10) - 3, false],
  ] as const) {
    const inbox = new Inbox(new SlabPool());
    const room = inbox.room(ENDLESS_BYTES);
    inbox.advance(room.length - (4 << 10) + 3, wantBytes);
    assert.equal(inbox.full, full, `${wantBytes} still to come`);
  }
});

test('bytes can be taken from a slab while the rest of it is being filled', () => {
  const slabs = new SlabPool();
  const traffic = new Traffic(slabs, { seed: 0, wantBytes: ENDLESS_BYTES });
  traffic.receive(1_000);
  assert.ok(traffic.take());
  traffic.receive(2_000);
  assert.ok(traffic.take());
  assert.ok(!traffic.take());
  assert.equal(slabs.takenCount, 1);
  traffic.inbox.drop();
  assert.equal(slabs.takenCount, 1, 'the reader holds it');
  traffic.releaseAll();
  assert.equal(slabs.takenCount, 0);
});

test('a chunk that is released twice throws, even while its slab is still in use', () => {
  const slabs = new SlabPool();
  const inbox = new Inbox(slabs);
  inbox.room(ENDLESS_BYTES);
  inbox.advance(10, ENDLESS_BYTES);
  const chunk = inbox.take();
  chunk?.release();
  assert.throws(() => chunk?.release(), /released twice/);
  assert.equal(slabs.takenCount, 1);
});

test('what is dropped goes back at once, but for the room that is held', () => {
  const slabs = new SlabPool();
  const inbox = new Inbox(slabs);
  inbox.room(ENDLESS_BYTES);
  inbox.advance(66 << 10, ENDLESS_BYTES);
  inbox.room(ENDLESS_BYTES);
  assert.equal(slabs.takenCount, 2);
  const letGo = inbox.holdRoom();
  inbox.drop();
  assert.equal(slabs.takenCount, 1);
  letGo();
  assert.equal(slabs.takenCount, 0);
});

test('where there is no room, none is held', () => {
  const slabs = new SlabPool();
  const inbox = new Inbox(slabs);
  inbox.holdRoom()();
  inbox.drop();
  inbox.drop();
  assert.equal(slabs.takenCount, 0);
});

const bytes = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 70_000 }), fc.constant(1 << 20));
const step = fc.oneof(
  bytes.map((count) => (traffic: Traffic) => traffic.receive(count)),
  bytes.map((count) => (traffic: Traffic) => traffic.receive(count)),
  fc.constant((traffic: Traffic) => void traffic.take()),
  fc.nat({ max: 10 }).map((index) => (traffic: Traffic) => traffic.release(index)),
);
const plan = fc.record({
  wantBytes: fc.oneof(fc.constant(ENDLESS_BYTES), fc.integer({ min: 1, max: 500_000 })),
  steps: fc.array(step, { maxLength: 40 }),
  isRead: fc.boolean(),
});

test('whatever happens in two inboxes of one pool, each gives its own bytes in order, and all slabs come back', () => {
  fc.assert(
    fc.property(plan, plan, (first, second) => {
      const slabs = new SlabPool();
      const plans = [first, second];
      const traffics = plans.map(({ wantBytes }, seed) => new Traffic(slabs, { seed, wantBytes }));
      for (let at = 0; at < 40; at += 1) {
        for (const [index, { steps }] of plans.entries()) steps[at]?.(traffics[index]!);
      }
      for (const [index, { isRead }] of plans.entries()) {
        const traffic = traffics[index]!;
        if (isRead) traffic.readToEnd();
        traffic.inbox.drop();
        traffic.releaseAll();
      }
      assert.deepEqual([slabs.takenCount, slabs.takenBytes], [0, 0]);
    }),
    { seed: 11, numRuns: 150 },
  );
});
