// Rows of the ledger on their way into the database: many by one statement, each by its id, so that what is booked twice
// is there once. A row only ever goes on: open → lost with its gateway → settled.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { dialectOf } from '../database/column-types.ts';
import type { Dialect } from '../database/column-types.ts';
import type { Schema } from '../database/schema.ts';
import { COLUMNS, GATEWAY_LOST, idOf } from './row-text.ts';

/** SQLite holds the event loop for as long as a statement takes: one or two milliseconds for so many rows. */
const BATCH_ROWS = 500;

const TYPES: { readonly [column: string]: 'bigint' | 'integer' } = {
  started_at: 'bigint',
  status: 'integer',
  delivered_bytes: 'bigint',
  received_bytes: 'bigint',
  over_read_bytes: 'bigint',
  resumed_count: 'integer',
  duration_ms: 'bigint',
};

const FIRST_CHANGING = COLUMNS.indexOf('status');

/** By dialect: the elements of a list of arrays, as rows. SQLite's binary form is read three times as fast as its text. */
const VALUES: Readonly<Record<Dialect, (list: string) => RawBuilder<unknown>>> = {
  sqlite: (list) => sql`select ${sql.raw(toColumns(false))} from jsonb_each(${list}) where true`,
  postgres: (list) => sql`select ${sql.raw(toColumns(true))} from jsonb_array_elements(${list}::jsonb) as rows(value)`,
};

const NAMES = sql.raw(COLUMNS.join(', '));
const CHANGES = sql.raw(
  COLUMNS.slice(FIRST_CHANGING)
    .map((column) => `${column} = excluded.${column}`)
    .join(', '),
);

/** Writes the rows, which are texts as `toRowText` makes them. Of two with one id the later counts. */
export async function bookRows(database: Kysely<Schema>, rowTexts: readonly string[]): Promise<void> {
  const rows = [...new Map(rowTexts.map((text) => [idOf(text), text])).values()];
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    await bookBatch(database, rows.slice(at, at + BATCH_ROWS));
    // Whatever waits for its turn of the event loop gets it.
    await nextTurn();
  }
}

async function bookBatch(database: Kysely<Schema>, rowTexts: readonly string[]): Promise<void> {
  const values = VALUES[dialectOf(database)](`[${rowTexts.join(',')}]`);
  await sql`
    insert into transfers (${NAMES}) ${values}
    on conflict (id) do update set ${CHANGES}
    where transfers.outcome is null or (transfers.error = ${GATEWAY_LOST} and excluded.outcome is not null)
  `.execute(database);
}

function toColumns(isCast: boolean): string {
  return COLUMNS.map((column, index) => {
    const type = TYPES[column];
    return isCast && type ? `(value->>${index})::${type}` : `value->>${index}`;
  }).join(', ');
}
