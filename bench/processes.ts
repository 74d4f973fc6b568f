// The processes of a run: servers that stay until they are stopped, and commands that are waited for. Whatever
// happens, none outlives its run.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** Node starts in half a second, on a busy machine in several. */
const READY_TIMEOUT_MS = 20_000;
const READY_POLL_MS = 20;
/** Between the request to stop and the end by force. */
const STOP_GRACE_MS = 5_000;
const QUOTED_LOG_CHARACTERS = 1_000;

export type Command = readonly [path: string, ...args: readonly string[]];

export type Server = { readonly pid: number; stop(): Promise<void> };

type ServeOptions = {
  /** Of its log. */
  readonly name: string;
  readonly port: number;
  /** For what has much to do until it listens. */
  readonly readyTimeoutMs?: number;
};

/** Its owner calls `stopAll()`, and `killAll()` where nothing can be awaited. */
export class Processes {
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #running = new Set<ChildProcess>();

  /** Logs go to `folder`. Once `signal` aborts, commands end and nothing new is started. */
  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /** Starts a server; resolves when it listens on `port`. */
  async serve(command: Command, { name, port, readyTimeoutMs = READY_TIMEOUT_MS }: ServeOptions): Promise<Server> {
    this.#signal.throwIfAborted();
    const logPath = join(this.#folder, `${name}.log`);
    const log = openSync(logPath, 'w');
    const [path, ...args] = command;
    // Its own file and no pipe to here: reading its log would take CPU time from what is measured.
    const child = spawn(path, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#watch(child);
    const deadline = performance.now() + readyTimeoutMs;
    while (!(await accepts(port)) || !this.#running.has(child)) {
      const problem = this.#running.has(child) ? 'did not listen in time' : 'ended before it listened';
      if (!this.#running.has(child) || performance.now() > deadline) {
        throw new Error(`${name} ${problem}: ${readFileSync(logPath, 'utf8').slice(-QUOTED_LOG_CHARACTERS).trim()}`);
      }
      await delay(READY_POLL_MS, undefined, { signal: this.#signal });
    }
    return { pid: child.pid!, stop: () => this.#stop(child) };
  }

  /** Runs a command to its end and gives what `take` makes of its stdout. Rejects when it fails. */
  async run<Result>(command: Command, take: (stdout: Readable) => Promise<Result>): Promise<Result> {
    this.#signal.throwIfAborted();
    const [path, ...args] = command;
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#watch(child);
    const onAbort = () => child.kill();
    this.#signal.addEventListener('abort', onAbort, { once: true });
    try {
      const [result, complaint] = await Promise.all([take(child.stdout), text(child.stderr), ended(child)]);
      this.#signal.throwIfAborted();
      if (child.exitCode !== 0) {
        const how = child.signalCode ?? `exit code ${child.exitCode}`;
        throw new Error(`${path} failed (${how}): ${complaint.slice(-QUOTED_LOG_CHARACTERS).trim()}`);
      }
      return result;
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
    }
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.#stop(child)));
  }

  killAll(): void {
    // No SIGKILL: nginx's master would leave its worker behind.
    for (const child of this.#running) child.kill('SIGTERM');
  }

  #watch(child: ChildProcess): void {
    this.#running.add(child);
    const forget = () => this.#running.delete(child);
    child.once('exit', forget).once('error', forget);
  }

  async #stop(child: ChildProcess): Promise<void> {
    if (!this.#running.has(child)) return;
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    child.kill('SIGTERM');
    await ended(child);
    clearTimeout(force);
  }
}

/** Resolves when the process is over, also when it could not begin. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit');
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
