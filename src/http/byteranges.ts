// The body of a 206 with several ranges: multipart/byteranges, RFC 9110 §14.6 over RFC 2046 §5.1. Everything but
// the object's own bytes is laid out here beforehand, so that the length is known before the first byte goes out.

import { SluiceError } from '../errors.ts';
import { formatContentRange } from './content-range.ts';
import { isFieldValue } from './field.ts';
import type { ByteRange } from './range.ts';

export type ByterangesRequest = {
  readonly ranges: readonly ByteRange[];
  /** The length of the whole representation, in bytes. */
  readonly size: number;
  /** The media type of the representation, as a 200 would have it. */
  readonly mediaType: string;
  /** Must not occur in the object; random and long enough, it doesn't. */
  readonly boundary: string;
};

export type ByterangesPlan = {
  readonly contentType: string;
  /** The exact length of heads, ranges and closing together. */
  readonly contentLength: number;
  /** Each head is followed by the bytes of its range. */
  readonly parts: readonly { readonly head: Uint8Array; readonly range: ByteRange }[];
  /** Comes after the last range. */
  readonly closing: Uint8Array;
};

/** `bchars` of RFC 2046 §5.1.1 that are token characters too, so that the parameter needs no quotes; at most 70. */
const BOUNDARY = /^[0-9A-Za-z'+_.-]{1,70}$/;

/** Lays the body out. Throws `misuse` for a bad boundary or media type, no range, or one outside of the object. */
export function planByteranges({ ranges, size, mediaType, boundary }: ByterangesRequest): ByterangesPlan {
  if (!BOUNDARY.test(boundary)) {
    throw new SluiceError('misuse', "a boundary is 1 to 70 letters, digits or any of '+_.-");
  }
  if (!isFieldValue(mediaType)) throw new SluiceError('misuse', 'a media type has no control characters');
  if (ranges.length === 0) throw new SluiceError('misuse', 'a multipart body needs at least one range');

  const parts = ranges.map((range, index) => {
    const lines = [`--${boundary}`, `Content-Type: ${mediaType}`, `Content-Range: ${formatContentRange(range, size)}`];
    const head = `${index === 0 ? '' : '\r\n'}${lines.join('\r\n')}\r\n\r\n`;
    return { head: Buffer.from(head, 'latin1'), range };
  });
  const closing = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  const contentLength = parts.reduce(
    (sum, { head, range }) => sum + head.length + (range.end - range.start),
    closing.length,
  );
  return { contentType: `multipart/byteranges; boundary=${boundary}`, contentLength, parts, closing };
}
