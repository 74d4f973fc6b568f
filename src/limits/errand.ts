// Something that is done again and again, never twice at once: when it is due, and as soon as it can be when somebody
// asks for it. Who asks while it is being done is served by the next time, together with all others.
import type { Clock } from '../clock.ts';

/** Whoever made it calls `close()`. */
export class Errand {
  readonly #clock: Clock;
  readonly #run: () => Promise<number>;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isClosed = false;
  #callOff = (): void => {};

  /** `run` never rejects, and resolves with when it is due again; `Infinity` is when somebody asks. */
  constructor(clock: Clock, run: () => Promise<number>) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Returns at once. */
  ask(): void {
    this.#isWanted = true;
    if (!this.#isClosed) this.#running ??= this.#go();
  }

  /** Resolves when nothing is being done any more, and nothing will be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#callOff();
    await this.#running;
  }

  async #go(): Promise<void> {
    this.#callOff();
    let dueMs = Infinity;
    while (this.#isWanted && !this.#isClosed) {
      // Whoever asks in the same turn of the loop is served together.
      await Promise.resolve();
      this.#isWanted = false;
      dueMs = await this.#run();
    }
    this.#running = undefined;
    if (this.#isClosed || dueMs === Infinity) return;
    this.#callOff = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), () => this.ask());
  }
}
