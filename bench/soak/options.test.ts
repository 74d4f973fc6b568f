import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('without options it is half an hour, and chance begins with the time', () => {
  assert.deepEqual(parseOptions([], 1_700_000_000_500), {
    minutes: 30,
    clients: 24,
    seed: 1_700_000_000,
    budgetMib: 256,
    hasFaults: true,
  });
});

test('what is said is taken', () => {
  const args = ['--minutes', '0.25', '--clients', '3', '--seed', '7', '--budget-mib', '64', '--no-faults'];
  assert.deepEqual(parseOptions(args, 0), { minutes: 0.25, clients: 3, seed: 7, budgetMib: 64, hasFaults: false });
  assert.equal(parseOptions(['--help'], 0), undefined);
});

test('what makes no sense is refused', () => {
  assert.throws(() => parseOptions(['--minutes', '0'], 1_000), /--minutes: got 0, want a number such as 30 or 0.5/);
  assert.throws(() => parseOptions(['--minutes', 'ten'], 1_000), /--minutes: got ten/);
  assert.throws(() => parseOptions(['--clients', '-1'], 1_000), /--clients/);
  assert.throws(() => parseOptions(['--forever'], 1_000), /--forever/);
});
