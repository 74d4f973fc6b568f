import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { isSluiceError } from '../errors.ts';
import { bookRows } from './booked-rows.ts';
import { countsOf, endOf, startOf } from './ledger-trial.test-double.ts';
import type { TransferEnd, TransferStart } from './ledger.ts';
import { toCountsText, toEndText, toRowText, toStartText } from './row-text.ts';
import { createTransferIds } from './transfer-id.ts';
import { readUsage } from './usage.ts';

const DAY_MS = 86_400_000;
const DAY = Date.UTC(2026, 10, 23);
const since = new Date(DAY);
const until = new Date(DAY + 2 * DAY_MS);
const { signal } = new AbortController();
const toId = createTransferIds();

type Booked = Partial<TransferStart> & { readonly atMs?: number; readonly end?: Partial<TransferEnd> | 'open' };

async function book(database: Kysely<Schema>, transfers: readonly Booked[]): Promise<void> {
  const rows = transfers.map(({ atMs = 0, end = {}, ...start }) => {
    const startedAtMs = DAY + atMs;
    const startText = toStartText(startOf(start), { id: toId(startedAtMs), gateway: 'one', startedAtMs });
    const state = end === 'open' ? toCountsText(countsOf()) : toEndText(endOf(end));
    return toRowText({ start: startText, state, durationMs: 1 });
  });
  await bookRows(database, rows);
}

onEveryDatabase('usage', (open) => {
  it('sums up what began in the time that is asked for', async () => {
    const database = await open();
    await book(database, [
      { atMs: -1 },
      { atMs: 0, end: { deliveredBytes: 5, receivedBytes: 9, overReadBytes: 4, resumedCount: 2 } },
      { atMs: 1000, end: { outcome: 'client-gone' } },
      { atMs: 2000, end: { outcome: 'source-failed' } },
      { atMs: 3000, end: { outcome: 'cut-short' } },
      { atMs: 4000, end: 'open' },
      { atMs: 2 * DAY_MS },
    ]);
    assert.deepEqual(await readUsage(database, { by: 'principal', since, until, signal }), [
      {
        name: 'ann',
        day: undefined,
        transfers: 5,
        outcomes: { open: 1, complete: 1, 'client-gone': 1, 'source-failed': 1, 'cut-short': 1 },
        deliveredBytes: 3015,
        receivedBytes: 3029,
        overReadBytes: 14,
        resumedCount: 6,
        first: since,
        last: new Date(DAY + 4000),
      },
    ]);
  });

  it('is by principal, collection or object, and by day', async () => {
    const database = await open();
    const transfers = [
      { principal: 'ann', collection: 'x', id: 'a' },
      { principal: 'bob', collection: 'x', id: 'b', end: { deliveredBytes: 3000 } },
      { principal: 'bob', collection: 'y', id: 'a', atMs: DAY_MS },
    ];
    await book(database, transfers);
    const read = async (by: 'principal' | 'collection' | 'object', perDay = false) => {
      const usage = await readUsage(database, { by, perDay, since, until, signal });
      return usage.map(({ name, day, deliveredBytes }) => [name, day, deliveredBytes]);
    };
    const [first, second] = ['2026-11-23', '2026-11-24'];
    assert.deepEqual(await read('principal'), [
      ['bob', undefined, 4000],
      ['ann', undefined, 1000],
    ]);
    assert.deepEqual(await read('collection'), [
      ['x', undefined, 4000],
      ['y', undefined, 1000],
    ]);
    assert.deepEqual(await read('object', true), [
      ['b', first, 3000],
      ['a', first, 1000],
      ['a', second, 1000],
    ]);
    assert.deepEqual((await read('principal', true)).length, 3);
  });

  it('of one principal is of nobody else', async () => {
    const database = await open();
    await book(database, [{ principal: 'ann' }, { principal: 'bob' }, { principal: 'ann', id: 'other' }]);
    const usage = await readUsage(database, { by: 'collection', principal: 'ann', since, until, signal });
    assert.deepEqual(
      usage.map(({ name, transfers }) => [name, transfers]),
      [['runs', 2]],
    );
    assert.deepEqual(await readUsage(database, { by: 'object', principal: 'eve', since, until, signal }), []);
  });

  it('is the same however many slices it is read in', async () => {
    const database = await open();
    const transfers = Array.from({ length: 12_000 }, (_, index) => ({
      principal: `principal-${index % 7}`,
      atMs: Math.floor(index / 3),
      end: { deliveredBytes: index },
    }));
    await book(database, transfers);
    const usage = await readUsage(database, { by: 'principal', since, until, signal });
    assert.equal(usage.length, 7);
    const total = usage.reduce((sum, { deliveredBytes }) => sum + deliveredBytes, 0);
    assert.equal(total, (12_000 * 11_999) / 2);
    assert.equal(
      usage.reduce((sum, { transfers: count }) => sum + count, 0),
      12_000,
    );
  });

  it('counts petabytes', async () => {
    const database = await open();
    const end = { deliveredBytes: 2 ** 51, receivedBytes: 2 ** 51 };
    await book(database, [{ end }, { end }, { end }]);
    const [usage] = await readUsage(database, { by: 'collection', since, until, signal });
    assert.equal(usage?.deliveredBytes, 3 * 2 ** 51);
  });

  it('is not read for somebody who has gone', async () => {
    const database = await open();
    const query = { by: 'object', since, until, signal: AbortSignal.abort() } as const;
    await assert.rejects(readUsage(database, query), (error) => isSluiceError(error, 'closed'));
  });

  it('with more lines than anybody reads is refused', async () => {
    const database = await open();
    await book(
      database,
      Array.from({ length: 11 }, (_, index) => ({ id: `object-${index}` })),
    );
    const query = { since, until, signal, maxLines: 10 };
    await assert.rejects(readUsage(database, { by: 'object', ...query }), (error) => isSluiceError(error, 'bad-input'));
    const [usage] = await readUsage(database, { by: 'collection', ...query });
    assert.equal(usage?.transfers, 11);
  });
});
