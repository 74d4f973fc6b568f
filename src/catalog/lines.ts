// The lines of a stream of bytes, however it was cut into pieces, in the memory of a piece and a line.
import { isUtf8 } from 'node:buffer';
import { SluiceError } from '../errors.ts';

/** Longer than the longest entry: an id, a key and a filename of 1 KiB, each byte written as an escape of six. */
const MAX_LINE_BYTES = 64 << 10;

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** Lines that came together; `first` is the number of the first one, counted from 1. */
export type Lines = { readonly first: number; readonly lines: readonly string[] };

/** Lines without their ends. Throws `bad-input`, with its number, for one that is too long or no UTF-8. */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Lines> {
  let rest = Buffer.alloc(0);
  let first = 1;
  for await (const piece of input) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const whole = bytes.subarray(0, end - 1);
      const lines = toLines(rest.length === 0 ? whole : Buffer.concat([rest, whole]), first);
      yield { first, lines };
      first += lines.length;
      rest = Buffer.alloc(0);
    }
    // A copy: the piece is its giver's.
    rest = Buffer.concat([rest, bytes.subarray(end)]);
    if (rest.length > MAX_LINE_BYTES) throw tooLong(first);
  }
  if (rest.length > 0) yield { first, lines: toLines(rest, first) };
}

function toLines(bytes: Buffer, first: number): readonly string[] {
  const lines = bytes.toString().split('\n');
  if (!isUtf8(bytes)) throw new SluiceError('bad-input', `line ${first + firstBroken(bytes)}: got no UTF-8, want it`);
  const long = lines.findIndex((line) => line.length > MAX_LINE_BYTES);
  if (long >= 0) throw tooLong(first + long);
  if (first === 1 && lines[0]?.startsWith(BYTE_ORDER_MARK)) return [lines[0].slice(1), ...lines.slice(1)];
  return lines;
}

/** How many lines are before the one that is no UTF-8: a line feed is no part of any other character. */
function firstBroken(bytes: Buffer): number {
  let count = 0;
  for (let start = 0; ;) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return count;
    count += 1;
    start = end + 1;
  }
}

function tooLong(number: number): SluiceError {
  return new SluiceError(
    'bad-input',
    `line ${number}: got a line that is too long, want ${MAX_LINE_BYTES} bytes at most`,
  );
}
