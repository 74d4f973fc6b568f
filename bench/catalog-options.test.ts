import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './catalog-options.ts';

test('without options it is the full run', () => {
  assert.deepEqual(parseOptions([]), { rows: 10_000_000, lookups: 200_000, shuffled: false, json: false });
});

test('what is said is taken, and nonsense refused', () => {
  const said = parseOptions(['--rows', '1000', '--lookups', '100', '--shuffled', '--json']);
  assert.deepEqual(said, { rows: 1_000, lookups: 100, shuffled: true, json: true });
  assert.equal(parseOptions(['-h']), undefined);
  for (const rows of ['0', '99', '1e6', '']) assert.throws(() => parseOptions(['--rows', rows]), /--rows: got/);
  assert.throws(() => parseOptions(['--row', '5']));
});
