// Carries rows from the journal of this process to the database. It reads the journal's files, so that a database that
// was away for hours is caught up with as in any other second, in the same memory; a segment of which everything is in
// the database is removed. Only how far the open rows are it takes from the journal's memory.
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { bookRows } from './booked-rows.ts';
import { isCode } from './journal-disk.ts';
import type { JournalDisk } from './journal-disk.ts';
import { BEAT_MS } from './journal.ts';
import type { Journal, OpenTransfer } from './journal.ts';
import { readLines } from './segment-reader.ts';
import { toSegmentName } from './segment-writer.ts';

/** What came meanwhile goes into one batch. */
const PASS_MS = 250;

/** How old the counts of an open row may grow in the database, where each refreshing is a write. */
const OPEN_ROW_MS = 5_000;

/** Between tries while the database is away: at first, and at most. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

export type BookkeeperOptions = {
  readonly database: Kysely<Schema>;
  readonly journal: Journal;
  readonly disk: JournalDisk;
  readonly folder: string;
  readonly clock: Clock;
  readonly report: (error: SluiceError) => void;
  /** Numbers from 0 to below 1, by which the gateways of a fleet do not all try again at once. */
  readonly draw: () => number;
};

export class Bookkeeper {
  readonly #options: BookkeeperOptions;
  #segment = 0;
  #offset = 0;
  #pass: Promise<void> = Promise.resolve();
  #isPassing = false;
  #hasNews = false;
  #failedCount = 0;
  #callOff: (() => void) | undefined;
  #isClosed = false;

  constructor(options: BookkeeperOptions) {
    this.#options = options;
  }

  /** Says that there is something new in the journal. */
  wake(): void {
    this.#hasNews = true;
    if (this.#isPassing || this.#callOff || this.#isClosed) return;
    this.#callOff = this.#options.clock.after(PASS_MS, () => this.#passSoon());
  }

  /** Books what is in the journal now. Rejects when the database does not take it, or the journal cannot be read. */
  async book(): Promise<void> {
    const pass = this.#pass.then(() => this.#bookAll());
    this.#pass = pass.catch(() => {});
    await pass;
  }

  /** Ends what it does by itself. `book` can still be called. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#callOff?.();
    this.#callOff = undefined;
    await this.#pass;
  }

  #passSoon(): void {
    this.#callOff = undefined;
    this.#isPassing = true;
    void this.book().then(
      () => this.#next(PASS_MS),
      (error: unknown) => {
        this.#hasNews = true;
        if (this.#failedCount === 0) this.#options.report(toAway(error));
        this.#failedCount += 1;
        this.#next(toRetryMs(this.#failedCount, this.#options.draw));
      },
    );
  }

  #next(delayMs: number): void {
    this.#isPassing = false;
    if (!this.#hasNews || this.#isClosed) return;
    this.#callOff = this.#options.clock.after(delayMs, () => this.#passSoon());
  }

  async #bookAll(): Promise<void> {
    const { journal } = this.#options;
    this.#hasNews = false;
    for (const segment of journal.log.segments) {
      if (segment < this.#segment) continue;
      if (segment > this.#segment) {
        this.#segment = segment;
        this.#offset = 0;
      }
      await this.#bookSegment();
    }
    await this.#bookOpen();
    this.#failedCount = 0;
    await this.#removeBooked();
  }

  async #bookSegment(): Promise<void> {
    const { database, journal, disk, folder, report } = this.#options;
    const path = join(folder, toSegmentName('log', this.#segment));
    const endOffset = journal.log.bytesOf(this.#segment);
    while (this.#offset < endOffset) {
      const lines = await readLines(disk, path, { offset: this.#offset, endOffset }).catch(toGone);
      if (!lines) {
        report(new SluiceError('bad-input', `${path} is gone, and with it rows that were not in the database yet`));
        this.#offset = endOffset;
        return;
      }
      await bookRows(database, lines.settled);
      if (lines.damagedCount > 0) report(toDamaged(path, lines.damagedCount));
      // The rest of a line that is being written is read when it is there.
      if (lines.nextOffset === this.#offset) return;
      this.#offset = lines.nextOffset;
    }
  }

  async #bookOpen(): Promise<void> {
    const { database, journal, clock } = this.#options;
    const nowMs = clock.now();
    const due = [...journal.openTransfers].filter((transfer) => isDue(transfer, nowMs));
    const rowTexts = due.map(({ rowText }) => rowText);
    await bookRows(database, rowTexts);
    for (const [index, transfer] of due.entries()) {
      transfer.bookedText = rowTexts[index]!;
      transfer.bookedAtMs = nowMs;
    }
  }

  async #removeBooked(): Promise<void> {
    const { journal, disk, folder } = this.#options;
    for (const segment of journal.log.segments) {
      if (segment >= this.#segment || journal.isNeeded(segment)) return;
      await disk.remove(join(folder, toSegmentName('log', segment)));
      journal.log.forget(segment);
    }
  }
}

function isDue({ openedAtMs, rowText, bookedText, bookedAtMs }: OpenTransfer, nowMs: number): boolean {
  return openedAtMs <= nowMs - BEAT_MS && rowText !== bookedText && bookedAtMs <= nowMs - OPEN_ROW_MS;
}

function toRetryMs(failedCount: number, draw: () => number): number {
  const mostMs = Math.min(FIRST_RETRY_MS * 2 ** failedCount, MAX_RETRY_MS);
  return (mostMs * (1 + draw())) / 2;
}

function toGone(error: unknown): undefined {
  if (!isCode(error, 'ENOENT')) throw error;
}

export function toDamaged(path: string, count: number): SluiceError {
  return new SluiceError('bad-input', `${path} has ${count} damaged or torn lines; the rest of it was used`);
}

/** What the operator is told when the database takes no rows. */
export function toAway(cause: unknown): SluiceError {
  const message = 'the ledger cannot be brought to the database; its journal keeps the rows until it can';
  return new SluiceError('unavailable', message, { retryable: true, cause });
}
