// Looks at every open body of one origin again and again: one alarm for all of them, so that a body that is not slow
// costs no timer. There is an alarm exactly while a body is watched.
import type { Clock } from '../clock.ts';

/** How often: what is slow is found out at most this much late, which is less than half of what is worth anything. */
const LOOK_EVERY_MS = 10;

export type Watched = {
  /** Called every few milliseconds while it is watched. */
  look(nowMs: number): void;
};

export class SlowWatch {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #callOff: (() => void) | undefined;
  #dueMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    if (!this.#callOff) this.#setAlarm();
  }

  /** Nothing happens if it is not watched. */
  delete(watched: Watched): void {
    if (!this.#watched.delete(watched) || this.#watched.size > 0) return;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #setAlarm(): void {
    this.#dueMs = this.#clock.now() + LOOK_EVERY_MS;
    this.#callOff = this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#clock.now();
    const isLate = nowMs - this.#dueMs > LOOK_EVERY_MS;
    this.#setAlarm();
    // A late alarm says that this process was held up. What has come from the origin meanwhile is seen after timers.
    if (isLate) return;
    for (const watched of this.#watched) watched.look(nowMs);
  }
}
