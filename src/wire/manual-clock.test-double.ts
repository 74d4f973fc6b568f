// A clock that a test moves by hand: it stands in for setTimeout and clearTimeout, so that a time-out is a step of
// the test and takes no time. The mock timers of node:test do not move a timer that is refreshed.
import type { TestContext } from 'node:test';

class ManualTimer {
  readonly #clock: ManualClock;
  readonly #delayMs: number;
  readonly run: () => void;
  dueMs = 0;

  constructor(clock: ManualClock, run: () => void, delayMs: number) {
    this.#clock = clock;
    this.run = run;
    this.#delayMs = delayMs;
    this.refresh();
  }

  refresh(): this {
    this.dueMs = this.#clock.nowMs + this.#delayMs;
    this.#clock.pending.add(this);
    return this;
  }
}

export class ManualClock {
  nowMs = 0;
  readonly pending = new Set<ManualTimer>();

  /** Takes over until the end of the test. */
  constructor(context: TestContext) {
    context.mock.method(globalThis, 'setTimeout', (run: () => void, delayMs: number) => {
      return new ManualTimer(this, run, delayMs);
    });
    context.mock.method(globalThis, 'clearTimeout', (timer: ManualTimer | undefined) => {
      if (timer) this.pending.delete(timer);
    });
  }

  /** Lets time pass, and runs what falls due, in order. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [next] = [...this.pending].filter(({ dueMs }) => dueMs <= endMs).toSorted((a, b) => a.dueMs - b.dueMs);
      if (!next) break;
      this.nowMs = next.dueMs;
      this.pending.delete(next);
      next.run();
    }
    this.nowMs = endMs;
  }
}
