// A worker as its parent has it: a process of the same program, with a channel to it.
import { fork } from 'node:child_process';
import { SluiceError } from '../errors.ts';
import type { ServeConfig } from './config.ts';
import { toError } from './workers-message.ts';
import type { FromWorker, ToWorker } from './workers-message.ts';

export type WorkerEnd = {
  /** Why it never was ready, if it was not. */
  readonly failure: Error | undefined;
  /** One of the two is null. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** Whoever started it waits for its end. */
export type WorkerProcess = {
  readonly pid: number | undefined;
  /** Resolves with the URL that it listens at; rejects when it has ended before it did. */
  readonly ready: Promise<string>;
  /** Never rejects. */
  readonly ended: Promise<WorkerEnd>;
  /** Asks it to stop in order. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
};

/** Starts worker `index` of this process. */
export function startWorker(index: number, config: ServeConfig): WorkerProcess {
  const child = fork(process.argv[1] ?? '', ['serve', '--worker', String(index)], {
    // What it logs is ours; its stdout would hold open a pipe whose reader waits for our end.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // A configuration has maps in it, which JSON has not.
    serialization: 'advanced',
  });
  const tell = (message: ToWorker) => {
    // One that is not there any more is known by its end.
    if (child.connected) child.send(message, () => {});
  };
  const ready = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<WorkerEnd>();
  let url: string | undefined;
  let failure: Error | undefined;
  const end = (code: number | null, signal: NodeJS.Signals | null) => {
    const why = url === undefined ? (failure ?? toEarlyEnd(index, code, signal)) : undefined;
    if (why) ready.reject(why);
    ended.resolve({ failure: why, code, signal });
  };
  child.on('message', (message) => {
    const said = message as FromWorker;
    if (said.kind === 'ready') ready.resolve((url = said.url));
    else failure = toError(said.failure);
  });
  child.on('error', (error) => {
    failure ??= error;
    // What could not be started has no end either.
    if (child.pid === undefined) end(null, null);
  });
  // Not its exit, which may come before the last thing that it said.
  child.on('close', end);
  tell({ kind: 'begin', config });
  return {
    pid: child.pid,
    ready: ready.promise,
    ended: ended.promise,
    stop: () => tell({ kind: 'stop' }),
    kill: () => void child.kill('SIGKILL'),
  };
}

function toEarlyEnd(index: number, ...[code, signal]: [number | null, NodeJS.Signals | null]): Error {
  return new SluiceError('misuse', `worker ${index} ended with ${signal ?? code} before it was ready`);
}
