// Streams a store's listing into a catalog, however many objects there are, in the memory of one batch: each batch of
// keys, which come in order, is held against what the catalog has between its first and its last. So a scan finds what
// is new, changed or gone, writes nothing else, and can go on where it was broken off.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { compareKeys } from '../source/source.ts';
import type { ListedObject, Source } from '../source/source.ts';
import type { CatalogEntry } from './catalog.ts';
import { holdCollections } from './collection-rows.ts';
import { isStorableText } from './entry-check.ts';
import { createEntryWriter } from './entry-writer.ts';
import type { EntryWriter } from './entry-writer.ts';
import { isObjectId, OBJECT_ID_RULE } from './object-id.ts';
import { mergeEntries } from './scan-batch.ts';
import { beginScan, endScan, keepScan } from './scan-log.ts';
import type { OpenScan, ScanCounts } from './scan-log.ts';
import { hashedId, idOf, reasonToRefuse, toScannedEntry } from './scanned-entry.ts';
import type { ScanPlace } from './scanned-entry.ts';
import { markVanished, markVanishedHashes } from './vanished.ts';

/** As many as S3 lists in one answer; one transaction, so that a scan costs a thousandth of the disk's syncs. */
const BATCH_SIZE = 1_000;

export type RefusedObject = { readonly key: string; readonly reason: string };

export type ScanOptions = ScanPlace & {
  readonly source: Source;
  /** The database of the catalog. */
  readonly database: Kysely<Schema>;
  readonly signal: AbortSignal;
  /** Whether to begin anew where a scan of the same place was broken off. Default: false, go on. */
  readonly fromStart?: boolean;
  /** Called after each batch. */
  readonly onProgress?: (counts: ScanCounts) => void;
  /** Called for each object that cannot be served, and so is not catalogued. */
  readonly onRefused?: (refused: RefusedObject) => void;
  /** Objects that are written at once. Default: 1,000. */
  readonly batchSize?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

export type ScanResult = ScanCounts & {
  /** Where it has gone on, if it was broken off before. The counts are of both parts. */
  readonly resumedAfter?: string;
  /** False where the store lists in no order of keys: what has vanished from it was not looked for to the end. */
  readonly isOrdered: boolean;
};

/**
 * Brings the catalog to what the store has below the prefix. What was catalogued before a failure or an abort stays,
 * and the next scan of the same place goes on there.
 */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  checkPlace(options);
  const { database, now = Date.now } = options;
  const begun = await database.transaction().execute(async (transaction) => {
    await holdCollections(transaction, [options.collection]);
    return beginScan(transaction, options, { now: now(), fromStart: options.fromStart ?? false });
  });
  return new Scan(options, begun).run();
}

function checkPlace(place: ScanPlace): void {
  const { idPrefix, prefix } = place;
  if (!isObjectId(hashedId('', place))) {
    const want = `want the beginning of one: ${OBJECT_ID_RULE}`;
    throw new SluiceError('bad-input', `got ${JSON.stringify(idPrefix)} as the beginning of ids, ${want}`);
  }
  if (!isStorableText(prefix)) {
    throw new SluiceError('bad-input', `got the prefix ${JSON.stringify(prefix)}, want Unicode without a NUL`);
  }
}

/** What was listed since the last batch was written. */
type Batch = {
  size: number;
  readonly entries: CatalogEntry[];
  /** Every id that is taken by what was listed, also by what is refused. */
  readonly ids: string[];
  readonly hashedIds: string[];
};

class Scan {
  readonly #options: ScanOptions;
  readonly #scan: OpenScan;
  readonly #write: EntryWriter;
  readonly #now: () => number;
  readonly #counts: { -readonly [Name in keyof ScanCounts]: number };
  #batch = newBatch();
  /** Every key up to this one is in the database. */
  #after: string | undefined;
  /** The last key that was listed. */
  #last: string | undefined;
  #isOrdered = true;

