import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUITE_NAMES, parseOptions } from './options.ts';

test('without options it is the full run', () => {
  assert.deepEqual(parseOptions([]), {
    only: SUITE_NAMES,
    rounds: 5,
    fewRounds: 3,
    downloads: 2,
    rangesSeconds: 5,
    memoryGib: 200,
    parkedReaders: 10_000,
    busySeconds: 15,
    json: false,
  });
});

test('a quick run is shorter, but what is said wins', () => {
  assert.deepEqual(parseOptions(['--quick']), {
    only: SUITE_NAMES,
    rounds: 1,
    fewRounds: 1,
    downloads: 1,
    rangesSeconds: 3,
    memoryGib: 10,
    parkedReaders: 1_000,
    busySeconds: 5,
    json: false,
  });
  const said = parseOptions(['--quick', '--rounds', '7', '--memory-gib', '50', '--json']);
  assert.deepEqual([said?.rounds, said?.fewRounds, said?.memoryGib, said?.json], [7, 7, 50, true]);
});

test('parts are run in their own order, whatever order they are named in', () => {
  assert.deepEqual(parseOptions(['--only', 'bundle,whole'])?.only, ['whole', 'bundle']);
});

test('help asks for no run', () => {
  assert.equal(parseOptions(['--help']), undefined);
});

test('what is no count, no part or no option is refused', () => {
  assert.throws(() => parseOptions(['--rounds', '0']), /--rounds: got 0, want a whole number/);
  assert.throws(() => parseOptions(['--gib', '1.5']), /--gib/);
  assert.throws(() => parseOptions(['--only', 'whole,memory']), /--only: got memory, want of whole, ranges/);
  assert.throws(() => parseOptions(['--only', '']), /--only: got nothing/);
  assert.throws(() => parseOptions(['--slow']), /--slow/);
});
