// What a run leaves nothing of: folders that are removed in every case, and a signal that ends it in order.
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** For small files: configurations, logs and databases. */
export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sluice-bench-'));
}

/** Lends folders, and a signal that aborts when the run is told to stop. */
export async function withFolders<const Folders extends readonly string[], Result>(
  folders: Folders,
  task: (folders: Folders, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  for (const name of STOP_SIGNALS) process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const removeNow = () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  process.once('exit', removeNow);
  try {
    return await task(folders, stop.signal);
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    process.off('exit', removeNow);
  }
}
