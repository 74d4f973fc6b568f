// The object that everything is measured with: 1 GiB of noise, in memory, so that no disk takes part.
import { createHash, randomFillSync } from 'node:crypto';
import { accessSync, constants, statfsSync } from 'node:fs';
import { mkdir, mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where every server has it: bucket and key. */
export const OBJECT_PATH = 'bench/object';

export const OBJECT_BYTES = 2 ** 30;
export const RANGE_BYTES = 64 << 10;

const MEMORY_FOLDER = '/dev/shm';
const STEP_BYTES = 8 << 20;

export type BenchObject = { readonly root: string; readonly sha256: string };

/** An empty folder for it: in memory if there is room, else where temporary files are. */
export function makeObjectFolder(): Promise<string> {
  return mkdtemp(join(hasRoom(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'sluice-bench-'));
}

export async function createObject(root: string, signal: AbortSignal): Promise<BenchObject> {
  const path = join(root, OBJECT_PATH);
  await mkdir(dirname(path));
  const file = await open(path, 'w');
  try {
    const hash = createHash('sha256');
    const step = Buffer.allocUnsafe(STEP_BYTES);
    for (let offset = 0; offset < OBJECT_BYTES; offset += STEP_BYTES) {
      signal.throwIfAborted();
      hash.update(randomFillSync(step));
      await file.writev([step]);
    }
    return { root, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 2 * OBJECT_BYTES;
  } catch {
    return false;
  }
}
