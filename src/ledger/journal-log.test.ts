import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { TrialDisk } from './journal-disk.test-double.ts';
import { JournalLog } from './journal-log.ts';

let folder: string;
let disk: TrialDisk;
let reports: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-log-'));
  disk = new TrialDisk();
  reports = [];
});

afterEach(async () => {
  assert.equal(disk.openCount, 0);
  await rm(folder, { recursive: true });
});

function openLog(maxBytes = 1 << 30): JournalLog {
  return new JournalLog({ disk, folder, maxBytes, report: ({ message }) => void reports.push(message) });
}

async function readLog(): Promise<readonly string[]> {
  const names = disk.list(folder).toSorted();
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

const A = Buffer.from('first line\nsecond line\n');
const B = Buffer.from('third line\n');

test('a full disk: what it does not take waits, in order, and is written when there is room', async () => {
  const log = openLog();
  disk.freeBytes = 4;
  log.append(A, 2);
  log.append(B, 1);
  assert.equal(log.isBehind, true);
  disk.freeBytes = 10;
  log.retry();
  assert.equal(log.isBehind, true);
  disk.freeBytes = 1000;
  log.retry();
  assert.equal(log.isBehind, false);
  assert.deepEqual(await readLog(), [A.toString() + B.toString()]);
  assert.deepEqual(log.end, { segment: 1, offset: A.length + B.length });
  assert.equal(reports.length, 1);
  log.close();
});

test('a disk that fails gets all of it again, in another segment', async () => {
  const log = openLog();
  disk.freeBytes = 4;
  log.append(A, 2);
  disk.freeBytes = 1000;
  disk.failure = new Error('input/output error');
  log.retry();
  disk.failure = undefined;
  log.retry();
  assert.deepEqual(await readLog(), ['firs', A.toString()]);
  log.close();
});

test('memory has a bound: beyond it lines are lost, and their number is said', async () => {
  const log = openLog();
  disk.freeBytes = 0;
  const half = Buffer.alloc(8 << 20, 'x');
  for (let count = 0; count < 4; count += 1) log.append(half, 5);
  disk.freeBytes = Number.POSITIVE_INFINITY;
  log.retry();
  assert.deepEqual(
    log.segments.map((segment) => log.bytesOf(segment)),
    [half.length, half.length],
  );
  assert.equal(reports.length, 3);
  assert.match(reports[2]!, /10 of its lines are lost/);
  log.close();
});

test('a segment that is large enough is followed by another, and one that was removed counts no more', async () => {
  const log = openLog(80);
  for (let count = 0; count < 7; count += 1) log.append(B, 1);
  assert.deepEqual(log.segments, [1, 2, 3, 4, 5, 6, 7]);
  assert.match(reports[0]!, /has 66 of its 80 bytes/);
  log.append(B, 1);
  assert.equal(log.isBehind, true);
  await disk.remove(join(folder, 'log-0000000001'));
  log.forget(1);
  log.retry();
  assert.equal(log.isBehind, false);
  assert.deepEqual(log.segments, [2, 3, 4, 5, 6, 7, 8]);
  assert.equal(reports.length, 2);
  log.close();
});

test('the operator is told again that the bound is near only after it was far', () => {
  const log = openLog(80);
  const near = () => reports.filter((message) => message.includes('database back')).length;
  for (let count = 0; count < 6; count += 1) log.append(B, 1);
  assert.equal(near(), 1);
  for (const segment of log.segments) log.forget(segment);
  for (let count = 0; count < 6; count += 1) log.append(B, 1);
  assert.equal(near(), 2);
  log.close();
});
