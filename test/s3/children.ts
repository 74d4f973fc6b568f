// The processes of a server under test: started under one folder, their pids and their words written there, and all
// of them ended together. The kernel ends them too should this process die without having done so.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What a server may take to end in order; a store that is asked to sync its disk takes some seconds. */
const STOP_MS = 10_000;

/** Between two looks at a server that is coming up: nothing tells when it is ready but trying. */
const LOOK_MS = 50;

/** The end of a log that is worth showing. */
const LOG_TAIL_BYTES = 2_000;

export type Command = { readonly program: string; readonly args: readonly string[] };

type Child = { readonly name: string; readonly process: ChildProcess; readonly ended: Promise<unknown> };

export class Children {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;
  readonly #children: Child[] = [];

  /** `folder` gets a pid file and a log for each child. `env` is added to this process's own. */
  constructor(folder: string, options: { readonly env?: NodeJS.ProcessEnv; readonly signal: AbortSignal }) {
    this.#folder = folder;
    this.#env = { ...process.env, ...options.env };
    this.#signal = options.signal;
    mkdirSync(folder, { recursive: true });
  }

  /** Starts a process that stays. */
  start(name: string, command: Command): void {
    this.#spawn(name, command);
  }

  /** Runs a process to its end; rejects unless it ends well. */
  async run(name: string, command: Command): Promise<void> {
    const child = this.#spawn(name, command);
    const [code, signal] = (await child.ended) as [number | null, string | null];
    this.#children.splice(this.#children.indexOf(child), 1);
    this.#signal.throwIfAborted();
    if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}: ${this.#logTail(name)}`);
  }

  /** Waits until `isReady`; rejects as soon as a child has ended instead, or after `timeoutMs`. */
  async untilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await isReady())) {
      this.#signal.throwIfAborted();
      const dead = this.#children.find(
        ({ process: { exitCode, signalCode } }) => exitCode !== null || signalCode !== null,
      );
      if (dead) throw new Error(`${dead.name} has ended: ${this.#logTail(dead.name)}`);
      if (performance.now() > deadline) {
        const logs = this.#children.map(({ name }) => `${name}: ${this.#logTail(name)}`);
        throw new Error(`not ready after ${timeoutMs} ms; ${logs.join('; ')}`);
      }
      await delay(LOOK_MS);
    }
  }

  /** Ends every child, the last one first, and settles when all have ended. */
  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      kill(child.process, 'SIGTERM');
      const inTime = await Promise.race([child.ended.then(() => true), delay(STOP_MS, false, { ref: false })]);
      // What it may have forked is in its process group and goes with it.
      kill(child.process, 'SIGKILL');
      if (!inTime) await child.ended;
    }
    this.#children.length = 0;
  }

  #spawn(name: string, { program, args }: Command): Child {
    const log = openSync(this.#logPath(name), 'a');
    // A group of its own: what a terminal sends to ours does not reach it before we have said so.
    const child = spawn(...toMortal(program, args), {
      cwd: this.#folder,
      detached: true,
      env: this.#env,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const ended = once(child, 'exit').catch((error: unknown) => [String(error), null]);
    const started: Child = { name, process: child, ended };
    this.#children.push(started);
    if (child.pid !== undefined) writeFileSync(join(this.#folder, `${name}.pid`), `${child.pid}\n`);
    return started;
  }

  #logPath(name: string): string {
    return join(this.#folder, `${name}.log`);
  }

  #logTail(name: string): string {
    return readFileSync(this.#logPath(name), 'utf8').slice(-LOG_TAIL_BYTES).trim() || 'it has said nothing';
  }
}

/** util-linux's setpriv lets a process die with the one that has started it (prctl(2), PR_SET_PDEATHSIG); not every Linux has it. */
const MORTAL = ['setpriv', '--pdeathsig', 'KILL'] as const;

const CAN_BE_MORTAL = spawnSync(MORTAL[0], [...MORTAL.slice(1), 'true']).status === 0;

function toMortal(program: string, args: readonly string[]): [program: string, args: readonly string[]] {
  return CAN_BE_MORTAL ? [MORTAL[0], [...MORTAL.slice(1), program, ...args]] : [program, args];
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
