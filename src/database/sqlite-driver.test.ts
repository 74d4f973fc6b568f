import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { isSluiceError } from '../errors.ts';
import type { Schema } from './schema.ts';
import { openSqlite } from './sqlite.ts';

describe('the driver for node:sqlite', () => {
  let database: Kysely<Schema>;
  beforeEach(async () => {
    database = await openSqlite(':memory:');
    await sql`create table numbers (n integer primary key, label text)`.execute(database);
  });
  afterEach(() => database.destroy());

  const insert = (n: number, label = 'x', into: Kysely<Schema> = database) =>
    sql`insert into numbers values (${n}, ${label})`.execute(into);
  const numbers = async () => {
    const { rows } = await sql<{ n: number }>`select n from numbers order by n`.execute(database);
    return rows.map((row) => row.n);
  };

  it('tells how many rows a statement changed, and the row that was added last', async () => {
    const { numAffectedRows, insertId, rows } = await insert(7);
    assert.deepEqual([numAffectedRows, insertId, rows], [1n, 7n, []]);
    assert.equal((await sql`delete from numbers where n > 7`.execute(database)).numAffectedRows, 0n);
  });

  it('gives the rows of an insert that returns them', async () => {
    const { rows } = await sql<{ n: number }>`insert into numbers values (1, 'a') returning n`.execute(database);
    assert.equal(rows[0]?.n, 1);
  });

  it('keeps a committed transaction, and nothing of one that failed', async () => {
    await database.transaction().execute((transaction) => insert(1, 'x', transaction));
    const failure = new Error('on purpose');
    const failed = database.transaction().execute(async (transaction) => {
      await insert(2, 'x', transaction);
      throw failure;
    });
    await assert.rejects(failed, failure);
    assert.deepEqual(await numbers(), [1]);
  });

  it('lets nobody into another one’s transaction', async () => {
    const { promise: begun, resolve: hasBegun } = Promise.withResolvers<void>();
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
    const transaction = database.transaction().execute(async (held) => {
      await insert(1, 'x', held);
      hasBegun();
      await gate;
      await insert(2, 'x', held);
    });
    await begun;
    const order: string[] = [];
    const outside = numbers().then((seen) => order.push(`outside saw ${seen.join()}`));
    const later = insert(3).then(() => order.push('later'));
    openGate();
    await Promise.all([transaction, outside, later]);
    assert.deepEqual(order, ['outside saw 1,2', 'later']);
  });

  it('uses a statement again with other values, also among more statements than it keeps', async () => {
    for (let n = 0; n < 200; n += 1)
      await sql`insert into numbers values (${n}, ${sql.lit(`l${n}`)})`.execute(database);
    for (let n = 0; n < 200; n += 1) {
      const { rows } = await sql<{ label: string }>`select label from numbers where n = ${n}`.execute(database);
      assert.equal(rows[0]?.label, `l${n}`);
    }
  });

  it('streams rows', async () => {
    for (const n of [1, 2, 3]) await insert(n);
    const seen: string[] = [];
    await database
      .insertInto('objects')
      .values({ ...OBJECT, id: 'a' })
      .execute();
    for await (const row of database.selectFrom('objects').select('id').stream()) seen.push(row.id);
    assert.deepEqual(seen, ['a']);
  });

  it('turns an error of SQLite into one of ours, and goes on', async () => {
    await insert(1);
    await assert.rejects(insert(1), (error) => isSluiceError(error, 'misuse') && /UNIQUE/.test(error.message));
    await insert(2);
    assert.deepEqual(await numbers(), [1, 2]);
  });
});

const OBJECT = {
  store: 's',
  bucket: 'b',
  key: 'k',
  size: 1,
  etag: '"e"',
  filename: 'f',
  media_type: 'text/plain',
  digests: '{}',
  added_at: 1,
};
