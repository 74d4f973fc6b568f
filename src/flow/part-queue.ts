// The parts of a read-ahead in their order, and what those that are through have left behind.
import type { Part } from './part.ts';

/** Its owner calls `closeAll()` in the end. */
export class PartQueue {
  #parts: Part[] = [];
  #pastReceivedBytes = 0;
  #pastResumedCount = 0;

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** The one that is being handed out. */
  get front(): Part | undefined {
    return this.#parts[0];
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#parts.find((part) => part.failure)?.failure;
  }

  /** How many connections are in the middle of one. */
  get busyCount(): number {
    return this.#parts.reduce((count, { isBusy }) => count + Number(isBusy), 0);
  }

  /** Of all that there were, those that are through included. */
  get receivedBytes(): number {
    return this.#parts.reduce((sum, { body }) => sum + body.receivedBytes, this.#pastReceivedBytes);
  }

  get resumedCount(): number {
    return this.#parts.reduce((sum, { body }) => sum + (body.resumedCount ?? 0), this.#pastResumedCount);
  }

  push(part: Part): void {
    this.#parts.push(part);
  }

  /** The front is through; the next one takes its place. */
  retireFront(): void {
    this.#end(this.#parts.shift());
  }

  closeAll(): void {
    for (const part of this.#parts.splice(0)) this.#end(part);
  }

  #end(part: Part | undefined): void {
    if (!part) return;
    part.close();
    this.#pastReceivedBytes += part.body.receivedBytes;
    this.#pastResumedCount += part.body.resumedCount ?? 0;
  }
}
