// Writes many entries fast: statements of a hundred rows each, whose texts are made once.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import type { CatalogEntry } from './catalog.ts';
import { keepCompiled } from './compiled.ts';
import type { Compiled } from './compiled.ts';
import { toRow } from './entry-row.ts';
import type { EntryRow } from './entry-row.ts';

/** Rows of one statement: a larger one is no faster. What is left over is written by the smaller ones. */
const STATEMENT_ROWS = [100, 10, 1] as const;

/** A row of the right type, of which only the columns count. */
const SAMPLE_ROW: EntryRow = toRow(
  {
    id: '',
    collection: '',
    store: '',
    bucket: '',
    key: '',
    size: 0,
    etag: '',
    filename: '',
    mediaType: '',
    digests: {},
  },
  0,
);

const COLUMNS = Object.keys(SAMPLE_ROW) as readonly (keyof EntryRow)[];

/** What an entry that is replaced keeps. */
const KEPT: ReadonlySet<keyof EntryRow> = new Set(['id', 'added_at']);

export type EntryWriter = (transaction: Kysely<Schema>, entries: readonly CatalogEntry[], now: number) => Promise<void>;

/** Adds entries, or replaces those with their ids; of two with one id the later counts. The entries were checked. */
export function createEntryWriter(database: Kysely<Schema>): EntryWriter {
  const statements = STATEMENT_ROWS.map((rows) => ({ rows, run: compileUpsert(database, rows) }));
  return async (transaction, entries, now) => {
    const rows = inOrder(entries).map((entry) => toRow(entry, now));
    let position = 0;
    for (const { rows: count, run } of statements) {
      for (; position + count <= rows.length; position += count) {
        await run(transaction, toParameters(rows.slice(position, position + count)));
      }
    }
  };
}

/**
 * One entry for each id, in one order for all writers: PostgreSQL lets none wait in a circle for another's rows then,
 * and what is written together stands together.
 */
function inOrder(entries: readonly CatalogEntry[]): readonly CatalogEntry[] {
  // As an export has them; looking costs less than sorting again.
  if (entries.every(({ id }, index) => index === 0 || entries[index - 1]!.id < id)) return entries;
  const latest = new Map(entries.map((entry) => [entry.id, entry]));
  return [...latest.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function toParameters(rows: readonly EntryRow[]): readonly unknown[] {
  const parameters: unknown[] = [];
  for (const row of rows) for (const column of COLUMNS) parameters.push(row[column]);
  return parameters;
}

function compileUpsert(database: Kysely<Schema>, rows: number): Compiled<unknown> {
  const replaced = COLUMNS.filter((column) => !KEPT.has(column));
  const query = database
    .insertInto('objects')
    .values(Array.from({ length: rows }, () => SAMPLE_ROW))
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((row) => Object.fromEntries(replaced.map((column) => [column, row.ref(`excluded.${column}`)]))),
    );
  return keepCompiled(query);
}
