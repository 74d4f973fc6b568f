// Which bytes a Range field asks for: RFC 9110 §14.1 and §14.2. `parseRange` reads the field without knowing the
// object, `resolveRanges` holds it against the object's size. A malformed field is to be ignored, not refused.

import { parseList } from './list.ts';
import type { Scanner } from './scanner.ts';

/** A range of bytes, half-open: `start` is included, `end` is not. */
export type ByteRange = { readonly start: number; readonly end: number };

/** One range as it is asked for on the wire. Positions are inclusive; those beyond 2^53 - 1 are clamped to it. */
export type RangeSpec =
  | { readonly kind: 'from'; readonly first: number; readonly last: number | undefined }
  | { readonly kind: 'suffix'; readonly length: number };

export type ParsedRange =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'ranges'; readonly specs: readonly RangeSpec[] };

export type ResolvedRanges =
  | { readonly kind: 'satisfiable'; readonly ranges: readonly ByteRange[] }
  /** None of the ranges lies within the object: 416. */
  | { readonly kind: 'unsatisfiable' }
  /** More work than an honest client asks for; §14.2 lets a server ignore or refuse it. */
  | { readonly kind: 'excessive' }
  /** The whole of an empty object: satisfiable, but no Content-Range can say so, hence 200. */
  | { readonly kind: 'whole' };

/** A field longer than this is not read. 64 ranges of two 15-digit positions take 2 KiB. */
const MAX_FIELD_LENGTH = 8192;
/** The most ranges one response is made of. Readers of indexed formats ask for a few dozen. */
const MAX_RANGES = 64;
/** §14.2 lets a server refuse more than two overlapping ranges; §17.15 tells of the attack they make. */
const MAX_OVERLAPPING_RANGES = 2;

const MALFORMED = { kind: 'malformed' } as const;
const UNIT = /^bytes=/i;
const RANGE_SPEC = /\d*-\d*/y;

/** Reads the Range field. Another unit than `bytes` is malformed, since both are ignored. */
export function parseRange(value: string | undefined): ParsedRange {
  if (value === undefined) return { kind: 'none' };
  if (value.length > MAX_FIELD_LENGTH || !UNIT.test(value)) return MALFORMED;
  const specs = parseList(value.slice('bytes='.length), takeRangeSpec);
  return specs ? { kind: 'ranges', specs } : MALFORMED;
}

function takeRangeSpec(scanner: Scanner): RangeSpec | undefined {
  const [first, last] = scanner.take(RANGE_SPEC)?.split('-') ?? [];
  if (first) {
    if (last && isLess(last, first)) return undefined;
    return { kind: 'from', first: toPosition(first), last: last ? toPosition(last) : undefined };
  }
  return last ? { kind: 'suffix', length: toPosition(last) } : undefined;
}

/** Any number of digits is well-formed (§14.1.2). No object reaches 2^53 - 1, so a clamped position still lies beyond. */
function toPosition(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/** Compares exactly where numbers would have been rounded or clamped. */
function isLess(digits: string, others: string): boolean {
  const length = Math.max(digits.length, others.length);
  return digits.padStart(length, '0') < others.padStart(length, '0');
}

/** The ranges that lie within an object of `size` bytes, in the order they were asked for, not merged. */
export function resolveRanges(specs: readonly RangeSpec[], size: number): ResolvedRanges {
  if (size === 0) {
    const asksForEnd = specs.some((spec) => spec.kind === 'suffix' && spec.length > 0);
    return { kind: asksForEnd ? 'whole' : 'unsatisfiable' };
  }
  const ranges = specs.map((spec) => toByteRange(spec, size)).filter(({ start, end }) => start < end);
  if (ranges.length === 0) return { kind: 'unsatisfiable' };
  if (ranges.length > MAX_RANGES || countOverlapping(ranges) > MAX_OVERLAPPING_RANGES) return { kind: 'excessive' };
  return { kind: 'satisfiable', ranges };
}

/** The bytes of `spec` that exist; empty when it is unsatisfiable. */
function toByteRange(spec: RangeSpec, size: number): ByteRange {
  if (spec.kind === 'suffix') return { start: Math.max(0, size - spec.length), end: size };
  return { start: spec.first, end: spec.last === undefined ? size : Math.min(spec.last + 1, size) };
}

/** How many of the ranges, none of them empty, share a byte with another. */
function countOverlapping(ranges: readonly ByteRange[]): number {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  let reached = 0;
  let count = 0;
  for (const [index, { start, end }] of sorted.entries()) {
    const next = sorted[index + 1];
    if (start < reached || (next && next.start < end)) count += 1;
    reached = Math.max(reached, end);
  }
  return count;
}
