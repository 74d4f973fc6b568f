// The objects that everything is measured with but what the lab's origin makes: noise, in memory, so that no disk takes
// part.
import { createHash, randomFillSync } from 'node:crypto';
import { accessSync, constants, createReadStream, statfsSync } from 'node:fs';
import { mkdir, mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The one bucket there is, at every origin. */
export const BUCKET = 'bench';

export const RANGE_BYTES = 64 << 10;

const MEMORY_FOLDER = '/dev/shm';
const STEP_BYTES = 1 << 20;

/** What a client should get. */
export type BenchObject = { readonly key: string; readonly bytes: number; readonly sha256: string };

/** All that there are. */
export type BenchObjects = {
  readonly root: string;
  /** For whole downloads and ranges: 1 GiB. */
  readonly object: BenchObject;
  /** For first bytes: 1 MiB. */
  readonly small: BenchObject;
  /** A quarter of `object`, which is four times the same: a bundle of four of them has the same bytes. */
  readonly member: BenchObject;
};

const SMALL_BYTES = 2 ** 20;
const MEMBER_BYTES = 2 ** 28;
const MEMBERS = 4;

/** An empty folder for them: in memory if there is room, else where temporary files are. */
export function makeObjectFolder(): Promise<string> {
  return mkdtemp(join(hasRoom(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'sluice-bench-'));
}

export async function createObjects(root: string, signal: AbortSignal): Promise<BenchObjects> {
  const folder = join(root, BUCKET);
  await mkdir(folder);
  const create = (key: string, pieces: Pieces) => createObject(key, { folder, pieces, signal });
  const small = await create('small', noise(SMALL_BYTES));
  const member = await create('member', noise(MEMBER_BYTES));
  const object = await create('object', repeated(join(folder, member.key)));
  return { root, object, small, member };
}

/** Each is there until the next one is asked for. */
type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

type Creation = { readonly folder: string; readonly pieces: Pieces; readonly signal: AbortSignal };

async function createObject(key: string, { folder, pieces, signal }: Creation): Promise<BenchObject> {
  const file = await open(join(folder, key), 'w');
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of pieces) {
      signal.throwIfAborted();
      hash.update(piece);
      await file.writev([piece]);
      bytes += piece.length;
    }
    return { key, bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

function* noise(bytes: number): Iterable<Buffer> {
  const step = Buffer.allocUnsafe(STEP_BYTES);
  for (let offset = 0; offset < bytes; offset += STEP_BYTES) yield randomFillSync(step);
}

async function* repeated(path: string): AsyncIterable<Buffer> {
  for (let time = 0; time < MEMBERS; time += 1) {
    yield* createReadStream(path, { highWaterMark: STEP_BYTES }) as AsyncIterable<Buffer>;
  }
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 2 * (MEMBERS + 1) * MEMBER_BYTES;
  } catch {
    return false;
  }
}
