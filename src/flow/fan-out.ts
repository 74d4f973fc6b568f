// Over how many connections a flow asks at once. It begins with one. Where one seems too slow for the client, twice as
// many are tried for a while, and kept only if the client then drinks notably faster: where it is the machine, or the
// client, that is slow, more connections only cost more.

/** Less than this and it was not worth the connections; twice as many could bring twice as much. */
const WORTHWHILE = 1.25;

/** After a trial that failed, so many stretches pass before the next. */
const PAUSE_STRETCHES = 8;

/** The stretch in which connections are opened says nothing of what they bring. */
const OPENING_STRETCHES = 1;

type Trial = { readonly before: number; readonly bytesPerMs: number; readonly stretches: number };

export class FanOut {
  #connections = 1;
  #trial: Trial | undefined;
  #pauseStretches = 0;

  get connections(): number {
    return this.#connections;
  }

  /** The client has drunk a window more, so fast. `wanted`: over how many connections it could be worth asking. */
  drank(bytesPerMs: number, wanted: number): void {
    if (this.#trial) this.#weigh(this.#trial, bytesPerMs);
    else this.#pauseStretches = Math.max(0, this.#pauseStretches - 1);
    if (wanted < this.#connections) this.#settle(wanted);
    else if (wanted > this.#connections && !this.#trial && this.#pauseStretches === 0) this.#try(bytesPerMs, wanted);
  }

  #try(bytesPerMs: number, wanted: number): void {
    this.#trial = { before: this.#connections, bytesPerMs, stretches: 0 };
    this.#connections = Math.min(wanted, 2 * this.#connections);
  }

  #weigh(trial: Trial, bytesPerMs: number): void {
    if (trial.stretches < OPENING_STRETCHES) {
      this.#trial = { ...trial, stretches: trial.stretches + 1 };
    } else if (bytesPerMs < trial.bytesPerMs * WORTHWHILE) {
      this.#settle(trial.before);
      this.#pauseStretches = PAUSE_STRETCHES;
    } else {
      this.#trial = undefined;
    }
  }

  #settle(connections: number): void {
    this.#connections = connections;
    this.#trial = undefined;
  }
}
