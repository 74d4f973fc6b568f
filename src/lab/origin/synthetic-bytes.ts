// Bytes that are a function of a seed and an offset: an object of any size with no disk and no memory of its own.
// Every 4 KiB page begins with a stamp (seed, page number), so that a wrong offset, a wrong object or a spliced
// version shows in a hex dump; the rest is pseudo-random and depends on the seed and the block it lies in.

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A page of memory and of most file systems: a stamp this often costs 0.4 % of the bytes. */
export const PAGE_BYTES = 4096;

/** What a page begins with: its object's seed and its page number, each 64 bits, little-endian. */
export const STAMP_BYTES = 16;

/** A block is one copy out of the base; with 1 MiB, the copy runs at the speed of memory. */
const BLOCK_BYTES = 1 << 20;

const TWO_TO_32 = 2 ** 32;

/** Pseudo-random bytes, written twice in a row, so that any rotation of them is one contiguous piece. */
const BASE = makeBase();

/** Which bytes an object consists of. */
export type Synthetic = {
  /** A safe integer, 0 or more. Two seeds give two different objects. */
  readonly seed: number;
};

/** Fills `target` with the bytes that begin at `offset`. It allocates nothing that outlives the call. */
export function fillSynthetic(target: Uint8Array, { seed, offset }: Synthetic & { readonly offset: number }): void {
  const end = offset + target.length;
  for (let position = offset; position < end;) {
    const block = Math.floor(position / BLOCK_BYTES);
    const blockEnd = Math.min(end, (block + 1) * BLOCK_BYTES);
    const from = rotationOf(seed, block) + (position - block * BLOCK_BYTES);
    target.set(BASE.subarray(from, from + (blockEnd - position)), position - offset);
    position = blockEnd;
  }
  stampPages(target, { seed, offset });
}

/** The bytes of one stretch, in a buffer of their own: for comparing, not for streaming. */
export function syntheticBytes({ seed, offset, length }: Synthetic & { offset: number; length: number }): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  fillSynthetic(bytes, { seed, offset });
  return bytes;
}

/** The SHA-256 of a whole object, in hex. It lets the event loop turn between blocks. */
export async function syntheticSha256({ seed, size }: Synthetic & { readonly size: number }): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let offset = 0; offset < size; offset += BLOCK_BYTES) {
    const piece = block.subarray(0, Math.min(BLOCK_BYTES, size - offset));
    fillSynthetic(piece, { seed, offset });
    hash.update(piece);
    await nextTurn();
  }
  return hash.digest('hex');
}

/**
 * The strong ETag of an object, in quotes. It stands for the content without being its MD5, as with S3's own
 * encrypted objects; with a part size it ends in `-N`, N being the number of parts, as after a multipart upload.
 */
export function syntheticEtag(object: Synthetic & { readonly size: number; readonly partSizeBytes?: number }): string {
  const { seed, size, partSizeBytes } = object;
  const digest = createHash('md5')
    .update(`${seed} ${size} ${partSizeBytes ?? ''}`)
    .digest('hex');
  return partSizeBytes === undefined ? `"${digest}"` : `"${digest}-${countParts(size, partSizeBytes)}"`;
}

/** How many parts an upload of `size` bytes has: one at least, as S3 has it for an empty object. */
export function countParts(size: number, partSizeBytes: number): number {
  return Math.max(1, Math.ceil(size / partSizeBytes));
}

/** A seed that a name always gets when nobody chose one. */
export function seedOf(name: string): number {
  return createHash('md5').update(name).digest().readUIntLE(0, 6);
}

function makeBase(): Uint8Array {
  const words = new Uint32Array((2 * BLOCK_BYTES) / 4);
  let state = 0x9e3779b9;
  for (let index = 0; index < BLOCK_BYTES / 4; index += 1) {
    // Marsaglia's xorshift32 ("Xorshift RNGs", 2003), made less linear by the mixing below.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = mix(state);
  }
  words.copyWithin(BLOCK_BYTES / 4, 0, BLOCK_BYTES / 4);
  return new Uint8Array(words.buffer);
}

function rotationOf(seed: number, block: number): number {
  const low = seed % TWO_TO_32;
  const high = Math.floor(seed / TWO_TO_32);
  return mix(mix(mix(low) ^ high) ^ block) & (BLOCK_BYTES - 1);
}

/** The finaliser of MurmurHash3: every bit of the input changes about half the bits of the result. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function stampPages(target: Uint8Array, { seed, offset }: Synthetic & { readonly offset: number }): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const low = seed % TWO_TO_32;
  const high = Math.floor(seed / TWO_TO_32);
  const firstPage = Math.floor(offset / PAGE_BYTES);
  for (let page = firstPage; page * PAGE_BYTES < offset + target.length; page += 1) {
    const at = page * PAGE_BYTES - offset;
    if (at >= 0 && at + STAMP_BYTES <= target.length) writeStamp(view, { at, low, high, page });
    else writePartOfStamp(target, { at, low, high, page });
  }
}

type Stamp = { readonly at: number; readonly low: number; readonly high: number; readonly page: number };

function writeStamp(view: DataView, { at, low, high, page }: Stamp): void {
  view.setUint32(at, low, true);
  view.setUint32(at + 4, high, true);
  view.setUint32(at + 8, page % TWO_TO_32, true);
  view.setUint32(at + 12, Math.floor(page / TWO_TO_32), true);
}

/** The stamp of a page that begins before the target, or ends after it. */
function writePartOfStamp(target: Uint8Array, { at, ...stamp }: Stamp): void {
  const whole = new Uint8Array(STAMP_BYTES);
  writeStamp(new DataView(whole.buffer), { at: 0, ...stamp });
  for (let index = Math.max(0, -at); index < STAMP_BYTES && at + index < target.length; index += 1) {
    target[at + index] = whole[index]!;
  }
}
