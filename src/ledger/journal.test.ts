import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FakeClock, settle as endTurn } from '../clock.test-double.ts';
import { TrialDisk } from './journal-disk.test-double.ts';
import { Journal } from './journal.ts';
import { countsOf, endOf, startOf } from './ledger-trial.test-double.ts';
import { readLines } from './segment-reader.ts';
import { segmentsOf } from './segment-writer.ts';
import type { SegmentKind } from './segment-writer.ts';

let folder: string;
let disk: TrialDisk;
let clock: FakeClock;
let reports: string[];
let news: number;
let journal: Journal;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-journal-'));
  disk = new TrialDisk();
  clock = new FakeClock();
  reports = [];
  news = 0;
  const report = ({ message }: Error): void => void reports.push(message);
  const onNews = (): void => void (news += 1);
  journal = new Journal({ disk, folder, gatewayId: 'one', maxBytes: 1 << 30, clock, report, onNews });
});

afterEach(async () => {
  journal.close();
  assert.deepEqual([disk.openCount, clock.alarmCount], [0, 0]);
  await rm(folder, { recursive: true });
});

/** Of each row: its object, what was delivered, and its outcome. */
async function read(kind: SegmentKind): Promise<readonly unknown[][]> {
  const rows: unknown[][] = [];
  for (const name of segmentsOf(kind, disk.list(folder))) {
    const { opened, settled, damagedCount } = await readLines(disk, join(folder, name), { offset: 0 });
    assert.equal(damagedCount, 0);
    for (const text of [...opened, ...settled]) {
      const row = JSON.parse(text) as unknown[];
      rows.push([row[4], row[11], row[16]]);
    }
  }
  return rows;
}

test('what begins and ends in one turn of the event loop is one write', async () => {
  const rows = ['a', 'b', 'c'].map((id) => journal.open(startOf({ id }), countsOf));
  rows[1]!.settle(endOf());
  assert.equal(disk.writeCount, 0);
  await endTurn();
  assert.equal(disk.writeCount, 1);
  assert.deepEqual(await read('log'), [
    ['a', 0, null],
    ['c', 0, null],
    ['b', 1000, 'complete'],
  ]);
  assert.equal(news, 1);
});

test('a row is settled once', async () => {
  const row = journal.open(startOf(), countsOf);
  row.settle(endOf());
  row.settle(endOf({ outcome: 'cut-short' }));
  await endTurn();
  assert.deepEqual(await read('log'), [['runs/genome.bam', 1000, 'complete']]);
});

test('once a second the counts of open rows are asked, and written where they have changed', async () => {
  let deliveredBytes = 5;
  const row = journal.open(startOf({ id: 'a' }), () => countsOf({ deliveredBytes }));
  journal.open(startOf({ id: 'b' }), countsOf);
  await clock.advance(1000);
  deliveredBytes = 6;
  await clock.advance(1000);
  await clock.advance(1000);
  assert.deepEqual(await read('open'), [
    ['a', 5, null],
    ['b', 10, null],
    ['a', 6, null],
  ]);
  assert.equal(clock.alarmCount, 1);
  row.settle(endOf());
});

test('no alarm is set while nothing is open', async () => {
  assert.equal(clock.alarmCount, 0);
  const row = journal.open(startOf(), countsOf);
  assert.equal(clock.alarmCount, 1);
  row.settle(endOf());
  await clock.advance(1000);
  assert.equal(clock.alarmCount, 0);
});

test('counts that cannot be had leave a row where it was, and the others alone', async () => {
  journal.open(startOf({ id: 'a' }), () => {
    throw new Error('no');
  });
  journal.open(startOf({ id: 'b' }), countsOf);
  await clock.advance(1000);
  assert.deepEqual(await read('open'), [
    ['a', 0, null],
    ['b', 10, null],
  ]);
});

test('a segment is needed until the rows that began in it are written with their counts', async () => {
  journal.open(startOf(), countsOf);
  await endTurn();
  assert.equal(journal.isNeeded(1), true);
  await clock.advance(1000);
  assert.equal(journal.isNeeded(1), false);
});

test('the files of open rows do not grow with time, and always have all of them', async () => {
  let deliveredBytes = 0;
  const ids = Array.from({ length: 500 }, (_, index) => `object-${index}`);
  for (const id of ids) journal.open(startOf({ id }), () => countsOf({ deliveredBytes: (deliveredBytes += 1) }));
  journal.open(startOf({ id: 'still' }), countsOf);
  for (let second = 0; second < 60; second += 1) await clock.advance(1000);
  const rows = await read('open');
  assert.ok(rows.length < 10 * ids.length, `${rows.length} lines`);
  assert.deepEqual(new Set(rows.map(([id]) => id)), new Set([...ids, 'still']));
});

test('a full disk: nothing throws, and rows are written when there is room', async () => {
  disk.freeBytes = 50;
  const row = journal.open(startOf({ id: 'a' }), countsOf);
  await clock.advance(1000);
  row.settle(endOf());
  await clock.advance(1000);
  disk.freeBytes = Number.POSITIVE_INFINITY;
  await clock.advance(1000);
  assert.equal(clock.alarmCount, 0);
  assert.deepEqual(await read('log'), [
    ['a', 0, null],
    ['a', 1000, 'complete'],
  ]);
  assert.equal(reports.length, 2);
});

test('after the close nothing is written, and nothing throws', async () => {
  const row = journal.open(startOf({ id: 'a' }), countsOf);
  journal.close();
  journal.close();
  row.settle(endOf());
  journal.open(startOf({ id: 'b' }), countsOf).settle(endOf());
  await endTurn();
  assert.deepEqual(await read('log'), [['a', 0, null]]);
});

test('a date that is none begins a row all the same', async () => {
  journal.open(startOf({ startedAt: new Date(Number.NaN) }), countsOf).settle(endOf());
  await endTurn();
  assert.equal((await read('log')).length, 1);
});
