import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLACK_BYTES, findWrongs } from './findings.ts';
import type { Findings } from './findings.ts';

const GOOD: Findings = {
  complaints: [],
  heard: 10,
  unheard: 2,
  transfers: 11,
  errors: [],
  idleRssBytes: 100,
  peakRssBytes: 100 + 1_000 + SLACK_BYTES,
  budgetBytes: 1_000,
  openFilesBefore: 20,
  openFilesAfter: 20,
  connections: 0,
  transfersUnderWay: 0,
};

test('when all is well there is nothing to say', () => {
  assert.deepEqual(findWrongs(GOOD), []);
  assert.deepEqual(findWrongs({ ...GOOD, transfers: 10, openFilesAfter: 19 }), []);
});

test('each thing that is wrong is said', () => {
  const wrongs: readonly (readonly [Partial<Findings>, RegExp])[] = [
    [{ complaints: ['other bytes'] }, /^other bytes$/],
    [{ transfers: 9 }, /^the ledger has 9 transfers, want 10 to 12$/],
    [{ transfers: 13 }, /^the ledger has 13 transfers/],
    [{ peakRssBytes: 1_101 + SLACK_BYTES }, /^the memory was 64 MiB at the most/],
    [{ connections: 1 }, /^1 connections to the origin are left$/],
    [{ transfersUnderWay: 1 }, /^1 transfers are under way/],
    [{ openFilesAfter: 21 }, /^21 files are open, 20 were before$/],
    [{ errors: ['{"level":50}'] }, /^the gateway's log: \{"level":50\}$/],
  ];
  for (const [wrong, text] of wrongs) {
    const found = findWrongs({ ...GOOD, ...wrong });
    assert.equal(found.length, 1);
    assert.match(found[0]!, text);
  }
});

test('of many complaints the first are shown and the rest are counted', () => {
  const complaints = Array.from({ length: 25 }, (_, index) => `complaint ${index}`);
  const found = findWrongs({ ...GOOD, complaints });
  assert.equal(found.length, 21);
  assert.equal(found.at(-1), 'and 5 more complaints of clients');
});
