// Range fields as they are written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRange, resolveRanges } from './range.ts';
import type { RangeSpec } from './range.ts';

const from = (first: number, last?: number): RangeSpec => ({ kind: 'from', first, last });
const suffix = (length: number): RangeSpec => ({ kind: 'suffix', length });
const resolve = (value: string, size: number) => {
  const parsed = parseRange(value);
  assert.equal(parsed.kind, 'ranges', value);
  return resolveRanges(parsed.specs, size);
};

test('no field is no range', () => {
  assert.deepEqual(parseRange(undefined), { kind: 'none' });
});

test('reads the three forms, in any order', () => {
  const read: readonly (readonly [string, readonly RangeSpec[]])[] = [
    ['bytes=0-0', [from(0, 0)]],
    ['bytes=0-', [from(0)]],
    ['bytes=5-5', [from(5, 5)]],
    ['bytes=-5', [suffix(5)]],
    ['bytes=-0', [suffix(0)]],
    ['BYTES=007-0010', [from(7, 10)]],
    ['bytes=9-,-1,0-4', [from(9), suffix(1), from(0, 4)]],
    ['bytes= ,0-4\t,, -1 ,', [from(0, 4), suffix(1)]],
  ];
  for (const [value, specs] of read) assert.deepEqual(parseRange(value), { kind: 'ranges', specs }, value);
});

test('anything else is malformed', () => {
  for (const value of [
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,5-2',
    'bytes=abc',
    'bytes=0-1;2-3',
    'bytes=0-1 2-3',
    'bytes=0 - 1',
    'bytes=0-1-2',
    'bytes=--1',
    'bytes=+1-2',
    'bytes=0x1-2',
    'bytes=1.0-2',
    'bytes=1e3-',
    'bytes=٣-٤',
    'bytes =0-1',
    'bytes: 0-1',
    ' bytes=0-1',
    'bytes=0-1\n',
    'items=0-1',
    'bytesx=0-1',
  ]) {
    assert.deepEqual(parseRange(value), { kind: 'malformed' }, JSON.stringify(value));
  }
});

test('takes any number of digits and compares them exactly', () => {
  const huge = '9'.repeat(400);
  const max = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(parseRange(`bytes=${huge}-`), { kind: 'ranges', specs: [from(max)] });
  assert.deepEqual(parseRange(`bytes=-${huge}`), { kind: 'ranges', specs: [suffix(max)] });
  assert.deepEqual(parseRange(`bytes=${'0'.repeat(400)}1-2`), { kind: 'ranges', specs: [from(1, 2)] });
  assert.deepEqual(parseRange('bytes=9007199254740993-9007199254740992'), { kind: 'malformed' });
  assert.deepEqual(parseRange('bytes=9007199254740992-9007199254740993'), { kind: 'ranges', specs: [from(max, max)] });
  assert.deepEqual(resolve(`bytes=3-${huge}`, 10), { kind: 'satisfiable', ranges: [{ start: 3, end: 10 }] });
  assert.deepEqual(resolve(`bytes=${huge}-`, max), { kind: 'unsatisfiable' });
});

test('a field of more than 8 KiB is not read', () => {
  const longest = `bytes=0-${'0'.repeat(8192 - 'bytes=0-'.length)}`;
  assert.equal(parseRange(longest).kind, 'ranges');
  assert.equal(parseRange(`${longest}0`).kind, 'malformed');
});

test('keeps the satisfiable ranges, in the order asked, not merged', () => {
  const cases = {
    'bytes=0-': [[0, 10]],
    'bytes=0-0': [[0, 1]],
    'bytes=9-': [[9, 10]],
    'bytes=4-99': [[4, 10]],
    'bytes=-3': [[7, 10]],
    'bytes=-99': [[0, 10]],
    'bytes=10-,2-3,-0,0-1': [
      [2, 4],
      [0, 2],
    ],
  };
  for (const [value, expected] of Object.entries(cases)) {
    const ranges = expected.map(([start, end]) => ({ start, end }));
    assert.deepEqual(resolve(value, 10), { kind: 'satisfiable', ranges }, value);
  }
});

test('is unsatisfiable when no range lies within the object', () => {
  for (const value of ['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=11-,-0']) {
    assert.deepEqual(resolve(value, 10), { kind: 'unsatisfiable' }, value);
  }
});

test('of an empty object a suffix is the whole, and anything else unsatisfiable', () => {
  assert.deepEqual(resolve('bytes=-1', 0), { kind: 'whole' });
  assert.deepEqual(resolve('bytes=0-,-1', 0), { kind: 'whole' });
  for (const value of ['bytes=0-', 'bytes=0-0', 'bytes=-0']) {
    assert.deepEqual(resolve(value, 0), { kind: 'unsatisfiable' }, value);
  }
});

test('64 ranges are served, 65 are excessive, and those outside of the object do not count', () => {
  const ranges = (count: number) => Array.from({ length: count }, (_, index) => `${2 * index}-${2 * index}`);
  assert.equal(resolve(`bytes=${ranges(64).join()}`, 1000).kind, 'satisfiable');
  assert.equal(resolve(`bytes=${ranges(65).join()}`, 1000).kind, 'excessive');
  assert.equal(resolve(`bytes=${[...ranges(64), '1000-'].join()}`, 1000).kind, 'satisfiable');
});

test('two ranges may overlap each other, three are excessive', () => {
  assert.equal(resolve('bytes=0-5,5-9,20-29', 100).kind, 'satisfiable');
  assert.equal(resolve('bytes=0-5,0-5', 100).kind, 'satisfiable');
  assert.equal(resolve('bytes=0-4,5-9,10-', 100).kind, 'satisfiable');
  assert.equal(resolve('bytes=0-5,5-9,9-20', 100).kind, 'excessive');
  assert.equal(resolve('bytes=20-29,-100,0-4', 100).kind, 'excessive');
  assert.equal(resolve('bytes=0-1,1-2,10-11,11-12', 100).kind, 'excessive');
  assert.equal(resolve('bytes=0-,0-,0-', 100).kind, 'excessive');
});
