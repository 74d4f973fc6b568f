// The memory that bodies pass through: slabs of a few sizes, used again and again, so that a transfer of any
// length allocates nothing after its first reads. Sockets and files read straight into them.
//
// Slabs are cut from blocks, each into slabs of one size for as long as any of them is on loan; a block that is whole
// again may be cut anew. So memory that was in large slabs a moment ago serves small ones now, without a detour over
// the garbage collector, which takes its time.

/**
 * The sizes a slab comes in, for 16 KiB (a small range), 64 KiB, 256 KiB and 1 MiB, the most that one read can usefully
 * fill. Each is a page more: the read that brings the last bytes of a 64 KiB range then leaves room, and libuv, which
 * reads once more after every buffer that was filled to the brim, does not.
 */
export const SLAB_SIZES_BYTES = [20 << 10, 68 << 10, 260 << 10, 1028 << 10] as const;

/** Holds 52, 15, 4 or 1 slabs, and wastes little with any of them. */
const BLOCK_BYTES = 1040 << 10;

/** Whole blocks that a pool keeps for the next reads; what is above it goes back to the process. */
const DEFAULT_MAX_FREE_BYTES = 64 << 20;

/** One piece of memory on loan from a pool. Its holder calls `release()` exactly once. */
export type Slab = { readonly buffer: Buffer; release(): void };

/** A block and how it is cut at present. */
type Block = {
  readonly memory: Buffer;
  slabBytes: number;
  /** Slabs that have been on loan and are not now; beyond them lies what has not been cut yet. */
  free: Buffer[];
  cutBytes: number;
  onLoan: number;
};

/** Lends slabs and counts what is out. It has no timers and needs no closing. */
export class SlabPool {
  /** Those of each size that have slabs on loan, and room for more. */
  readonly #open = new Map<number, Set<Block>>(SLAB_SIZES_BYTES.map((size) => [size, new Set()]));
  readonly #whole: Block[] = [];
  readonly #maxWhole: number;
  #blockCount = 0;
  #takenBytes = 0;
  #takenCount = 0;

  constructor({ maxFreeBytes = DEFAULT_MAX_FREE_BYTES }: { readonly maxFreeBytes?: number } = {}) {
    this.#maxWhole = Math.floor(maxFreeBytes / BLOCK_BYTES);
  }

  /** Slabs on loan now. */
  get takenCount(): number {
    return this.#takenCount;
  }

  /** Bytes of slabs on loan now. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Bytes of memory that are not on loan: kept for the next loans, or too few to be a slab. */
  get freeBytes(): number {
    return this.#blockCount * BLOCK_BYTES - this.#takenBytes;
  }

  /** A slab of the smallest size that holds `wantBytes`, or the largest there is. Its content is undefined. */
  take(wantBytes: number): Slab {
    const size = SLAB_SIZES_BYTES.find((candidate) => candidate >= wantBytes) ?? SLAB_SIZES_BYTES.at(-1)!;
    const open = this.#open.get(size)!;
    const [found] = open;
    const block = found ?? this.#openBlock(size);
    const buffer = cutSlab(block);
    if (isFull(block)) open.delete(block);
    else if (!found) open.add(block);
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
        this.#takeBack(block, buffer);
      },
    };
  }

  #openBlock(slabBytes: number): Block {
    const whole = this.#whole.pop();
    if (whole) {
      if (whole.slabBytes !== slabBytes) Object.assign(whole, { slabBytes, free: [], cutBytes: 0 });
      return whole;
    }
    this.#blockCount += 1;
    // Filled once, so that a new block is memory from the start: what a pool has out is what the process has grown by.
    return { memory: Buffer.allocUnsafeSlow(BLOCK_BYTES).fill(0), slabBytes, free: [], cutBytes: 0, onLoan: 0 };
  }

  #takeBack(block: Block, buffer: Buffer): void {
    const open = this.#open.get(block.slabBytes)!;
    block.onLoan -= 1;
    block.free.push(buffer);
    if (block.onLoan > 0) {
      open.add(block);
      return;
    }
    open.delete(block);
    if (this.#whole.length < this.#maxWhole) this.#whole.push(block);
    else this.#blockCount -= 1;
  }
}

function isFull({ free, cutBytes, slabBytes }: Block): boolean {
  return free.length === 0 && cutBytes + slabBytes > BLOCK_BYTES;
}

/** From a block that is not full. */
function cutSlab(block: Block): Buffer {
  block.onLoan += 1;
  const kept = block.free.pop();
  if (kept) return kept;
  const buffer = block.memory.subarray(block.cutBytes, block.cutBytes + block.slabBytes);
  block.cutBytes += block.slabBytes;
  return buffer;
}
