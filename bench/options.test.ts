import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('without options it is the full run', () => {
  assert.deepEqual(parseOptions([]), { rounds: 5, downloads: 2, rangesSeconds: 5, json: false });
});

test('a quick run is shorter, but what is said wins', () => {
  assert.deepEqual(parseOptions(['--quick']), { rounds: 2, downloads: 1, rangesSeconds: 3, json: false });
  assert.equal(parseOptions(['--quick', '--rounds', '7', '--json'])?.rounds, 7);
});

test('help asks for no run', () => {
  assert.equal(parseOptions(['--help']), undefined);
});

test('what is no count or no option is refused', () => {
  assert.throws(() => parseOptions(['--rounds', '0']), /--rounds: got 0, want a whole number/);
  assert.throws(() => parseOptions(['--gib', '1.5']), /--gib/);
  assert.throws(() => parseOptions(['--slow']), /--slow/);
});
