// The rows of a journal as they begin and end: segments that are appended to here and taken away when all that is in them
// is in the database. What the disk does not take waits in memory, up to a bound, and is tried again.
import { SluiceError } from '../errors.ts';
import type { JournalDisk } from './journal-disk.ts';
import { SegmentWriter } from './segment-writer.ts';

/** Some 20,000 rows: as much as is read again after a crash. */
const MAX_SEGMENT_BYTES = 8 << 20;

/** No segment is a larger part of what the whole may take: what is in the database is removed by the segment. */
const SEGMENT_PART = 1 / 8;

/** Some 40,000 rows that wait in memory for a full disk: minutes of a busy gateway. */
const MAX_WAITING_BYTES = 16 << 20;

/** Of the bound on the disk: there the operator is told, and told again only after it was below the second. */
const NEAR = 3 / 4;
const FAR = 1 / 2;

/** Up to where something was written. */
export type JournalEnd = { readonly segment: number; readonly offset: number };

/** Lines of one turn of the event loop, and how much of them is written. */
type Entry = { readonly lines: Buffer; readonly lineCount: number; takenBytes: number };

export type JournalLogOptions = {
  readonly disk: JournalDisk;
  readonly folder: string;
  /** Of all segments together. At the bound the disk counts as full. */
  readonly maxBytes: number;
  readonly report: (error: SluiceError) => void;
};

export class JournalLog {
  readonly #options: JournalLogOptions;
  readonly #writer: SegmentWriter;
  /** Bytes of each segment that is there, in the order of their numbers. */
  readonly #sizes = new Map<number, number>();
  #totalBytes = 0;
  #waiting: Entry[] = [];
  #waitingBytes = 0;
  #lostCount = 0;
  #isNear = false;

  constructor(options: JournalLogOptions) {
    this.#options = options;
    this.#writer = new SegmentWriter(options.disk, options.folder, 'log');
  }

  /** Appends whole lines. Never throws. */
  append(lines: Buffer, lineCount: number): void {
    const entry = { lines, lineCount, takenBytes: 0 };
    if (this.isBehind || !this.#write(entry)) this.#wait(entry);
  }

  /** Whether something waits in memory for a disk that did not take it. */
  get isBehind(): boolean {
    return this.#waiting.length > 0;
  }

  /** Tries again to write what waits. */
  retry(): void {
    for (let entry = this.#waiting[0]; entry; entry = this.#waiting[0]) {
      if (!this.#write(entry)) return;
      this.#waiting.shift();
      this.#waitingBytes -= entry.lines.length;
    }
    if (this.#lostCount === 0) return;
    this.#report(`can be written again; ${this.#lostCount} of its lines are lost`);
    this.#lostCount = 0;
  }

  get end(): JournalEnd {
    return { segment: this.#writer.number, offset: this.#writer.sizeBytes };
  }

  /** The segments that are there, in order. */
  get segments(): readonly number[] {
    return [...this.#sizes.keys()];
  }

  /** Of that segment. */
  bytesOf(segment: number): number {
    return this.#sizes.get(segment) ?? 0;
  }

  /** Says that the segment is no longer on the disk. */
  forget(segment: number): void {
    this.#totalBytes -= this.bytesOf(segment);
    this.#sizes.delete(segment);
    if (this.#totalBytes < this.#options.maxBytes * FAR) this.#isNear = false;
  }

  close(): void {
    this.#writer.end();
  }

  /** Whether all of it is written now. */
  #write(entry: Entry): boolean {
    const { maxBytes } = this.#options;
    const rest = entry.lines.subarray(entry.takenBytes);
    if (this.#totalBytes + rest.length > maxBytes) {
      this.#fail(`has its ${maxBytes} bytes, and rows wait in memory; want the database back, or a larger bound`);
      return false;
    }
    // A segment ends where a line does.
    if (entry.takenBytes === 0 && this.#writer.sizeBytes >= Math.min(MAX_SEGMENT_BYTES, maxBytes * SEGMENT_PART))
      this.#writer.end();
    const written = this.#writer.write(rest);
    if (written.kind === 'failed') entry.takenBytes = 0;
    else this.#count(entry, written.kind === 'partly' ? written.takenBytes : rest.length);
    if (written.kind !== 'written') this.#fail('cannot be written, and rows wait in memory', written.error);
    return written.kind === 'written';
  }

  #count(entry: Entry, takenBytes: number): void {
    entry.takenBytes += takenBytes;
    if (takenBytes === 0) return;
    this.#sizes.set(this.#writer.number, this.#writer.sizeBytes);
    this.#totalBytes += takenBytes;
    this.#warn();
  }

  #wait(entry: Entry): void {
    if (this.#waitingBytes + entry.lines.length > MAX_WAITING_BYTES) {
      if (this.#lostCount === 0) this.#report('could not be written for too long; from now on lines of it are lost');
      this.#lostCount += entry.lineCount;
      return;
    }
    this.#waiting.push(entry);
    this.#waitingBytes += entry.lines.length;
  }

  /** Reports the first failure of several in a row. */
  #fail(what: string, cause?: unknown): void {
    if (!this.isBehind) this.#report(what, cause);
  }

  #warn(): void {
    const { maxBytes } = this.#options;
    if (this.#isNear || this.#totalBytes < maxBytes * NEAR) return;
    this.#isNear = true;
    this.#report(`has ${this.#totalBytes} of its ${maxBytes} bytes; want the database back`);
  }

  #report(what: string, cause?: unknown): void {
    const { folder, report } = this.#options;
    report(new SluiceError('overloaded', `the journal in ${folder} ${what}`, { retryable: true, cause }));
  }
}
