// A body under test: every byte that it gives is compared with what was put, and every chunk is accounted for.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { Body, ByteRange, Chunk } from '../source/source.ts';
import type { PlacedObject } from './source-harness.ts';

/** The two ways to let go of a body. */
export type Way = 'close()' | 'the signal';

/** Fails, naming the first offset that differs. `start` is where `actual` should begin in the object. */
export function assertBytes(actual: Uint8Array, placed: PlacedObject, start: number): void {
  const expected = placed.bytes({ start, end: start + actual.length });
  if (Buffer.compare(actual, expected) === 0) return;
  const index = actual.findIndex((byte, position) => byte !== expected[position]);
  assert.fail(`the byte at offset ${start + index} is ${actual[index]}, and should be ${expected[index]}`);
}

/** Fails if a body has gone on. To compare with `assert.equal` would print the bytes. */
export function assertEnd(chunk: Chunk | undefined): void {
  if (chunk) assert.fail(`${chunk.bytes.length} bytes came where the body should have ended`);
}

/** A chunk that a test still holds, and where in the object it began. */
export type HeldChunk = { readonly bytes: Uint8Array; readonly start: number };

export class ObservedBody {
  readonly body: Body;
  readonly range: ByteRange;
  readonly placed: PlacedObject;
  readonly #controller: AbortController;
  readonly #held = new Map<HeldChunk, Chunk>();
  /** The offset of the next byte that the body should give. */
  position: number;

  constructor(
    body: Body,
    options: { readonly placed: PlacedObject; readonly range: ByteRange; readonly controller: AbortController },
  ) {
    this.body = body;
    this.placed = options.placed;
    this.range = options.range;
    this.position = options.range.start;
    this.#controller = options.controller;
  }

  /** Reads one chunk, compares it, and holds it. `undefined` is the end. */
  async read(): Promise<HeldChunk | undefined> {
    const chunk = await this.body.read();
    return chunk && this.take(chunk);
  }

  /** Compares a chunk that the body gave, and holds it. */
  take(chunk: Chunk): HeldChunk {
    const held = { bytes: chunk.bytes, start: this.position };
    this.#held.set(held, chunk);
    this.position += chunk.bytes.length;
    assert.ok(this.position <= this.range.end, `the body went on beyond its range, to ${this.position}`);
    assert.ok(
      this.body.receivedBytes >= this.position - this.range.start,
      `receivedBytes is ${this.body.receivedBytes}, less than the ${this.position - this.range.start} bytes that were given`,
    );
    assertBytes(chunk.bytes, this.placed, held.start);
    return held;
  }

  /** Reads, compares and releases one chunk. Tells whether there was one. */
  async skip(): Promise<boolean> {
    const held = await this.read();
    if (held) this.release(held);
    return held !== undefined;
  }

  /** Reads, compares and releases all that is left, and fails unless that is the whole of the range. */
  async rest(): Promise<void> {
    while (await this.skip());
    assert.equal(this.position, this.range.end, 'the body ended as if complete, and was not');
  }

  release(held: HeldChunk): void {
    const chunk = this.#held.get(held);
    if (!chunk) throw new Error('a test released a chunk that it did not hold');
    this.#held.delete(held);
    chunk.release();
  }

  releaseAll(): void {
    for (const held of [...this.#held.keys()]) this.release(held);
  }

  /** Lets go of the body in one way or the other. */
  close(way: Way): void {
    if (way === 'close()') assert.equal(this.body.close(), undefined, 'close() has nothing to return');
    else this.#controller.abort();
  }

  /** How many listeners the signal given to `open` has now. */
  listenerCount(): number {
    return getEventListeners(this.#controller.signal, 'abort').length;
  }
}
