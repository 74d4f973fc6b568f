// The least that a client must take, where an operator asks for it: so many bytes in so much time. Only the time counts
// in which bytes were there for it and it had not taken them; a slow store is not its fault.
import type { Clock } from '../clock.ts';

export type MinimumRate = { readonly bytes: number; readonly windowMs: number };

export type RateWatchOptions = {
  readonly rate: MinimumRate;
  readonly clock: Clock;
  /** What the client has taken so far. */
  readonly takenBytes: () => number;
  /** Told once, when a client was too slow for a whole window. */
  readonly onTooSlow: () => void;
};

/** Its owner calls `pause()` in the end. */
export class RateWatch {
  readonly #options: RateWatchOptions;
  /** Of the window under way: what of it has passed, and what the client had taken when it began. */
  #passedMs = 0;
  #takenBefore: number;
  #running: { readonly sinceMs: number; readonly cancel: () => void } | undefined;

  constructor(options: RateWatchOptions) {
    this.#options = options;
    this.#takenBefore = options.takenBytes();
  }

  /** Bytes are there for the client, from now on. */
  run(): void {
    if (this.#running) return;
    const { rate, clock } = this.#options;
    const cancel = clock.after(rate.windowMs - this.#passedMs, () => this.#windowEnds());
    this.#running = { sinceMs: clock.now(), cancel };
  }

  /** It has taken all there was. */
  pause(): void {
    if (!this.#running) return;
    this.#running.cancel();
    this.#passedMs += this.#options.clock.now() - this.#running.sinceMs;
    this.#running = undefined;
  }

  #windowEnds(): void {
    const { rate, takenBytes, onTooSlow } = this.#options;
    this.#running = undefined;
    this.#passedMs = 0;
    const taken = takenBytes();
    const windowBytes = taken - this.#takenBefore;
    this.#takenBefore = taken;
    if (windowBytes < rate.bytes) onTooSlow();
    else this.run();
  }
}
