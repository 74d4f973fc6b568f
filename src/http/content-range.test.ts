// Content-Range, written and read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import { formatContentRange, formatUnsatisfiedRange, parseContentRange } from './content-range.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

test('writes inclusive positions', () => {
  assert.equal(formatContentRange({ start: 0, end: 1 }, 1), 'bytes 0-0/1');
  assert.equal(formatContentRange({ start: 5, end: 10 }, 100), 'bytes 5-9/100');
  assert.equal(formatUnsatisfiedRange(0), 'bytes */0');
});

test('refuses to write a range that is empty, reversed, or not within the object', () => {
  for (const [start, end, size] of [
    [0, 0, 10],
    [5, 3, 10],
    [0, 11, 10],
    [-1, 3, 10],
    [Number.NaN, 1, 1],
  ] as const) {
    assert.throws(
      () => formatContentRange({ start, end }, size),
      (error) => error instanceof SluiceError && error.code === 'misuse',
    );
  }
});

test('reads both forms, with or without a known size', () => {
  assert.deepEqual(parseContentRange('bytes 0-0/1'), { kind: 'range', range: { start: 0, end: 1 }, size: 1 });
  assert.deepEqual(parseContentRange('Bytes 005-9/*'), {
    kind: 'range',
    range: { start: 5, end: 10 },
    size: undefined,
  });
  assert.deepEqual(parseContentRange('bytes */0'), { kind: 'unsatisfied', size: 0 });
});

test('anything else is malformed, a number that would be rounded too', () => {
  for (const value of [
    '',
    'bytes',
    'bytes 0-0',
    'bytes=0-0/1',
    'items 0-0/1',
    'bytes  0-0/1',
    'bytes 0-0/1 ',
    'bytes 0-0/1\n',
    'bytes 0-0/',
    'bytes -1/5',
    'bytes 0-/5',
    'bytes */*',
    'bytes 5-4/10',
    'bytes 0-10/10',
    'bytes 0-0/0',
    'bytes 0-9007199254740991/*',
    'bytes 0-1/9007199254740992',
    'bytes */9007199254740993',
    `bytes 0-1/${'9'.repeat(400)}`,
    `bytes 0-${'9'.repeat(400)}/*`,
  ]) {
    assert.deepEqual(parseContentRange(value), { kind: 'malformed' }, JSON.stringify(value));
  }
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.maxSafeNat(), { minLength: 2, maxLength: 2 }), fc.maxSafeNat(), (ends, more) => {
      const [start, end] = ends.toSorted((a, b) => a - b) as [number, number];
      const size = Math.max(end, more);
      const range = { start, end };
      assert.deepEqual(parseContentRange(formatContentRange(range, size)), { kind: 'range', range, size });
      assert.deepEqual(parseContentRange(formatUnsatisfiedRange(size)), { kind: 'unsatisfied', size });
    }),
  );
});

test('garbage never throws, and a range that is read can be written', () => {
  const garbage = fc.oneof(
    fc.string({ unit: character }),
    fc.stringMatching(/^bytes [0-9]{0,3}[-*][0-9]{0,3}\/[0-9*]{0,3}$/),
  );
  fc.assert(
    fc.property(garbage, (value) => {
      const parsed = parseContentRange(value);
      if (parsed.kind === 'range') formatContentRange(parsed.range, parsed.size ?? parsed.range.end);
    }),
    { numRuns: 3000 },
  );
});
