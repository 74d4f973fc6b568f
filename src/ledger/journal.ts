// The journal of one gateway process: a ledger that is a folder of files. Rows are written at the end of the turn of the
// event loop in which they begin or end, before any byte of a transfer can have come from a store, and once a second how
// far the open ones are. What was written survives the death of the process. It does not survive a power cut before the
// system has written its page cache to the disk, which on Linux takes it up to half a minute.
import type { Clock } from '../clock.ts';
import { createTransferIds } from './transfer-id.ts';
import { JournalLog } from './journal-log.ts';
import type { JournalLogOptions } from './journal-log.ts';
import { toLine } from './journal-line.ts';
import type { Ledger, OpenRow, TransferCounts, TransferEnd, TransferStart } from './ledger.ts';
import { ProgressLog } from './progress-log.ts';
import { NO_COUNTS_TEXT, toCountsText, toEndText, toRowText, toStartText } from './row-text.ts';

/** As much as a crash may lose of the counts. */
export const BEAT_MS = 1_000;

export type JournalOptions = JournalLogOptions & {
  readonly gatewayId: string;
  readonly clock: Clock;
  /** Called when there is something new for the database. */
  readonly onNews: () => void;
};

/** A transfer under way. */
export type OpenTransfer = {
  readonly startText: string;
  readonly openedAtMs: number;
  readonly counts: () => TransferCounts;
  isSettled: boolean;
  /** The counts in `rowText`. */
  countsText: string;
  /** The row as it was journalled last. */
  rowText: string;
  /** Whether the database knows it, as of when, and as what. */
  bookedAtMs: number;
  bookedText: string;
  /** The segment of the log that it began in, which stays until the row is among the open ones of the progress. */
  segment: number;
  isInProgress: boolean;
};

export class Journal implements Ledger {
  readonly #options: JournalOptions;
  readonly #toId = createTransferIds();
  readonly #progress: ProgressLog;
  readonly #open = new Set<OpenTransfer>();
  /** Of this turn of the event loop. */
  #begun: OpenTransfer[] = [];
  #ended: string[] = [];
  #turn: NodeJS.Immediate | undefined;
  #callOffBeat: (() => void) | undefined;
  #isClosed = false;
  readonly log: JournalLog;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.log = new JournalLog(options);
    this.#progress = new ProgressLog(options);
  }

  open(start: TransferStart, counts: () => TransferCounts): OpenRow {
    const { clock, gatewayId } = this.#options;
    const time = start.startedAt.getTime();
    const startedAtMs = Number.isNaN(time) ? 0 : time;
    const startText = toStartText(start, { id: this.#toId(startedAtMs), gateway: gatewayId, startedAtMs });
    const transfer: OpenTransfer = {
      startText,
      openedAtMs: clock.now(),
      counts,
      isSettled: false,
      countsText: NO_COUNTS_TEXT,
      rowText: '',
      bookedAtMs: Number.NEGATIVE_INFINITY,
      bookedText: '',
      segment: Number.POSITIVE_INFINITY,
      isInProgress: false,
    };
    if (!this.#isClosed) {
      this.#open.add(transfer);
      this.#begun.push(transfer);
      this.#writeSoon();
      this.#callOffBeat ??= clock.after(BEAT_MS, () => this.#beat());
    }
    return { settle: (end) => this.#settle(transfer, end) };
  }

  /** What is under way. */
  get openTransfers(): ReadonlySet<OpenTransfer> {
    return this.#open;
  }

  /** Whether a transfer that is under way is known from this segment of the log alone. */
  isNeeded(segment: number): boolean {
    // What has just ended is known from where it began until its end is written.
    if (this.#ended.length > 0) return true;
    for (const { isInProgress, segment: begunIn } of this.#open) if (!isInProgress && begunIn <= segment) return true;
    return false;
  }

  /** Writes what this turn of the event loop has brought. */
  write(): void {
    if (this.#turn) clearImmediate(this.#turn);
    this.#turn = undefined;
    const begun = this.#begun.filter(({ isSettled }) => !isSettled);
    const count = begun.length + this.#ended.length;
    if (count === 0) return;
    let lines = '';
    for (const transfer of begun) {
      const { startText, countsText } = transfer;
      transfer.rowText = toRowText({ start: startText, state: countsText, durationMs: 0 });
      lines += toLine('o', transfer.rowText);
    }
    for (const row of this.#ended) lines += toLine('s', row);
    this.#begun = [];
    this.#ended = [];
    this.log.append(Buffer.from(lines), count);
    for (const transfer of begun) transfer.segment = this.log.end.segment;
    if (this.log.isBehind) this.#callOffBeat ??= this.#options.clock.after(BEAT_MS, () => this.#beat());
    this.#options.onNews();
  }

  /** Writes what there is; what begins or ends afterwards is not journalled. */
  close(): void {
    this.write();
    this.log.retry();
    this.#isClosed = true;
    this.#callOffBeat?.();
    this.#callOffBeat = undefined;
    this.log.close();
    this.#progress.close();
  }

  #settle(transfer: OpenTransfer, end: TransferEnd): void {
    if (transfer.isSettled || this.#isClosed) return;
    transfer.isSettled = true;
    this.#open.delete(transfer);
    const { startText } = transfer;
    this.#ended.push(toRowText({ start: startText, state: toEndText(end), durationMs: end.durationMs }));
    this.#writeSoon();
  }

  #writeSoon(): void {
    this.#turn ??= setImmediate(() => this.write());
  }

  #beat(): void {
    this.#callOffBeat = undefined;
    this.write();
    this.log.retry();
    this.#writeProgress();
    const isWanted = this.#open.size > 0 || this.log.isBehind;
    if (isWanted) this.#callOffBeat = this.#options.clock.after(BEAT_MS, () => this.#beat());
    this.#options.onNews();
  }

  #writeProgress(): void {
    const nowMs = this.#options.clock.now();
    const isAll = this.#progress.wantsAll;
    const written: OpenTransfer[] = [];
    let lines = '';
    for (const transfer of this.#open) {
      const countsText = toSafeCountsText(transfer);
      const isChanged = countsText !== transfer.countsText;
      if (!isChanged && !isAll && transfer.isInProgress) continue;
      const { startText, openedAtMs } = transfer;
      if (isChanged || transfer.rowText === '') {
        transfer.countsText = countsText;
        transfer.rowText = toRowText({ start: startText, state: countsText, durationMs: nowMs - openedAtMs });
      }
      lines += toLine('o', transfer.rowText);
      written.push(transfer);
    }
    if (lines === '' || !this.#progress.write(Buffer.from(lines))) return;
    for (const transfer of written) transfer.isInProgress = true;
  }
}

/** A transfer whose counts cannot be had is where it was. */
function toSafeCountsText({ counts, countsText }: OpenTransfer): string {
  try {
    return toCountsText(counts());
  } catch {
    return countsText;
  }
}
