// How long a reader has waited for the stretch of a body that is coming: the clock runs only while a read is pending, so
// a body that waits for its reader is never slow.
import type { ByteRange } from './source.ts';
import { STRETCH_BYTES } from './latency-book.ts';

export class StretchClock {
  /** The length of the stretch, in bytes. */
  bytes = 0;
  #takenBytes = 0;
  #beganAtMs = 0;
  #waitedMs = 0;
  #waitingSinceMs: number | undefined;

  /** Begins anew with what is left of a body. */
  begin(nowMs: number, { start, end }: ByteRange): void {
    this.bytes = Math.min(STRETCH_BYTES, end - start);
    this.#takenBytes = 0;
    this.#beganAtMs = nowMs;
    this.#waitedMs = 0;
    if (this.#waitingSinceMs !== undefined) this.#waitingSinceMs = nowMs;
  }

  /** A read is pending from now on. */
  wait(nowMs: number): void {
    this.#waitingSinceMs = nowMs;
  }

  /** The reader has so many bytes more, whether it has waited for them or not. */
  take(nowMs: number, bytes: number): void {
    this.#waitedMs = this.waitedMs(nowMs);
    this.#waitingSinceMs = undefined;
    this.#takenBytes += bytes;
  }

  get isWaiting(): boolean {
    return this.#waitingSinceMs !== undefined;
  }

  waitedMs(nowMs: number): number {
    return this.#waitedMs + (this.#waitingSinceMs === undefined ? 0 : nowMs - this.#waitingSinceMs);
  }

  /** Whether the reader has all of it. */
  get isWhole(): boolean {
    return this.#takenBytes >= this.bytes;
  }

  /** Whether the reader was waiting for most of the time: else it was the slow one, and the origin's speed is unknown. */
  wasAwaited(nowMs: number): boolean {
    return 2 * this.waitedMs(nowMs) >= nowMs - this.#beganAtMs;
  }
}
