import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { LedgerEntry } from './ledger.ts';
import { createLogLedger } from './log-ledger.ts';

const ENTRY: LedgerEntry = {
  principal: 'ann',
  id: 'runs/genome.bam',
  method: 'GET',
  remoteAddress: '127.0.0.1',
  status: 206,
  ranges: [
    { start: 0, end: 10 },
    { start: 100, end: 5_000_000_000_000 },
  ],
  deliveredBytes: 12,
  receivedBytes: 20,
  overReadBytes: 8,
  resumedCount: 0,
  outcome: 'client-gone',
  error: 'closed',
  startedAt: new Date('2026-03-04T05:06:07.891Z'),
  durationMs: 12.345,
};

test('an entry is one line of the log, in which a person and a program can read all of it', () => {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  createLogLedger(log).record(ENTRY);
  assert.equal(lines.length, 1);
  assert.deepEqual(JSON.parse(lines[0]!), {
    level: 30,
    principal: 'ann',
    id: 'runs/genome.bam',
    method: 'GET',
    remoteAddress: '127.0.0.1',
    status: 206,
    ranges: '0-10,100-5000000000000',
    deliveredBytes: 12,
    receivedBytes: 20,
    overReadBytes: 8,
    resumedCount: 0,
    outcome: 'client-gone',
    error: 'closed',
    startedAt: '2026-03-04T05:06:07.891Z',
    durationMs: 12,
    msg: 'transfer',
  });
});

test('what an entry does not have is not on the line', () => {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const { status: _, ...rest } = ENTRY;
  createLogLedger(log).record({ ...rest, status: undefined, error: undefined, ranges: [] });
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.deepEqual(['status' in line, 'error' in line, line['ranges']], [false, false, '']);
});

test('an id cannot make a second line', () => {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  createLogLedger(log).record({ ...ENTRY, id: 'a\n{"msg":"transfer"}' });
  assert.match(lines[0]!, /^[^\n]+\n$/);
});

test('a log that would not write it is not troubled with it', () => {
  const log = { isLevelEnabled: (level: string) => level !== 'info', info: () => assert.fail('not at this level') };
  createLogLedger(log).record(ENTRY);
});
