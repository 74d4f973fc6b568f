// Many readers of one object, in a process of their own: readers.ts is what runs there.
import { fileURLToPath } from 'node:url';
import { findFreePorts } from './free-ports.ts';
import { withOpenFiles } from './open-files.ts';
import type { Processes } from './processes.ts';

const READERS = fileURLToPath(new URL('readers.ts', import.meta.url));

/** Ten thousand come in a minute, also on a busy machine. */
const READY_TIMEOUT_MS = 180_000;

export type ReadersReport = {
  /** Those that have had their bytes and are still connected. */
  readonly there: number;
  /** By all of them together. */
  readonly readBytes: number;
  /** How many are not there, by what happened to them. */
  readonly problems: Readonly<Record<string, number>>;
};

export type Readers = { report(): Promise<ReadersReport>; stop(): Promise<void> };

export type ReadersOptions = {
  readonly name: string;
  readonly url: string;
  readonly count: number;
  /** What each reads, with its answer's head. */
  readonly takeBytes: number;
  /** Whether it reads on after that, as fast as it can. */
  readonly readsOn: boolean;
};

/** Resolves when all have had their bytes, or have been refused. Whoever started them stops them. */
export async function startReaders(
  processes: Processes,
  { name, url, count, takeBytes, readsOn }: ReadersOptions,
): Promise<Readers> {
  const [port = 0] = await findFreePorts(1);
  const args = [String(port), url, String(count), String(takeBytes), ...(readsOn ? ['on'] : [])];
  const command = withOpenFiles([process.execPath, READERS, ...args]);
  const server = await processes.serve(command, { name, port, readyTimeoutMs: READY_TIMEOUT_MS });
  return {
    report: async () => (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as ReadersReport,
    stop: () => server.stop(),
  };
}
