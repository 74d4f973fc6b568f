// How far the open rows of a journal are: lines for those that have changed, appended once a second. When the file has
// grown enough a new one begins with all of them, and the old one goes, so that the disk holds no more than is open.
import { join } from 'node:path';
import { SluiceError } from '../errors.ts';
import type { JournalDisk } from './journal-disk.ts';
import { SegmentWriter, toSegmentName } from './segment-writer.ts';

/** Below that a new file is not worth its writing. */
const MIN_BYTES = 1 << 20;

/** A file may grow to so many times what all open rows take. */
const GROWTH = 4;

export type ProgressLogOptions = {
  readonly disk: JournalDisk;
  readonly folder: string;
  readonly report: (error: SluiceError) => void;
};

export class ProgressLog {
  readonly #options: ProgressLogOptions;
  readonly #writer: SegmentWriter;
  /** The file that has every open row in it, or in it and in what follows. */
  #kept = 0;
  #wholeBytes = 0;
  #isNextWhole = true;
  #isFailing = false;

  constructor(options: ProgressLogOptions) {
    this.#options = options;
    this.#writer = new SegmentWriter(options.disk, options.folder, 'open');
  }

  /** Whether the next lines are to be those of all open rows. */
  get wantsAll(): boolean {
    return this.#isNextWhole || this.#writer.sizeBytes > Math.max(MIN_BYTES, GROWTH * this.#wholeBytes);
  }

  /** Whether the lines were written. Where they were not, the next are to be those of all open rows. Never throws. */
  write(lines: Buffer): boolean {
    const isWhole = this.wantsAll;
    if (isWhole) this.#writer.end();
    const written = this.#writer.write(lines);
    if (written.kind !== 'written') return this.#fail(written.error);
    this.#isFailing = false;
    this.#isNextWhole = false;
    if (isWhole) this.#keepOnlyLast(lines.length);
    return true;
  }

  close(): void {
    this.#writer.end();
  }

  #fail(cause: unknown): false {
    this.#isNextWhole = true;
    if (this.#isFailing) return false;
    this.#isFailing = true;
    const { folder, report } = this.#options;
    const message = `how far transfers are cannot be written to ${folder}; want room on a disk that works`;
    report(new SluiceError('overloaded', message, { retryable: true, cause }));
    return false;
  }

  #keepOnlyLast(wholeBytes: number): void {
    const { disk, folder } = this.#options;
    const last = this.#writer.number;
    for (let number = this.#kept; number < last; number += 1) {
      if (number === 0) continue;
      // One that stays does no harm: the later file counts.
      disk.remove(join(folder, toSegmentName('open', number))).catch(() => {});
    }
    this.#kept = last;
    this.#wholeBytes = wholeBytes;
  }
}