  constructor(options: ScanOptions, begun: OpenScan) {
    this.#options = options;
    this.#scan = begun;
    this.#write = createEntryWriter(options.database);
    this.#now = options.now ?? Date.now;
    this.#counts = { ...begun.counts };
    this.#after = begun.after;
    this.#last = begun.after;
  }

  async run(): Promise<ScanResult> {
    const { source, database, bucket, prefix, signal, batchSize = BATCH_SIZE } = this.#options;
    const { after } = this.#scan;
    for await (const object of source.list({ bucket, prefix, signal, ...(after === undefined ? {} : { after }) })) {
      this.#take(object);
      if (this.#batch.size >= batchSize && isStorableText(object.key)) await this.#flush(object.key);
    }
    await this.#flush(undefined);
    if (this.#isOrdered) this.#count({ vanished: await markVanishedHashes(database, this.#vanishOptions()) });
    await database
      .transaction()
      .execute((transaction) => endScan(transaction, this.#scan, { counts: this.#counts, now: this.#now() }));
    this.#tell();
    return {
      ...this.#counts,
      ...(after === undefined ? {} : { resumedAfter: after }),
      isOrdered: this.#isOrdered,
    };
  }

  #take(object: ListedObject): void {
    const { key } = object;
    if (this.#last !== undefined && compareKeys(key, this.#last) <= 0) this.#isOrdered = false;
    this.#last = key;
    this.#batch.size += 1;
    this.#counts.seen += 1;
    const id = idOf(key, this.#options);
    this.#batch.ids.push(id);
    if (id !== this.#options.idPrefix + key) this.#batch.hashedIds.push(id);
    const isBelow = key.startsWith(this.#options.prefix);
    const reason = isBelow ? reasonToRefuse(object) : 'its key does not begin with the prefix that was asked for';
    if (reason === undefined) this.#batch.entries.push(toScannedEntry(object, { ...this.#options, id }));
    else this.#refuse({ key, reason });
  }

  #refuse(refused: RefusedObject): void {
    this.#counts.refused += 1;
    this.#options.onRefused?.(refused);
  }

  /** Writes what was listed up to a key, or to the end. */
  async #flush(upTo: string | undefined): Promise<void> {
    const { database, signal, collection } = this.#options;
    const { entries, ids, hashedIds } = this.#batch;
    signal.throwIfAborted();
    if (this.#isOrdered) {
      const range = { after: this.#after, upTo, seen: ids };
      this.#count({ vanished: await markVanished(database, range, this.#vanishOptions()) });
    }
    await database.transaction().execute(async (transaction) => {
      await holdCollections(transaction, [collection]);
      const merge = { write: this.#write, collection, now: this.#now() };
      this.#count(await mergeEntries(transaction, entries, merge));
      await this.#mark(transaction, hashedIds);
      // Out of order, there may be keys still to come that are before this one.
      const after = this.#isOrdered ? (upTo ?? this.#after) : undefined;
      await keepScan(transaction, this.#scan, { counts: this.#counts, after });
    });
    this.#after = upTo;
    this.#batch = newBatch();
    this.#tell();
  }

  async #mark(transaction: Kysely<Schema>, hashedIds: readonly string[]): Promise<void> {
    if (hashedIds.length === 0) return;
    const marks = hashedIds.map((object) => ({ scan: this.#scan.id, object }));
    await transaction
      .insertInto('scan_marks')
      .values(marks)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  #vanishOptions() {
    return { place: this.#options, scan: this.#scan, now: this.#now() };
  }

  #count(more: Partial<ScanCounts>): void {
    for (const name of Object.keys(this.#counts) as (keyof ScanCounts)[]) this.#counts[name] += more[name] ?? 0;
  }

  #tell(): void {
    this.#options.onProgress?.({ ...this.#counts });
  }
}

function newBatch(): Batch {
  return { size: 0, entries: [], ids: [], hashedIds: [] };
}
