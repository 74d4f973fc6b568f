// Tells when a client has stopped drinking for so long that what was read ahead for it should be given up.
import type { Clock } from '../clock.ts';

export type ParkClockOptions = {
  readonly clock: Clock;
  readonly afterMs: number;
  /** How far the client is, or `undefined` while it is not the client that is waited for. */
  readonly progress: () => number | undefined;
  /** What is held for it, in bytes. */
  readonly heldBytes: () => number;
  /** Told when it has not moved between two looks, which are `afterMs` apart, or hardly for how much is held for it. */
  readonly onPark: () => void;
};

/** So much may be held for a client that moves at all, however slowly; more only if it will have drunk it in a minute. */
const FREELY_HELD_BYTES = 1 << 20;
const DRUNK_WITHIN_MS = 60_000;

/** Its owner calls `stop()`. */
export class ParkClock {
  readonly #options: ParkClockOptions;
  #cancel: (() => void) | undefined;
  #seen: number | undefined;

  constructor(options: ParkClockOptions) {
    this.#options = options;
  }

  /** From now on the client has something to drink; looking goes on until it parks. */
  watch(): void {
    const { clock, afterMs } = this.#options;
    this.#cancel ??= clock.after(afterMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    this.#cancel = undefined;
    const now = this.#options.progress();
    const before = this.#seen;
    this.#seen = now;
    if (now !== undefined && before !== undefined && this.#isIdle(now - before)) this.#options.onPark();
    else this.watch();
  }

  /** Whether that is too little. Less than nothing is a write that has begun meanwhile, and so is no rest. */
  #isIdle(movedBytes: number): boolean {
    const { heldBytes, afterMs } = this.#options;
    const held = heldBytes();
    const leastBytes = held > FREELY_HELD_BYTES ? (held * afterMs) / DRUNK_WITHIN_MS : 0;
    return movedBytes >= 0 && movedBytes <= leastBytes;
  }
}
