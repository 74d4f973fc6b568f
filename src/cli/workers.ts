// Several gateways at one address, each in a process of its own: started together, replaced when they die, asked to
// stop together. The first one alone begins, so that it finds out whether any can, and which port all have.
import type { Clock } from '../clock.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import { Deaths } from './workers-deaths.ts';
import type { WorkerEnd, WorkerProcess } from './workers-process.ts';

export type WorkersOptions = {
  readonly count: number;
  /** 0: any port that is free, the same for all. */
  readonly port: number;
  /** Starts worker `index`, to listen at `port`. */
  readonly start: (index: number, port: number) => WorkerProcess;
  /** Called once, when all listen. */
  readonly onReady: (url: string, pids: readonly number[]) => void;
  /** How long they may take to stop in order; then they are killed. */
  readonly stopTimeoutMs: number;
  readonly log: Record<'info' | 'error', (fields: object, message: string) => void>;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
};

/**
 * Resolves when all have stopped after `stop`. Rejects with a worker's own failure where one cannot begin, and with
 * what a worker died of where its replacements die again and again. No worker outlives it, nor the process.
 */
export async function runWorkers(options: WorkersOptions, stop: AbortSignal): Promise<void> {
  const workers = new Workers(options);
  const onStop = () => workers.stop();
  const kill = () => workers.kill();
  stop.addEventListener('abort', onStop, { once: true });
  process.on('exit', kill);
  try {
    if (stop.aborted) onStop();
    await workers.run();
  } finally {
    await workers.end();
    process.off('exit', kill);
    stop.removeEventListener('abort', onStop);
  }
}

class Workers {
  readonly #options: WorkersOptions;
  readonly #clock: Clock;
  readonly #running = new Set<WorkerProcess>();
  readonly #stopping = new AbortController();
  #port: number;
  #cancelKill = () => {};

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  async run(): Promise<void> {
    const started = await this.#begin();
    await Promise.all(started.map((worker, index) => this.#keep(index, worker)));
  }

  /** Asks all to stop in order, and starts no more. */
  stop(): void {
    if (this.#isStopping) return;
    this.#stopping.abort();
    for (const worker of this.#running) worker.stop();
    this.#cancelKill = this.#clock.after(this.#options.stopTimeoutMs, () => this.kill());
  }

  /** Ends all at once. */
  kill(): void {
    for (const worker of this.#running) worker.kill();
  }

  /** Resolves when none is left, after having asked them to stop. */
  async end(): Promise<void> {
    this.stop();
    await Promise.all([...this.#running].map(({ ended }) => ended));
    this.#cancelKill();
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Every worker, by its index; or none where it is to stop by now. */
  async #begin(): Promise<readonly WorkerProcess[]> {
    if (this.#isStopping) return [];
    const { count, onReady } = this.#options;
    try {
      const first = this.#start(0);
      const url = await first.ready;
      if (this.#isStopping) return [first];
      // A URL does not say a port that is its scheme's; 0 never becomes one of those.
      this.#port ||= Number(new URL(url).port);
      const others = Array.from({ length: count - 1 }, (_, index) => this.#start(index + 1));
      const all = [first, ...others];
      await Promise.all(others.map(({ ready }) => ready));
      onReady(
        url,
        all.map(({ pid }) => pid!),
      );
      return all;
    } catch (error) {
      // They have nobody's transfers yet.
      this.kill();
      throw error;
    }
  }
  #start(index: number): WorkerProcess {
    const worker = this.#options.start(index, this.#port);
    this.#running.add(worker);
    void worker.ended.then(() => this.#running.delete(worker));
    // Who waits for its end learns it, too.
    worker.ready.catch(() => {});
    return worker;
  }

  /** Sees to it that there is a worker of this index until all are to stop. */
  async #keep(index: number, first: WorkerProcess): Promise<void> {
    const { log, random } = this.#options;
    const deaths = new Deaths(random);
    let worker = first;
    for (;;) {
      const startedAt = this.#clock.now();
      const end = await worker.ended;
      if (this.#isStopping) {
        checkEnd(index, end);
        return;
      }
      const { failure, code, signal } = end;
      const isAway = isSluiceError(failure, 'unavailable');
      const waitMs = deaths.add({ livedMs: this.#clock.now() - startedAt, wasReady: !failure, isAway });
      log.error({ worker: index, pid: worker.pid, code, signal, err: failure, waitMs }, 'a worker died');
      if (waitMs === undefined) throw toLastDeath(index, end);
      await this.#pause(waitMs);
      if (this.#isStopping) return;
      worker = this.#start(index);
      const { pid } = worker;
      worker.ready.then(
        () => log.info({ worker: index, pid }, 'a worker was replaced'),
        () => {},
      );
    }
  }

  /** Ends early where all are to stop. */
  async #pause(delayMs: number): Promise<void> {
    const { signal } = this.#stopping;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(delayMs, resolve);
    const onStop = () => resolve();
    signal.addEventListener('abort', onStop, { once: true });
    await promise;
    signal.removeEventListener('abort', onStop);
    cancel();
  }
}

/** A worker that was asked to stop, and did not do so in order, has not kept its books. */
function checkEnd(index: number, { code, signal }: WorkerEnd): void {
  if (code !== 0) throw new SluiceError('misuse', `worker ${index} ended with ${signal ?? code} instead of in order`);
}

function toLastDeath(index: number, { failure, code, signal }: WorkerEnd): Error {
  if (failure) return failure;
  return new SluiceError(
    'misuse',
    `worker ${index} dies again and again; the last time it ended with ${signal ?? code}`,
  );
}
