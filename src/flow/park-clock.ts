// Tells when a client has stopped drinking for so long that what was read ahead for it should be given up.
import type { Clock } from '../clock.ts';

export type ParkClockOptions = {
  readonly clock: Clock;
  readonly afterMs: number;
  /** How far the client is, or `undefined` while it is not the client that is waited for. */
  readonly progress: () => number | undefined;
  /** Told when it has not moved in between two looks, which are `afterMs` apart. */
  readonly onPark: () => void;
};

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
    if (now !== undefined && now === before) this.#options.onPark();
    else this.watch();
  }
}
