// What every database is alike in, as far as the rest of the program counts on it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { isSluiceError } from '../errors.ts';
import { onEveryDatabase } from './every-database.test-double.ts';
import type { NewObjectRow, Schema } from './schema.ts';

const rowOf = (id: string, size = 1): NewObjectRow => ({
  id,
  store: 's',
  bucket: 'b',
  key: 'k',
  size,
  etag: '"e"',
  filename: 'f',
  media_type: 'text/plain',
  digests: '{}',
  added_at: 1_700_000_000_000,
});

async function insert(database: Kysely<Schema>, ...rows: readonly NewObjectRow[]): Promise<void> {
  await database.insertInto('objects').values(rows).execute();
}

onEveryDatabase('a database', (open) => {
  it('has the schema, and nothing of another one', async () => {
    const one = await open();
    const two = await open();
    await insert(one, rowOf('a'));
    assert.deepEqual(await two.selectFrom('objects').selectAll().execute(), []);
  });

  it('gives integers as numbers, and their sums', async () => {
    const database = await open();
    await insert(database, rowOf('a', 5 * 2 ** 40), rowOf('b', Number.MAX_SAFE_INTEGER - 5 * 2 ** 40));
    const { size } = await database
      .selectFrom('objects')
      .select('size')
      .where('id', '=', 'a')
      .executeTakeFirstOrThrow();
    const totals = await database
      .selectFrom('objects')
      .select(({ fn }) => [fn.sum('size').as('sum'), fn.countAll().as('count'), fn.max('size').as('max')])
      .executeTakeFirstOrThrow();
    const max = Number.MAX_SAFE_INTEGER - 5 * 2 ** 40;
    assert.deepEqual({ size, ...totals }, { size: 5 * 2 ** 40, sum: Number.MAX_SAFE_INTEGER, count: 2, max });
  });

  it('gives no number where it cannot give the right one', async () => {
    const database = await open();
    await insert(database, rowOf('a', Number.MAX_SAFE_INTEGER), rowOf('b', 1));
    const sum = database.selectFrom('objects').select(({ fn }) => fn.sum('size').as('sum'));
    await assert.rejects(sum.execute(), (error) => isSluiceError(error, 'misuse'));
    assert.equal((await database.selectFrom('objects').select('id').execute()).length, 2);
  });

  it('orders and compares text by its bytes', async () => {
    const database = await open();
    const ids = ['B', 'a', 'a-b', 'a/b', 'aB', 'ab', 'e', 'z', 'é', '文', '😀'];
    await insert(database, ...ids.toReversed().map((id) => rowOf(id)));
    const ordered = await database.selectFrom('objects').select('id').orderBy('id').execute();
    assert.deepEqual(
      ordered.map(({ id }) => id),
      ids,
    );
    const after = await database.selectFrom('objects').select('id').where('id', '>', 'ab').orderBy('id').execute();
    assert.deepEqual(
      after.map(({ id }) => id),
      ['e', 'z', 'é', '文', '😀'],
    );
  });

  it('says how many rows it changed', async () => {
    const database = await open();
    await insert(database, rowOf('a'), rowOf('b'));
    const { numUpdatedRows } = await database.updateTable('objects').set({ size: 2 }).executeTakeFirst();
    const { numDeletedRows } = await database.deleteFrom('objects').where('id', '=', 'c').executeTakeFirst();
    assert.deepEqual([numUpdatedRows, numDeletedRows], [2n, 0n]);
  });

  it('keeps nothing of a transaction that failed, and goes on', async () => {
    const database = await open();
    await insert(database, rowOf('a'));
    const failed = database.transaction().execute(async (transaction) => {
      await insert(transaction, rowOf('b'));
      await insert(transaction, rowOf('a'));
    });
    await assert.rejects(failed, (error) => isSluiceError(error, 'misuse') && !error.retryable);
    assert.deepEqual(await database.selectFrom('objects').select('id').execute().then(toIds), ['a']);
  });

  it('lets nobody see what a transaction has not kept yet', async () => {
    const database = await open();
    const seen = Promise.withResolvers<readonly string[]>();
    await database.transaction().execute(async (transaction) => {
      await insert(transaction, rowOf('a'));
      // SQLite has it wait, PostgreSQL answers at once.
      void database.selectFrom('objects').select('id').execute().then(toIds).then(seen.resolve, seen.reject);
      await sql`select 1`.execute(transaction);
      await transaction.deleteFrom('objects').execute();
    });
    assert.deepEqual(await seen.promise, []);
  });
});

function toIds(rows: readonly { readonly id: string }[]): readonly string[] {
  return rows.map(({ id }) => id);
}
