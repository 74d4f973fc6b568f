// A rate as a bucket that fills steadily and is spent from: in any span of time no more is spent than the rate brings in
// it, and one burst.

/** So many slices a second when a stream has all of a rate: each costs a system call and a turn, and the bytes stay smooth. */
const SLICES_A_SECOND = 16;

/** Less is not worth a system call of its own, … */
const LEAST_SLICE_BYTES = 16 << 10;

/** … unless that would be more than a quarter of a second. */
const LEAST_SLICES_A_SECOND = 4;

/** The largest piece of memory that bodies come in. */
const LARGEST_SLICE_BYTES = 1 << 20;

/** How late an alarm may come without time being lost: a busy turn of the event loop takes so long. */
const LATE_MS = 50;

/** Less than that is what computing with fractions leaves. */
const NOTHING_BYTES = 1 / 1024;

/** How many bytes are handed on at a time. */
export function toSliceBytes(bytesPerSecond: number): number {
  const least = Math.min(LEAST_SLICE_BYTES, bytesPerSecond / LEAST_SLICES_A_SECOND);
  const slice = Math.min(LARGEST_SLICE_BYTES, Math.max(least, bytesPerSecond / SLICES_A_SECOND));
  return Math.max(1, Math.floor(slice));
}

/** How much more may be spent in a span of time than the rate brings in it. */
export function toBurstBytes(bytesPerSecond: number): number {
  return toSliceBytes(bytesPerSecond) + (bytesPerSecond * LATE_MS) / 1000;
}

/** Of the limit it may be given a share, where others spend from the same limit elsewhere. */
export class TokenBucket {
  #limit: number;
  #share = 1;
  #bytes: number;
  #filledAtMs: number;
  #sliceBytes = 0;
  #burstBytes = 0;

  /** It begins full. */
  constructor(limitBytesPerSecond: number, nowMs: number) {
    this.#limit = limitBytesPerSecond;
    this.#filledAtMs = nowMs;
    this.#bytes = Infinity;
    this.#resize();
  }

  get limitBytesPerSecond(): number {
    return this.#limit;
  }

  /** The most to ask for at a time: more than a burst never comes together. */
  get sliceBytes(): number {
    return this.#sliceBytes;
  }

  /** From now on. */
  setLimit(bytesPerSecond: number, nowMs: number): void {
    if (bytesPerSecond === this.#limit) return;
    this.#fill(nowMs);
    this.#limit = bytesPerSecond;
    this.#resize();
  }

  /** From now on; more than 0, and at most 1. */
  setShare(share: number, nowMs: number): void {
    if (share === this.#share) return;
    this.#fill(nowMs);
    this.#share = share;
    this.#resize();
  }

  /** In how many whole milliseconds so much may be spent; 0 is now. */
  waitMs(bytes: number, nowMs: number): number {
    this.#fill(nowMs);
    const lacking = bytes - this.#bytes;
    return lacking <= NOTHING_BYTES ? 0 : Math.max(1, Math.ceil((lacking / this.#bytesPerSecond) * 1000));
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Whether it is as good as one that was never used. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#bytes >= this.#burstBytes;
  }

  get #bytesPerSecond(): number {
    return this.#limit * this.#share;
  }

  #resize(): void {
    this.#sliceBytes = toSliceBytes(this.#bytesPerSecond);
    this.#burstBytes = toBurstBytes(this.#bytesPerSecond);
    this.#bytes = Math.min(this.#bytes, this.#burstBytes);
  }

  #fill(nowMs: number): void {
    const brought = ((nowMs - this.#filledAtMs) / 1000) * this.#bytesPerSecond;
    this.#bytes = Math.min(this.#burstBytes, this.#bytes + brought);
    this.#filledAtMs = nowMs;
  }
}
