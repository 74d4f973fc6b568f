// The lines of a journal's file, read piece by piece from the disk.
import { parseLine } from './journal-line.ts';
import type { JournalDisk } from './journal-disk.ts';

/** Some 700 lines: a few milliseconds of work, and longer than any line can be. */
const CHUNK_BYTES = 256 << 10;

const LINE_END = 0x0a;

export type ReadLinesOptions = {
  readonly offset: number;
  /** Where to stop reading; absent for the end of a file that nobody writes to any more. */
  readonly endOffset?: number;
};

export type Lines = {
  readonly settled: readonly string[];
  readonly opened: readonly string[];
  /** Torn, or not what was written. */
  readonly damagedCount: number;
  /** Whether there are lines of another version. */
  readonly isForeign: boolean;
  readonly nextOffset: number;
  readonly isLast: boolean;
};

/** The next lines, some hundreds at most. Rejects when the file cannot be read. */
export async function readLines(
  disk: JournalDisk,
  path: string,
  { offset, endOffset = Number.POSITIVE_INFINITY }: ReadLinesOptions,
): Promise<Lines> {
  const maxBytes = Math.min(CHUNK_BYTES, endOffset - offset);
  const bytes = await disk.read(path, { offset, maxBytes });
  const isLast = bytes.length < CHUNK_BYTES;
  const settled: string[] = [];
  const opened: string[] = [];
  let damagedCount = 0;
  let isForeign = false;
  let at = 0;
  for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, at)) {
    const { kind, row } = parseLine(bytes.subarray(at, end));
    if (kind === 's') settled.push(row);
    else if (kind === 'o') opened.push(row);
    else if (kind === 'foreign') isForeign = true;
    else damagedCount += 1;
    at = end + 1;
  }
  const isTorn = isLast ? at < bytes.length && endOffset === Number.POSITIVE_INFINITY : at === 0;
  if (isTorn) {
    damagedCount += 1;
    at = bytes.length;
  }
  return { settled, opened, damagedCount, isForeign, nextOffset: offset + at, isLast };
}
