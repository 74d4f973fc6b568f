// The content of a gateway's answers as text: whole and small, or line by line and of any length.
import { SluiceError } from '../errors.ts';

/** Far beyond the largest page: 10,000 objects with the longest names. */
const MAX_CONTENT_BYTES = 128 << 20;

/** A key of 1 KiB with the reason that it is refused. */
const MAX_LINE_LENGTH = 64 << 10;

type Content = AsyncIterable<Uint8Array>;

export async function readWhole(content: Content, { maxBytes = MAX_CONTENT_BYTES } = {}): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > maxBytes) throw new SluiceError('origin-invalid', 'the server sends more than an answer has');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** In pieces of any length, none of which splits a character. */
export async function* readText(content: Content): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  for await (const piece of content) {
    const text = decoder.decode(piece, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

/** Lines without their ends. The last one may have none. */
export async function* readLines(content: Content): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const text of readText(content)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > MAX_LINE_LENGTH) throw new SluiceError('origin-invalid', 'the server sends a line without end');
  }
  if (rest !== '') yield rest;
}
