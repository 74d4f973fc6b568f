// A clock that a test moves by hand, and the order in which what is due at once comes to pass, drawn from a seed.
import type { Clock } from './clock.ts';

type Alarm = { readonly atMs: number; readonly callback: () => void };

/** `draw` gives numbers from 0 to below 1; it decides between alarms that are due at the same moment. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();
  readonly #draw: () => number;

  constructor(draw: () => number = () => 0) {
    this.#draw = draw;
  }

  now(): number {
    return this.#nowMs;
  }

  /** How many alarms are set: a test's last look is that there is none. */
  get alarmCount(): number {
    return this.#alarms.size;
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  /** Lets time pass; between two alarms every promise that can settle does. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let alarm = this.#next(untilMs); alarm; alarm = this.#next(untilMs)) {
      this.#alarms.delete(alarm);
      this.#nowMs = alarm.atMs;
      alarm.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Alarm | undefined {
    const due = [...this.#alarms].filter(({ atMs }) => atMs <= untilMs);
    const firstMs = Math.min(...due.map(({ atMs }) => atMs));
    const first = due.filter(({ atMs }) => atMs === firstMs);
    return first[Math.floor(this.#draw() * first.length)];
  }
}

/** Resolves when the promises that could settle have: an immediate comes after all of them. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
