// `sluice serve` in a process of its own: its address, its memory as the kernel counts it, and what its ledger says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js');

/** What the ledger writes for a transfer, as far as tests look at it. */
export type TransferLine = {
  readonly id: string;
  /** Which worker, where there are several. */
  readonly worker?: number;
  readonly method: string;
  readonly status?: number;
  readonly outcome: 'complete' | 'client-gone' | 'source-failed' | 'cut-short';
  readonly error?: string;
  readonly ranges: string;
  readonly deliveredBytes: number;
  readonly receivedBytes: number;
  readonly overReadBytes: number;
  readonly resumedCount: number;
};

/** Whoever started it stops it. */
export type GatewayProcess = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** The processes that serve, by their index, as they were at the beginning; none where it is one alone. */
  readonly workers: readonly number[];
  /** VmRSS. */
  rssBytes(): number;
  /** Waits until the ledger's lines, those before the call included, have what `look` finds. */
  untilTransfers<Found>(look: (lines: readonly TransferLine[]) => Found | undefined): Promise<Found>;
  /** Every line of the log that is not a transfer's. */
  readonly messages: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** Resolves when its workers have ended, too: nobody is left to write to its log. */
  readonly gone: Promise<void>;
};

export type GatewayProcessOptions = {
  readonly env: Readonly<Record<string, string>>;
  /** Default: one process. */
  readonly workers?: number | undefined;
};

/** Rejects when it ends before it is ready. */
export async function startGateway(
  configPath: string,
  { env, workers: count = 1 }: GatewayProcessOptions,
): Promise<GatewayProcess> {
  const args = ['serve', '--config', configPath, '--workers', String(count), '--json'];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const gone = once(child, 'close').then(() => {});
  const transfers: TransferLine[] = [];
  const messages: string[] = [];
  const watchers = new Set<() => void>();
  createInterface(child.stderr).on('line', (line) => {
    const transfer = parseTransfer(line);
    if (transfer === undefined) messages.push(line);
    else transfers.push(transfer);
    for (const watcher of watchers) watcher();
  });
  const ready = once(createInterface(child.stdout), 'line').then(([line]) => line as string);
  const first = await Promise.race([ready, ended.then(() => undefined)]);
  if (first === undefined) throw new Error(`the gateway did not start: ${messages.join('\n')}`);
  const { gateway: url, pid, workers = [] } = JSON.parse(first) as Ready;
  const { hostname: host, port } = new URL(url);
  return {
    url,
    host,
    port: Number(port),
    pid,
    workers,
    messages,
    ended,
    gone,
    rssBytes: () => readRss(pid),
    signal: (name) => void child.kill(name),
    untilTransfers: (look) =>
      new Promise((resolve) => {
        const watcher = () => {
          const found = look(transfers);
          if (found === undefined) return;
          watchers.delete(watcher);
          resolve(found);
        };
        watchers.add(watcher);
        watcher();
      }),
  };
}

type Ready = { readonly gateway: string; readonly pid: number; readonly workers?: readonly number[] };

function parseTransfer(line: string): TransferLine | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = JSON.parse(line) as TransferLine & { readonly msg?: string };
  return parsed.msg === 'transfer' ? parsed : undefined;
}

function readRss(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no VmRSS`);
  return Number(kibibytes) * 1024;
}
