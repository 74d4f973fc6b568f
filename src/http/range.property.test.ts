// Range resolution held against `buffer.subarray`, and the parser against garbage.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRange, resolveRanges } from './range.ts';
import type { ByteRange, RangeSpec } from './range.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

const position = fc.oneof(fc.nat(40), fc.nat(40), fc.maxSafeNat());
const spec: fc.Arbitrary<RangeSpec> = fc.oneof(
  position.map((length) => ({ kind: 'suffix' as const, length })),
  position.map((first) => ({ kind: 'from' as const, first, last: undefined })),
  fc
    .tuple(position, position)
    .map(([a, b]) => ({ kind: 'from' as const, first: Math.min(a, b), last: Math.max(a, b) })),
);
const specs = fc.array(spec, { minLength: 1, maxLength: 6 });
/** Each byte of the object tells its offset. */
const objectOf = (size: number) => Uint8Array.from({ length: size }, (_, offset) => offset);

const format = (asked: RangeSpec) =>
  asked.kind === 'suffix' ? `-${asked.length}` : `${asked.first}-${asked.last ?? ''}`;

function readSpecs(value: string): readonly RangeSpec[] {
  const parsed = parseRange(value);
  assert.equal(parsed.kind, 'ranges', value);
  return parsed.specs;
}

/** What is asked for, as `subarray` gives it. */
function slice(bytes: Uint8Array, asked: RangeSpec): Uint8Array {
  if (asked.kind === 'suffix') return asked.length === 0 ? bytes.subarray(0, 0) : bytes.subarray(-asked.length);
  return bytes.subarray(asked.first, asked.last === undefined ? undefined : asked.last + 1);
}

/** By brute force: how many ranges share a byte with another. */
function countOverlapping(ranges: readonly ByteRange[]): number {
  return ranges.filter((one) => ranges.some((other) => one !== other && one.start < other.end && other.start < one.end))
    .length;
}

test('what was asked for is read back', () => {
  fc.assert(
    fc.property(specs, fc.constantFrom(',', ', ', ' ,\t', ',,'), (asked, separator) => {
      assert.deepEqual(readSpecs(`bytes=${asked.map(format).join(separator)}`), asked);
    }),
  );
});

test('one range gives exactly what subarray gives', () => {
  fc.assert(
    fc.property(spec, fc.integer({ min: 1, max: 40 }), (asked, size) => {
      const bytes = objectOf(size);
      const expected = slice(bytes, asked);
      const resolved = resolveRanges(readSpecs(`bytes=${format(asked)}`), size);
      if (expected.length === 0) return assert.deepEqual(resolved, { kind: 'unsatisfiable' });
      assert.equal(resolved.kind, 'satisfiable');
      return assert.deepEqual(
        resolved.ranges.map(({ start, end }) => bytes.subarray(start, end)),
        [expected],
      );
    }),
    { numRuns: 1000 },
  );
});

test('several ranges give exactly what subarray gives, in order, or too many of them overlap', () => {
  fc.assert(
    fc.property(specs, fc.integer({ min: 1, max: 40 }), (asked, size) => {
      const bytes = objectOf(size);
      const expected = asked.map((one) => slice(bytes, one)).filter((part) => part.length > 0);
      const resolved = resolveRanges(readSpecs(`bytes=${asked.map(format).join()}`), size);
      if (expected.length === 0) return assert.deepEqual(resolved, { kind: 'unsatisfiable' });
      const ranges = expected.map((part) => ({ start: part.byteOffset, end: part.byteOffset + part.length }));
      if (countOverlapping(ranges) > 2) return assert.deepEqual(resolved, { kind: 'excessive' });
      return assert.deepEqual(resolved, { kind: 'satisfiable', ranges });
    }),
    { numRuns: 2000 },
  );
});

test('garbage never throws, and what resolves lies within the object', () => {
  const garbage = fc.oneof(
    fc.string({ unit: character }),
    fc.stringMatching(/^bytes=[-0-9, \t]*$/),
    fc.string().map((text) => `bytes=${text}`),
  );
  fc.assert(
    fc.property(garbage, fc.nat(100), (value, size) => {
      const parsed = parseRange(value);
      if (parsed.kind !== 'ranges') return;
      const resolved = resolveRanges(parsed.specs, size);
      if (resolved.kind !== 'satisfiable') return;
      assert.ok(resolved.ranges.every(({ start, end }) => start >= 0 && start < end && end <= size));
    }),
    { numRuns: 5000 },
  );
});
