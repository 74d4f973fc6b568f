// Files of one kind in a journal's folder, numbered in order; one of them is written to.
import { join } from 'node:path';
import { isCode } from './journal-disk.ts';
import type { AppendFile, JournalDisk } from './journal-disk.ts';

/** `log`: rows as they begin and end. `open`: how far the open ones are. */
export type SegmentKind = 'log' | 'open';

/** Wide enough that names sort as their numbers do. */
const NUMBER_DIGITS = 10;

export function toSegmentName(kind: SegmentKind, number: number): string {
  return `${kind}-${String(number).padStart(NUMBER_DIGITS, '0')}`;
}

/** The names among `names` of that kind, in order. */
export function segmentsOf(kind: SegmentKind, names: readonly string[]): readonly string[] {
  return names.filter((name) => name.startsWith(`${kind}-`)).toSorted();
}

export type Written =
  | { readonly kind: 'written' }
  /** The disk is full: the rest is to be written next. */
  | { readonly kind: 'partly'; readonly takenBytes: number; readonly error: unknown }
  /** Something else was in the way: all of it is to be written again, into another segment. */
  | { readonly kind: 'failed'; readonly error: unknown };

export class SegmentWriter {
  readonly #disk: JournalDisk;
  readonly #folder: string;
  readonly #kind: SegmentKind;
  #file: AppendFile | undefined;
  #number = 0;
  #next = 1;
  #sizeBytes = 0;

  constructor(disk: JournalDisk, folder: string, kind: SegmentKind) {
    this.#disk = disk;
    this.#folder = folder;
    this.#kind = kind;
  }

  /** Of the segment that was written to last; 0 before there was one. */
  get number(): number {
    return this.#number;
  }

  /** Of that segment. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Appends the bytes, as many as fit. Never throws. */
  write(bytes: Buffer): Written {
    let takenBytes = 0;
    try {
      const file = (this.#file ??= this.#create());
      while (takenBytes < bytes.length) {
        const count = file.write(bytes.subarray(takenBytes));
        takenBytes += count;
        this.#sizeBytes += count;
      }
      return { kind: 'written' };
    } catch (error) {
      if (isCode(error, 'ENOSPC', 'EDQUOT')) return { kind: 'partly', takenBytes, error };
      // A line that is there twice does no harm; one that begins in the middle would be lost.
      this.end();
      return { kind: 'failed', error };
    }
  }

  /** The next write begins another segment. */
  end(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      file?.close();
    } catch {
      // What close can say of the data was said by the writes; the descriptor is gone either way.
    }
  }

  #create(): AppendFile {
    // A number whose file could not be made is not tried again: something may be there.
    const number = this.#next;
    this.#next += 1;
    const file = this.#disk.create(join(this.#folder, toSegmentName(this.#kind, number)));
    this.#number = number;
    this.#sizeBytes = 0;
    return file;
  }
}
