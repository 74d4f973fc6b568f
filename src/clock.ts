// Time, as whoever waits for it is handed it: a test hands over a clock of its own, and no test has to sleep.

export type Clock = {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls `callback` once, after so many milliseconds. Returns how to call that off; its caller does, in the end. */
  after(delayMs: number, callback: () => void): () => void;
};

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
