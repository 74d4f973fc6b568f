// The Content-Range field: RFC 9110 §14.4. It is inclusive on the wire and half-open everywhere else, and this file
// is where the one becomes the other, for what we answer and for what an origin answers us.

import { SluiceError } from '../errors.ts';
import type { ByteRange } from './range.ts';

export type ParsedContentRange =
  /** `size` is `undefined` when the sender does not know it. */
  | { readonly kind: 'range'; readonly range: ByteRange; readonly size: number | undefined }
  | { readonly kind: 'unsatisfied'; readonly size: number }
  | { readonly kind: 'malformed' };

const MALFORMED = { kind: 'malformed' } as const;
const RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i;
const UNSATISFIED = /^bytes \*\/(\d+)$/i;

/** `bytes 0-99/1000`, for a 206. Throws `misuse` for a range that is empty or not within `size`: it can't be written. */
export function formatContentRange(range: ByteRange, size: number): string {
  if (!(range.start >= 0 && range.start < range.end && range.end <= size)) {
    throw new SluiceError('misuse', `[${range.start}, ${range.end}) is not a non-empty range within ${size} bytes`);
  }
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}

/** For a 416: the unit, an asterisk in the place of the range, and the size. */
export function formatUnsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}

/** Reads the field. Numbers beyond 2^53 - 1 are malformed: rounded, they would tell of other bytes. */
export function parseContentRange(value: string): ParsedContentRange {
  const unsatisfied = UNSATISFIED.exec(value);
  if (unsatisfied) {
    const size = Number(unsatisfied[1]);
    return Number.isSafeInteger(size) ? { kind: 'unsatisfied', size } : MALFORMED;
  }
  const match = RANGE.exec(value);
  if (!match) return MALFORMED;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const size = match[3] === '*' ? undefined : Number(match[3]);
  if (start >= end || end > (size ?? Infinity) || !Number.isSafeInteger(size ?? end)) return MALFORMED;
  return { kind: 'range', range: { start, end }, size };
}
