// Journals that were left by processes which died, or ended while the database was away: what is settled in them is
// booked, what is open is settled with the last counts, and then they are removed. Interrupted anywhere, it is simply
// done again, by whoever comes next; two never do it at once, since each folder has a lock.
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { bookRows } from './booked-rows.ts';
import { toDamaged } from './bookkeeper.ts';
import { LOCK_NAME } from './folder-lock.ts';
import type { JournalDisk } from './journal-disk.ts';
import { idOf, toLostText } from './row-text.ts';
import { readLines } from './segment-reader.ts';
import type { Lines } from './segment-reader.ts';
import { segmentsOf } from './segment-writer.ts';

export type LeftJournalsOptions = {
  readonly database: Kysely<Schema>;
  readonly disk: JournalDisk;
  /** It has one folder for each gateway process. */
  readonly parentFolder: string;
  readonly report: (error: SluiceError) => void;
  /** Ends it between two batches. */
  readonly signal: AbortSignal;
};

/** Settles all that is left. Rejects when the database is away, and with `closed` at an abort. */
export async function settleLeftJournals(options: LeftJournalsOptions): Promise<void> {
  const { disk, parentFolder } = options;
  for (const name of disk.list(parentFolder)) {
    const folder = join(parentFolder, name);
    if (!disk.list(folder).includes(LOCK_NAME)) {
      // Its owner died before it had locked it, or is about to; the owner makes it again then.
      await disk.removeFolder(folder).catch(() => {});
      continue;
    }
    const lock = disk.lock(folder, 'left');
    if (!lock) continue;
    try {
      if (await settleJournal(folder, options)) await removeJournal(disk, folder);
    } finally {
      lock.release();
    }
  }
}

/**
 * Removes what is in a journal's folder, and the folder. The order matters where it is interrupted: a log that stayed
 * without its progress would say of an open row that nothing was counted. Its caller holds the lock.
 */
export async function removeJournal(disk: JournalDisk, folder: string): Promise<void> {
  const names = disk.list(folder);
  for (const name of [...segmentsOf('log', names), ...segmentsOf('open', names)]) {
    await disk.remove(join(folder, name));
  }
  // What holds these up is nothing that anybody needs: a folder that stays empty is tried again at the next start.
  await disk.remove(join(folder, LOCK_NAME)).catch(() => {});
  await disk.removeFolder(folder).catch(() => {});
}

/** Whether all of it is in the database now. */
async function settleJournal(folder: string, options: LeftJournalsOptions): Promise<boolean> {
  const { database, disk, report } = options;
  const names = disk.list(folder);
  const open = new Map<string, string>();
  for (const name of segmentsOf('open', names)) {
    for await (const { opened, isForeign } of linesOf(join(folder, name), options)) {
      if (isForeign) return refuse(folder, report);
      for (const row of opened) open.set(idOf(row), row);
    }
  }
  for (const name of segmentsOf('log', names)) {
    for await (const { opened, settled, isForeign } of linesOf(join(folder, name), options)) {
      if (isForeign) return refuse(folder, report);
      for (const row of opened) if (!open.has(idOf(row))) open.set(idOf(row), row);
      for (const row of settled) open.delete(idOf(row));
      await bookRows(database, settled);
    }
  }
  // Among them may be some that were settled in a segment that is gone: these are in the database, and stay as they are.
  await bookRows(database, open.values().map(toLostText).toArray());
  return true;
}

async function* linesOf(
  path: string,
  { disk, report, signal }: LeftJournalsOptions,
): AsyncGenerator<Lines, void, undefined> {
  let damagedCount = 0;
  let lines: Lines | undefined;
  do {
    if (signal.aborted) throw new SluiceError('closed', 'the gateway ends before it has read the journals of others');
    lines = await readLines(disk, path, { offset: lines?.nextOffset ?? 0 });
    damagedCount += lines.damagedCount;
    yield lines;
  } while (!lines.isLast);
  if (damagedCount > 0) report(toDamaged(path, damagedCount));
}

function refuse(folder: string, report: (error: SluiceError) => void): false {
  report(new SluiceError('bad-input', `a newer sluice has written the journal in ${folder}; want that one to read it`));
  return false;
}
