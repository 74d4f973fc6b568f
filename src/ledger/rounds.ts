// What a gateway does again and again for the books of all: it says that it lives, and settles for those that do not.
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { isSluiceError } from '../errors.ts';
import type { SluiceError } from '../errors.ts';
import { toAway } from './bookkeeper.ts';
import { sayAlive, settleLostGateways } from './gateways.ts';
import type { JournalDisk } from './journal-disk.ts';
import { settleLeftJournals } from './left-journals.ts';

/** A third of what a gateway is taken for alive after it has said so. */
const ROUND_MS = 10_000;

/** How many rounds go by between two looks for the dead. */
const ROUNDS_A_RECOVERY = 6;

export type RoundsOptions = {
  readonly database: Kysely<Schema>;
  readonly disk: JournalDisk;
  readonly parentFolder: string;
  readonly gatewayId: string;
  readonly clock: Clock;
  readonly now: () => number;
  readonly report: (error: SluiceError) => void;
};

export class Rounds {
  readonly #options: RoundsOptions;
  readonly #startedAtMs: number;
  readonly #ending = new AbortController();
  #untilRecovery = 0;
  #isFailing = false;
  #callOff: (() => void) | undefined;
  #round: Promise<void>;
  #recovery: Promise<void> | undefined;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
    this.#round = this.#go();
  }

  /** Looks for the dead now, or waits for the look that is going on. */
  async recover(): Promise<void> {
    this.#recovery ??= this.#settleForOthers().finally(() => {
      this.#recovery = undefined;
    });
    await this.#recovery;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#callOff?.();
    this.#callOff = undefined;
    await this.#round;
  }

  /** Never rejects. */
  async #go(): Promise<void> {
    const { database, gatewayId: id, clock, now, report } = this.#options;
    try {
      await sayAlive(database, { id, startedAtMs: this.#startedAtMs }, now());
      if (this.#untilRecovery === 0) await this.recover();
      this.#untilRecovery = (this.#untilRecovery || ROUNDS_A_RECOVERY) - 1;
      this.#isFailing = false;
    } catch (error) {
      const isNews = !this.#isFailing && !isSluiceError(error, 'closed');
      this.#isFailing = true;
      if (isNews) report(toAway(error));
    }
    if (this.#ending.signal.aborted) return;
    this.#callOff = clock.after(ROUND_MS, () => {
      this.#round = this.#go();
    });
  }

  async #settleForOthers(): Promise<void> {
    const { database, disk, parentFolder, now, report } = this.#options;
    await settleLeftJournals({ database, disk, parentFolder, report, signal: this.#ending.signal });
    // Whose journal is here is settled by it, which knows more, or is alive.
    await settleLostGateways(database, { nowMs: now(), except: disk.list(parentFolder) });
  }
}
