// Workers that a test plays, on a clock that it moves by hand.
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { FakeClock, settle } from '../clock.test-double.ts';
import type { WorkerEnd, WorkerProcess } from './workers-process.ts';
import { runWorkers } from './workers.ts';
import type { WorkersOptions } from './workers.ts';

/** A worker without a process; it does what the test says, and ends when it is killed. */
export class PlayedWorker implements WorkerProcess {
  readonly index: number;
  readonly port: number;
  readonly pid: number;
  readonly #ready = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  #isReady = false;
  /** What it was asked, in order. */
  readonly asked: ('stop' | 'kill')[] = [];

  constructor({ index, port, pid }: { readonly index: number; readonly port: number; readonly pid: number }) {
    this.index = index;
    this.port = port;
    this.pid = pid;
  }

  get ready(): Promise<string> {
    return this.#ready.promise;
  }

  get ended(): Promise<WorkerEnd> {
    return this.#ended.promise;
  }

  stop(): void {
    this.asked.push('stop');
  }

  kill(): void {
    this.asked.push('kill');
    void this.end({ signal: 'SIGKILL' });
  }

  /** It listens; where it was told no port, at 4711. */
  listen(): Promise<void> {
    this.#isReady = true;
    this.#ready.resolve(`http://127.0.0.1:${this.port || 4711}`);
    return settle();
  }

  end({ failure, code = null, signal = null }: Partial<WorkerEnd>): Promise<void> {
    const why = this.#isReady ? undefined : (failure ?? new Error('ended early'));
    if (why) this.#ready.reject(why);
    this.#ended.resolve({ failure: why, code, signal });
    return settle();
  }
}

export type WorkersTrial = {
  /** Every worker that was started, in order. */
  readonly workers: readonly PlayedWorker[];
  readonly clock: FakeClock;
  readonly logged: readonly { readonly message: string; readonly worker?: number; readonly waitMs?: number }[];
  readonly ready: readonly { readonly url: string; readonly pids: readonly number[] }[];
  /** Settles as `runWorkers` does. */
  readonly over: Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Runs workers; at the test's end nothing may be left of them. */
export function playWorkers(t: TestContext, options: Partial<WorkersOptions> = {}): WorkersTrial {
  const workers: PlayedWorker[] = [];
  const clock = new FakeClock();
  const logged: { message: string }[] = [];
  const ready: { url: string; pids: readonly number[] }[] = [];
  const stopping = new AbortController();
  const exitListeners = process.listenerCount('exit');
  const log = (fields: object, message: string) => void logged.push({ ...fields, message });
  const over = runWorkers(
    {
      count: 3,
      port: 0,
      start: (index, port) => {
        const worker = new PlayedWorker({ index, port, pid: 100 + workers.length });
        workers.push(worker);
        return worker;
      },
      onReady: (url, pids) => void ready.push({ url, pids }),
      stopTimeoutMs: 1_000,
      log: { info: log, error: log },
      clock,
      random: () => 1,
      ...options,
    },
    stopping.signal,
  );
  over.catch(() => {});
  t.after(async () => {
    // A test that failed may have left some.
    stopping.abort();
    for (const worker of workers) await worker.end({ code: 0 });
    await over.catch(() => {});
    assert.equal(clock.alarmCount, 0, 'no alarm is left');
    assert.equal(process.listenerCount('exit'), exitListeners, 'no listener is left');
  });
  return {
    workers,
    clock,
    logged,
    ready,
    over,
    stop: () => {
      stopping.abort();
      return settle();
    },
  };
}

/** Lets all that were started listen, the first and then those that wait for it. */
export async function listenAll({ workers }: WorkersTrial): Promise<void> {
  await workers[0]!.listen();
  await Promise.all(workers.slice(1).map((worker) => worker.listen()));
}
