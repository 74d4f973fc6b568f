import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { countsOf, endOf, startOf } from './ledger-trial.test-double.ts';
import { createLogLedger } from './log-ledger.ts';

function openLog() {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  return { ledger: createLogLedger(log), lines };
}

test('a transfer is one line of the log, in which a person and a program can read all of it', () => {
  const { ledger, lines } = openLog();
  const row = ledger.open(startOf(), countsOf);
  assert.equal(lines.length, 0);
  const ranges = [
    { start: 0, end: 10 },
    { start: 100, end: 5_000_000_000_000 },
  ];
  row.settle(endOf({ ranges, overReadBytes: 8, outcome: 'client-gone', error: 'closed', durationMs: 12.345 }));
  assert.equal(lines.length, 1);
  assert.deepEqual(JSON.parse(lines[0]!), {
    level: 30,
    principal: 'ann',
    credential: 'token:3f9a',
    id: 'runs/genome.bam',
    collection: 'runs',
    method: 'GET',
    remoteAddress: '127.0.0.1',
    status: 206,
    ranges: '0-10,100-5000000000000',
    deliveredBytes: 1000,
    deliveredBy: 'acknowledged',
    receivedBytes: 1000,
    resumedCount: 1,
    overReadBytes: 8,
    outcome: 'client-gone',
    error: 'closed',
    startedAt: '2026-11-23T10:00:00.000Z',
    durationMs: 12,
    msg: 'transfer',
  });
});

test('what a transfer does not have is not on the line', () => {
  const { ledger, lines } = openLog();
  const start = startOf({ credential: undefined });
  ledger.open(start, countsOf).settle(endOf({ status: undefined, error: undefined, ranges: [] }));
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.deepEqual(
    ['status' in line, 'error' in line, 'credential' in line, line['ranges']],
    [false, false, false, ''],
  );
});

test('a row is settled once', () => {
  const { ledger, lines } = openLog();
  const row = ledger.open(startOf(), countsOf);
  row.settle(endOf());
  row.settle(endOf());
  assert.equal(lines.length, 1);
});

test('an id cannot make a second line', () => {
  const { ledger, lines } = openLog();
  ledger.open(startOf({ id: 'a\n{"msg":"transfer"}' }), countsOf).settle(endOf());
  assert.match(lines[0]!, /^[^\n]+\n$/);
});

test('a log that would not write it is not troubled with it', () => {
  const log = { isLevelEnabled: (level: string) => level !== 'info', info: () => assert.fail('not at this level') };
  createLogLedger(log).open(startOf(), countsOf).settle(endOf());
});
