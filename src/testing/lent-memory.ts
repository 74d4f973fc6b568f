// The memory of the doubles: like a slab pool it lends the same memory again, and unlike one it overwrites what comes
// back, so that whoever uses a chunk after its release sees it at once.
import type { Chunk } from '../source/source.ts';

/** What released memory is filled with. */
const POISON = 0xdb;

export class LentMemory {
  readonly #free: Buffer[] = [];
  #takenCount = 0;

  /** Chunks on loan now. */
  get takenCount(): number {
    return this.#takenCount;
  }

  /** Lends a copy of `bytes`. A second release is a bug of the holder, and throws. */
  lend(bytes: Uint8Array): Chunk {
    const index = this.#free.findLastIndex((free) => free.length >= bytes.length);
    const memory = index === -1 ? Buffer.allocUnsafeSlow(bytes.length) : this.#free.splice(index, 1)[0]!;
    memory.set(bytes);
    this.#takenCount += 1;
    let onLoan = true;
    return {
      bytes: memory.subarray(0, bytes.length),
      release: () => {
        if (!onLoan) throw new Error('a chunk was released twice');
        onLoan = false;
        this.#takenCount -= 1;
        memory.fill(POISON);
        this.#free.push(memory);
      },
    };
  }
}
