// What a flow has learned of its origin's connections: how soon they answer, and how fast one of them brings.
import type { Part } from './part.ts';

export class ConnectionSpeed {
  /** The shortest time from asking to the first byte; none is seen before the first part is through. */
  firstByteMs = Number.POSITIVE_INFINITY;
  #bytes = 0;
  #ms = 0;

  /** How fast one connection brings; 0 while that is not known. The latest part counts for as much as all before it. */
  get bytesPerMs(): number {
    return this.#ms > 0 ? this.#bytes / this.#ms : 0;
  }

  /** A part that is whole. One that came in one piece says nothing of the speed. */
  learn(part: Pick<Part, 'firstByteMs' | 'timed'>): void {
    this.firstByteMs = Math.min(this.firstByteMs, part.firstByteMs ?? Number.POSITIVE_INFINITY);
    const { bytes, ms } = part.timed;
    if (ms <= 0) return;
    this.#bytes = this.#bytes / 2 + bytes;
    this.#ms = this.#ms / 2 + ms;
  }
}
