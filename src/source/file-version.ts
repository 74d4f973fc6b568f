// Which version of its bytes a file has: what the file system tells of it without reading it, as a strong validator.
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Version } from './source.ts';

/**
 * The coarsest tick by which the file systems of Linux, macOS and Windows write the time of a change: a jiffy of up to
 * 10 ms (CONFIG_HZ=100), and the same again for the clock's own rounding.
 */
const TIMESTAMP_TICK_MS = 20;

/** What the version is made of. */
export type FileState = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ctimeNs' | 'ino' | 'nlink'>;

/** A change of the bytes moves `ctime`, which nobody can set; a file in its place has another inode. */
export function toVersion({ size, mtimeNs, ctimeNs, ino }: FileState): Version {
  const identity = [size, mtimeNs, ctimeNs, ino].join('-');
  const etag = `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`;
  return { size: Number(size), etag };
}

/**
 * Asks again until the last change lies more than a tick back: two writes within one tick have the same time, and a
 * validator made between them would be that of both (RFC 9110 §8.8.1).
 */
export async function settledState<State extends FileState>(ask: () => Promise<State>): Promise<State> {
  for (;;) {
    const state = await ask();
    const ageMs = Date.now() - Number(state.ctimeNs / 1_000_000n);
    // A time in the future is that of another machine's clock, which cannot be waited for.
    if (ageMs > TIMESTAMP_TICK_MS || ageMs < 0) return state;
    await delay(TIMESTAMP_TICK_MS + 1 - ageMs);
  }
}

/**
 * Whether the bytes are surely the same ones. A file that was replaced or removed by name lives on under its descriptor:
 * then its count of links and its `ctime` change, and its bytes do not.
 */
export function hasSameBytes(before: FileState, now: FileState): boolean {
  if (before.size !== now.size || before.mtimeNs !== now.mtimeNs || before.ino !== now.ino) return false;
  return before.ctimeNs === now.ctimeNs || before.nlink !== now.nlink;
}
