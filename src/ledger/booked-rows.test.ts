import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { bookRows } from './booked-rows.ts';
import { countsOf, endOf, readTransfers, STARTED_AT, startOf } from './ledger-trial.test-double.ts';
import type { TransferCounts, TransferEnd, TransferStart } from './ledger.ts';
import { toCountsText, toEndText, toLostText, toRowText, toStartText } from './row-text.ts';
import { createTransferIds } from './transfer-id.ts';

const toId = createTransferIds();
const startedAtMs = STARTED_AT.getTime();

function rowsOf(changes: Partial<TransferStart> = {}) {
  const start = toStartText(startOf(changes), { id: toId(startedAtMs), gateway: 'one', startedAtMs });
  return {
    open: (counts: Partial<TransferCounts> = {}) =>
      toRowText({ start, state: toCountsText(countsOf(counts)), durationMs: 3 }),
    lost: (counts: Partial<TransferCounts> = {}) =>
      toLostText(toRowText({ start, state: toCountsText(countsOf(counts)), durationMs: 3 })),
    settled: (end: Partial<TransferEnd> = {}) => toRowText({ start, state: toEndText(endOf(end)), durationMs: 12 }),
  };
}

onEveryDatabase('rows of the ledger in the database', (open) => {
  it('are there with all that was known of them', async () => {
    const database = await open();
    const ranges = [
      { start: 0, end: 10 },
      { start: 100, end: 5_000_000_000_000 },
    ];
    const error = 'limited';
    const end = { ranges, deliveredBytes: 2 ** 52, overReadBytes: 7, outcome: 'cut-short', error } as const;
    await bookRows(database, [rowsOf().settled(end)]);
    const [{ id, ...transfer } = { id: undefined }] = await readTransfers(database);
    assert.ok(id);
    assert.deepEqual(transfer, {
      gateway: 'one',
      principal: 'ann',
      credential: 'token:3f9a',
      object: 'runs/genome.bam',
      collection: 'runs',
      method: 'GET',
      remoteAddress: '127.0.0.1',
      status: 206,
      ranges,
      deliveredBytes: 2 ** 52,
      deliveredBy: 'acknowledged',
      receivedBytes: 1000,
      overReadBytes: 7,
      resumedCount: 1,
      outcome: 'cut-short',
      error: 'limited',
      startedAt: STARTED_AT,
      durationMs: 12,
    });
  });

  it('have nothing where nothing was known', async () => {
    const database = await open();
    const row = rowsOf({ credential: undefined, remoteAddress: undefined });
    await bookRows(database, [row.open({ status: undefined, ranges: [] })]);
    const [transfer] = await readTransfers(database);
    const { credential, remoteAddress, status, ranges, outcome, error } = transfer!;
    assert.deepEqual([credential, remoteAddress, status, outcome, error], Array(5).fill(undefined));
    assert.deepEqual(ranges, []);
  });

  it('can have any text in them', async () => {
    const database = await open();
    const id = `'; drop table transfers; -- "\\u0000" \u{1F9EC} \n\0 \uD800 %s $1 ?`;
    await bookRows(database, [rowsOf({ id, principal: 'ü'.repeat(5000) }).settled()]);
    const [transfer] = await readTransfers(database);
    assert.equal(transfer?.object, id.replace('\0', '\uFFFD').toWellFormed());
    assert.equal(transfer?.principal, 'ü'.repeat(800));
  });

  it('are there once, however often and in whatever batches they are booked', async () => {
    const database = await open();
    const rows = Array.from({ length: 1200 }, (_, index) => rowsOf({ id: `object-${index}` }).settled());
    await bookRows(database, []);
    await bookRows(database, [...rows, ...rows.slice(0, 10)]);
    await bookRows(database, rows.slice(500));
    const transfers = await readTransfers(database);
    assert.deepEqual(
      transfers.map(({ object }) => object),
      rows.map((_, index) => `object-${index}`),
    );
  });

  describe('only ever go on', () => {
    const row = rowsOf();
    const steps = {
      'open, 5': row.open({ deliveredBytes: 5 }),
      'open, 6': row.open({ deliveredBytes: 6 }),
      'lost, 5': row.lost({ deliveredBytes: 5 }),
      'lost, 6': row.lost({ deliveredBytes: 6 }),
      settled: row.settled({ deliveredBytes: 7 }),
    };
    const table = [
      ['open, 5', 'open, 6', 6, undefined],
      ['open, 5', 'lost, 6', 6, 'cut-short'],
      ['open, 5', 'settled', 7, 'complete'],
      ['lost, 5', 'open, 6', 5, 'cut-short'],
      ['lost, 5', 'lost, 6', 6, 'cut-short'],
      ['lost, 5', 'settled', 7, 'complete'],
      ['settled', 'open, 6', 7, 'complete'],
      ['settled', 'lost, 6', 7, 'complete'],
    ] as const;
    for (const [first, second, deliveredBytes, outcome] of table) {
      it(`${first} → ${second}`, async () => {
        const database = await open();
        await bookRows(database, [steps[first]]);
        await bookRows(database, [steps[second]]);
        const [transfer] = await readTransfers(database);
        assert.deepEqual([transfer?.deliveredBytes, transfer?.outcome], [deliveredBytes, outcome]);
      });
    }
  });
});
