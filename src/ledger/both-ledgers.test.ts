import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bothLedgers } from './both-ledgers.ts';
import { countsOf, endOf, startOf } from './ledger-trial.test-double.ts';
import type { Ledger } from './ledger.ts';

test('both ledgers get every row, its counts and its end', () => {
  const got: unknown[] = [];
  const toLedger = (name: string): Ledger => ({
    open: (start, counts) => {
      got.push([name, start, counts()]);
      return { settle: (end) => void got.push([name, end]) };
    },
  });
  const start = startOf();
  const counts = countsOf();
  const end = endOf();
  bothLedgers(toLedger('a'), toLedger('b'))
    .open(start, () => counts)
    .settle(end);
  assert.deepEqual(got, [
    ['a', start, counts],
    ['b', start, counts],
    ['a', end],
    ['b', end],
  ]);
});
