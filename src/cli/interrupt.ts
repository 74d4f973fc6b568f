// Turns the signals that ask a command to stop into an AbortSignal, so that it stops in order.
import { SluiceError } from '../errors.ts';

/** What asks a process to stop, from a terminal, a service manager or a person. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The launcher passes on what a terminal has sent to the whole process group already: two signals this close to
 * each other are one wish.
 */
const SAME_WISH_MS = 1_000;

/**
 * Runs the task with a signal that aborts when the process is asked to stop. A task that fails after that rejects
 * with `closed`, whatever it failed with; one that ends well has ended well. Who asks a second time does not want
 * to wait: the process ends at once.
 */
export async function interruptible<Result>(task: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  let askedAt = Number.NEGATIVE_INFINITY;
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      if (performance.now() - askedAt > SAME_WISH_MS) process.exit(INTERRUPTED_EXIT_CODE);
      return;
    }
    askedAt = performance.now();
    stop.abort(new SluiceError('closed', `stopped by ${name}`));
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  try {
    return await task(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    for (const name of STOP_SIGNALS) process.off(name, onSignal);
  }
}

/** What a shell reports for a command that Ctrl-C ended. */
export const INTERRUPTED_EXIT_CODE = 130;
