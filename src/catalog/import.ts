// Reads NDJSON into the catalog, a line an entry, in the memory of one batch. A batch is written whole or not at all;
// the first line that is wrong ends the import, and is told with its number.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { DEFAULT_COLLECTION } from './catalog.ts';
import type { CatalogEntry } from './catalog.ts';
import { holdCollections } from './collection-rows.ts';
import { parseEntryLine } from './entry-line.ts';
import { createEntryWriter } from './entry-writer.ts';
import { readLines } from './lines.ts';

/** Entries of one transaction: nobody else writes to the database for the hundredth of a second that it takes. */
const BATCH_SIZE = 2_000;

export type ImportProgress = {
  /** Lines that are done with, blank ones among them. */
  readonly lines: number;
  /** Entries that were added or replaced. */
  readonly imported: number;
};

export type ImportOptions = {
  /** UTF-8, in pieces of any size. It is left when the import ends, however it ends. */
  readonly input: AsyncIterable<Uint8Array>;
  /** The database of the catalog. */
  readonly database: Kysely<Schema>;
  /** The collection of lines that name none. Default: the default one. */
  readonly collection?: string;
  /**
   * Default: 2,000. Where ids come in no order, entries are written into the database's pages one by one: more of them
   * at once share pages, and 10,000 take half the time. In order they are several times faster still.
   */
  readonly batchSize?: number;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Called after each batch. */
  readonly onProgress?: (progress: ImportProgress) => void;
};

/** Adds the entries, or replaces those with their ids. What was imported before a failure or an abort stays. */
export async function importEntries(options: ImportOptions): Promise<ImportProgress> {
  const { input, database, collection = DEFAULT_COLLECTION, batchSize = BATCH_SIZE, signal, now = Date.now } = options;
  const collections = await findCollections(database);
  const write = createEntryWriter(database);
  let done: ImportProgress = { lines: 0, imported: 0 };
  let batch: CatalogEntry[] = [];
  const flush = async (lines: number) => {
    if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
    await database.transaction().execute(async (transaction) => {
      await holdCollections(transaction, [...new Set(batch.map((entry) => entry.collection))]);
      await write(transaction, batch, now());
    });
    done = { lines, imported: done.imported + batch.length };
    batch = [];
    options.onProgress?.(done);
  };
  let number = 0;
  try {
    for await (const { lines } of readLines(input)) {
      for (const line of lines) {
        number += 1;
        if (line.trim() === '') continue;
        batch.push(toEntry(line, { number, collection, collections }));
        if (batch.length === batchSize) await flush(number);
      }
    }
    await flush(number);
  } catch (error) {
    throw withPosition(error, done);
  }
  return done;
}

async function findCollections(database: Kysely<Schema>): Promise<ReadonlySet<string>> {
  const rows = await database.selectFrom('collections').select('id').execute();
  return new Set(rows.map(({ id }) => id));
}

type LineOptions = {
  readonly number: number;
  readonly collection: string;
  readonly collections: ReadonlySet<string>;
};

function toEntry(line: string, { number, collection, collections }: LineOptions): CatalogEntry {
  const parsed = parseEntryLine(line, { collection });
  const problems = 'problems' in parsed ? parsed.problems : problemsOfCollection(parsed.entry, collections);
  if ('entry' in parsed && problems.length === 0) return parsed.entry;
  throw new SluiceError('bad-input', `line ${number}: ${problems.join('; ')}`);
}

function problemsOfCollection({ collection }: CatalogEntry, collections: ReadonlySet<string>): readonly string[] {
  return collections.has(collection) ? [] : [`there is no collection "${collection}", want one that is there`];
}

/** A mistake in the input, with how far the import has come before it. */
function withPosition(error: unknown, { lines }: ImportProgress): unknown {
  if (!(error instanceof SluiceError) || error.code !== 'bad-input') return error;
  const done = lines === 0 ? 'nothing is imported' : `imported is what comes before line ${lines + 1}`;
  return new SluiceError('bad-input', `${error.message} (${done})`, { cause: error });
}
