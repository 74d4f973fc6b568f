// What has arrived of one body and nobody has read yet: at most one full slab, and the one being filled.
// The socket reads straight into the free end of the second; a reader may be handed what its front holds meanwhile,
// so a slab goes back to its pool when the inbox and every reader are done with it.
import type { Slab, SlabPool } from './slab-pool.ts';

/**
 * How large the next slab is, by how much the reader has taken so far. A client who wants ten bytes of a huge object
 * costs little, and one who stops reading is stopped before there are large slabs to hold: the kernels between us and
 * it take some 4 MiB. Measured on loopback, 1 MiB takes two thirds of the CPU time of 256 KiB.
 */
const SLAB_BYTES_AFTER = [
  { takenBytes: 16 << 20, slabBytes: 1 << 20 },
  { takenBytes: 256 << 10, slabBytes: 256 << 10 },
  { takenBytes: 0, slabBytes: 64 << 10 },
] as const;

/**
 * A slab with less room than this is handed on. It is the page that every slab has beyond its nominal size, so that each
 * takes what it is named for, however the bytes come: whoever reserved memory for them knows how many slabs they fill.
 */
const MIN_READ_BYTES = 4 << 10;

export type WireChunk = { readonly bytes: Buffer; release(): void };

type Filling = { readonly buffer: Buffer; readonly retain: () => void; readonly letGo: () => void };

function toFilling(slab: Slab): Filling {
  let holders = 1;
  return {
    buffer: slab.buffer,
    retain: () => {
      holders += 1;
    },
    letGo: () => {
      holders -= 1;
      if (holders === 0) slab.release();
    },
  };
}

/** Its owner calls `drop()` in the end; after `seal()` reading everything does the same. */
export class Inbox {
  readonly #slabs: SlabPool;
  readonly #slabBytes: number | undefined;
  readonly #ready: WireChunk[] = [];
  #filling: Filling | undefined;
  #filledBytes = 0;
  #givenBytes = 0;
  #takenBytes = 0;

  /** `slabBytes` is the most that a slab shall hold; without it slabs grow with what the reader has taken. */
  constructor(slabs: SlabPool, slabBytes?: number) {
    this.#slabs = slabs;
    this.#slabBytes = slabBytes;
  }

  /** Whether a full slab waits for a reader: then nothing more should be received. */
  get full(): boolean {
    return this.#ready.length > 0;
  }

  /** Whether a reader would find nothing here. */
  get empty(): boolean {
    return this.#ready.length === 0 && this.#filledBytes === this.#givenBytes;
  }

  /** Where the next bytes go. `wantBytes` is how many may still come. */
  room(wantBytes: number): Buffer {
    this.#filling ??= toFilling(this.#slabs.take(Math.min(wantBytes, this.#nextSlabBytes())));
    return this.#filling.buffer.subarray(this.#filledBytes);
  }

  /** Says that the first `bytes` of `room()` are filled, and how many may still come. */
  advance(bytes: number, wantBytes: number): void {
    this.#filledBytes += bytes;
    const roomBytes = this.#filling!.buffer.length - this.#filledBytes;
    if (roomBytes < Math.min(wantBytes, MIN_READ_BYTES)) this.seal();
  }

  /** Takes no more into the slab being filled; what it holds is ready. */
  seal(): void {
    const rest = this.#takeFilled();
    if (rest) this.#ready.push(rest);
    this.#filling?.letGo();
    this.#filling = undefined;
    this.#filledBytes = 0;
    this.#givenBytes = 0;
  }

  /** Keeps the memory of the last `room()` from being lent again, whoever lets go of it, until the result is called. */
  holdRoom(): () => void {
    const filling = this.#filling;
    filling?.retain();
    return () => filling?.letGo();
  }

  /** The next bytes for a reader, if any are here. */
  take(): WireChunk | undefined {
    const chunk = this.#ready.shift() ?? this.#takeFilled();
    if (chunk) this.#takenBytes += chunk.bytes.length;
    return chunk;
  }

  /** Lets go of everything that no reader holds. Nothing may be read into `room()` any more. */
  drop(): void {
    this.seal();
    for (const chunk of this.#ready.splice(0)) chunk.release();
  }

  #nextSlabBytes(): number {
    if (this.#slabBytes !== undefined) return this.#slabBytes;
    return SLAB_BYTES_AFTER.find(({ takenBytes }) => this.#takenBytes >= takenBytes)!.slabBytes;
  }

  #takeFilled(): WireChunk | undefined {
    const filling = this.#filling;
    if (!filling || this.#filledBytes === this.#givenBytes) return undefined;
    const bytes = filling.buffer.subarray(this.#givenBytes, this.#filledBytes);
    this.#givenBytes = this.#filledBytes;
    filling.retain();
    let held = true;
    return {
      bytes,
      release: () => {
        // Released twice, the slab would be lent to two bodies at once: better to stop than to mix their bytes.
        if (!held) throw new Error('a chunk was released twice');
        held = false;
        filling.letGo();
      },
    };
  }
}
