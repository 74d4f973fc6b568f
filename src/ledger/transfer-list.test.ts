import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { bookRows } from './booked-rows.ts';
import { endOf, startOf, STARTED_AT } from './ledger-trial.test-double.ts';
import { toEndText, toRowText, toStartText } from './row-text.ts';
import { createTransferIds } from './transfer-id.ts';
import { listTransfers } from './transfer-list.ts';
import type { ListTransfersOptions } from './transfer-list.ts';

const toId = createTransferIds();

/** One transfer a second, by ann and bob in turn. */
async function book(database: Kysely<Schema>, numbers: readonly number[]): Promise<void> {
  const rows = numbers.map((number) => {
    const startedAtMs = STARTED_AT.getTime() + 1000 * number;
    const start = startOf({ id: `object-${number}`, principal: ['ann', 'bob'][number % 2]! });
    const startText = toStartText(start, { id: toId(startedAtMs), gateway: 'one', startedAtMs });
    return toRowText({ start: startText, state: toEndText(endOf()), durationMs: 1 });
  });
  await bookRows(database, rows);
}

async function list(database: Kysely<Schema>, options: Partial<ListTransfersOptions> = {}): Promise<readonly number[]> {
  const transfers = await listTransfers(database, { limit: 100, ...options });
  return transfers.map(({ object }) => Number(object.slice('object-'.length)));
}

onEveryDatabase('the list of transfers', (open) => {
  it('has the newest first', async () => {
    const database = await open();
    await book(database, [2, 0, 3, 1]);
    assert.deepEqual(await list(database), [3, 2, 1, 0]);
  });

  it('is of one principal, and of a time, where that is asked', async () => {
    const database = await open();
    await book(database, [0, 1, 2, 3, 4, 5]);
    const at = (number: number): Date => new Date(STARTED_AT.getTime() + 1000 * number);
    assert.deepEqual(await list(database, { principal: 'bob' }), [5, 3, 1]);
    assert.deepEqual(await list(database, { since: at(2), until: at(5) }), [4, 3, 2]);
    assert.deepEqual(await list(database, { principal: 'ann', since: at(1), until: at(4) }), [2]);
  });

  it('is read page by page, and what begins meanwhile alters no later page', async () => {
    const database = await open();
    await book(database, [0, 1, 2, 3, 4]);
    const first = await listTransfers(database, { limit: 2 });
    await book(database, [5, 6]);
    assert.deepEqual(await list(database, { after: first.at(-1)!.id, limit: 2 }), [2, 1]);
  });
});
