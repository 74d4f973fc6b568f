// The memory that bodies pass through: slabs of a few sizes, used again and again, so that a transfer of any
// length allocates nothing after its first reads. Sockets and files read straight into them.

/**
 * The sizes a slab comes in, for 16 KiB (a small range), 64 KiB, 256 KiB and 1 MiB, the most that one read can usefully
 * fill. Each is a page more: the read that brings the last bytes of a 64 KiB range then leaves room, and libuv, which
 * reads once more after every buffer that was filled to the brim, does not.
 */
export const SLAB_SIZES_BYTES = [20 << 10, 68 << 10, 260 << 10, 1028 << 10] as const;

/** Free memory a pool keeps for the next reads; what is above it goes back to the process. */
const DEFAULT_MAX_FREE_BYTES = 64 << 20;

/** One piece of memory on loan from a pool. Its holder calls `release()` exactly once. */
export type Slab = { readonly buffer: Buffer; release(): void };

/** Lends slabs and counts what is out. It has no timers and needs no closing. */
export class SlabPool {
  readonly #free = new Map<number, Buffer[]>(SLAB_SIZES_BYTES.map((size) => [size, []]));
  readonly #maxFreeBytes: number;
  #freeBytes = 0;
  #takenBytes = 0;
  #takenCount = 0;

  constructor({ maxFreeBytes = DEFAULT_MAX_FREE_BYTES }: { readonly maxFreeBytes?: number } = {}) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** Slabs on loan now. */
  get takenCount(): number {
    return this.#takenCount;
  }

  /** Bytes of slabs on loan now. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Bytes kept for the next loans. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A slab of the smallest size that holds `wantBytes`, or the largest there is. Its content is undefined. */
  take(wantBytes: number): Slab {
    const size = SLAB_SIZES_BYTES.find((candidate) => candidate >= wantBytes) ?? SLAB_SIZES_BYTES.at(-1)!;
    const kept = this.#free.get(size)!.pop();
    if (kept) this.#freeBytes -= size;
    // Filled once, so that a new slab is memory from the start: what a pool has out is what the process has grown by.
    const buffer = kept ?? Buffer.allocUnsafeSlow(size).fill(0);
    this.#takenBytes += size;
    this.#takenCount += 1;
    let onLoan = true;
    return {
      buffer,
      release: () => {
        // A slab released twice would be lent to two bodies at once: better to stop than to mix their bytes.
        if (!onLoan) throw new Error('a slab was released twice');
        onLoan = false;
        this.#takenBytes -= size;
        this.#takenCount -= 1;
        if (this.#freeBytes + size > this.#maxFreeBytes) return;
        this.#freeBytes += size;
        this.#free.get(size)!.push(buffer);
      },
    };
  }
}
