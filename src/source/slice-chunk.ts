// Some of a chunk's bytes, in the memory of all of them: for a body of which more came than its reader is to have.
import type { Chunk } from './source.ts';

/** The bytes from `start` to before `end`, each of which may lie behind the last. It takes the place of `chunk`. */
export function sliceChunk(chunk: Chunk, start: number, end: number): Chunk {
  if (start === 0 && end >= chunk.bytes.length) return chunk;
  return { bytes: chunk.bytes.subarray(start, end), release: () => chunk.release() };
}
