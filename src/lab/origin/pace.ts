// The pace of one connection's bodies: pure arithmetic of when a piece may go, in milliseconds of `performance.now()`.
// What an answer did not use is nobody's credit; only what a timer was late by, in a body, is made good.

/** More than a busy machine's timers are ever late by for long. */
const MAX_CATCH_UP_MS = 50;

/** What a write may take that the kernel has room for; what it takes beyond, its peer was slow by. */
const WRITE_MS = 5;

export class Pace {
  /** When all that has been paid for has gone, at the pace. */
  #paidUntilMs = 0;
  /** What the last piece was late by when it went. */
  #lateMs = 0;

  /** A body begins: with no credit, and behind what the connection still owes. */
  begin(nowMs: number): void {
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs);
    this.#lateMs = 0;
  }

  /** Pays for the next piece. Answers when it may go: the time at which a connection of this rate would be through. */
  pay(bytes: number, { bytesPerSecond, nowMs }: { readonly bytesPerSecond: number; readonly nowMs: number }): number {
    const beginMs = Math.max(this.#paidUntilMs, nowMs - this.#lateMs - WRITE_MS);
    this.#paidUntilMs = beginMs + (bytes / bytesPerSecond) * 1000;
    return this.#paidUntilMs;
  }

  /** The piece that was paid for goes. */
  go(nowMs: number): void {
    this.#lateMs = Math.min(MAX_CATCH_UP_MS, Math.max(0, nowMs - this.#paidUntilMs));
  }
}
