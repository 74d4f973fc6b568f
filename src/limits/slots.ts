// How many transfers at once: who may begin, who waits a moment for one that is just ending, who is refused.
//
// Alone, a process counts its own. Where gateways share a database, a lender (fleet.ts) says how many of a
// principal's transfers are for this one: those are taken at once, and it is asked for more when they are not enough.
import type { Clock } from '../clock.ts';
import { toUnavailable } from './away.ts';
import { Seats } from './seats.ts';

/**
 * How long somebody who is at their limit waits for one of their transfers to end. A client begins the next when it has
 * the last byte; that it has it we hear later, by 40 ms where its machine holds its last acknowledgement back.
 */
export const PATIENCE_MS = 250;

/** How long a transfer waits for the lender's first word: after that the database is as good as away. */
const ANSWER_WITHIN_MS = 2_000;

export type Lender = {
  /** Somebody waits for more than was lent. */
  wanted(): void;
  /** Not all that was lent is in use. */
  spared(): void;
  /** Whether what was lent may be somebody else's by now. */
  readonly isLapsed: boolean;
};

/** Whoever has it calls `end()`, once. */
export type Slot = {
  /** How many more there may be, as far as is known. */
  readonly leftCount: number;
  end(): void;
};

export type SlotRequest = { readonly limit: number; readonly signal: AbortSignal };

export class Slots {
  readonly #clock: Clock;
  readonly #lender: Lender | undefined;
  /** Of principals who have transfers, wait for one, or have been lent some. */
  readonly #seats = new Map<string, Seats>();

  /** Without a lender nobody else counts. */
  constructor(clock: Clock, lender?: Lender) {
    this.#clock = clock;
    this.#lender = lender;
  }

  get seats(): ReadonlyMap<string, Seats> {
    return this.#seats;
  }

  /** Nothing for somebody who is at their limit. Rejects with `unavailable` and `closed`. */
  take(principal: string, { limit, signal }: SlotRequest): Slot | undefined | Promise<Slot | undefined> {
    if (limit === 0) return undefined;
    const seats = this.#seats.get(principal) ?? new Seats();
    this.#seats.set(principal, seats);
    seats.limit = limit;
    if (seats.line.size > 0 || seats.usedCount >= this.#roomIn(seats)) return this.#wait(principal, { seats, signal });
    seats.usedCount += 1;
    return this.#toSlot(principal, seats);
  }

  /** More was lent, or less is: who waits may go as far as it reaches. */
  serve(principal: string, seats: Seats): void {
    seats.admit(this.#roomIn(seats));
    if (seats.isEmpty) this.#seats.delete(principal);
  }

  #roomIn(seats: Seats): number {
    if (!this.#lender) return seats.limit;
    return this.#lender.isLapsed ? 0 : Math.min(seats.limit, seats.lentCount);
  }

  async #wait(principal: string, { seats, signal }: { seats: Seats; signal: AbortSignal }): Promise<Slot | undefined> {
    const waiting = seats.join(this.#clock.now());
    const onAbort = () => seats.giveUp(waiting);
    const onLate = () => {
      if (this.#lender && !waiting.wasRefused) seats.fail(toUnavailable('transfers cannot be counted'), waiting);
      else seats.refuse(waiting);
    };
    const callOff = this.#clock.after(this.#lender ? ANSWER_WITHIN_MS : PATIENCE_MS, onLate);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    // There may be more than there were for those who came before.
    seats.admit(this.#roomIn(seats));
    if (seats.line.size > 0) this.#lender?.wanted();
    try {
      const isIn = await waiting.answer;
      return isIn ? this.#toSlot(principal, seats) : undefined;
    } finally {
      callOff();
      signal.removeEventListener('abort', onAbort);
      this.serve(principal, seats);
    }
  }

  #toSlot(principal: string, seats: Seats): Slot {
    const leftCount = Math.max(0, seats.limit - seats.usedCount - seats.othersCount);
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      seats.usedCount -= 1;
      this.serve(principal, seats);
      if (seats.spareCount > 0) this.#lender?.spared();
    };
    return { leftCount, end };
  }
}
