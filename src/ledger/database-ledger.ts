// The ledger in the database. One way, no way back: gateway → journal, a folder of files → bookkeeper → database. The
// stream waits for none of it, and a database that is away or a process that is killed loses no row.
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { Bookkeeper, toAway } from './bookkeeper.ts';
import type { FolderLock } from './folder-lock.ts';
import { sayEnded } from './gateways.ts';
import { SYSTEM_DISK } from './journal-disk.ts';
import type { JournalDisk } from './journal-disk.ts';
import { Journal } from './journal.ts';
import { removeJournal } from './left-journals.ts';
import type { Ledger } from './ledger.ts';
import { Rounds } from './rounds.ts';

/** Two to three million rows. */
const DEFAULT_MAX_JOURNAL_BYTES = 1 << 30;

/** It names a folder. */
const GATEWAY_ID = /^[\w-][\w.-]{0,99}$/;

/** How often a folder is made that others take away for being empty, before that is no coincidence. */
const LOCK_TRIES = 10;

export type DatabaseLedgerOptions = {
  /** Its caller destroys it, after `close`. */
  readonly database: Kysely<Schema>;
  /** For journals. Gateways may share it; each has a folder of its own in it. */
  readonly folder: string;
  /** Of this life of this process, and of no other: letters, digits, `.`, `_` and `-`, 100 at most. */
  readonly gatewayId: string;
  /** Told what the operator should know. */
  readonly report: (error: SluiceError) => void;
  /** How much of the disk the journal may take. At the bound its rows wait in memory, and are lost beyond 16 MiB. */
  readonly maxJournalBytes?: number;
  readonly clock?: Clock;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Numbers from 0 to below 1. */
  readonly draw?: () => number;
  readonly disk?: JournalDisk;
};

export type DatabaseLedger = Ledger & {
  /** Brings to the database what has begun and ended so far. Rejects when that is away. */
  flush(): Promise<void>;
  /**
   * Settles what processes have left that died: those with a journal in the folder, and those that are dead for long.
   * It happens by itself at the beginning and each minute. Rejects when the database is away.
   */
  recover(): Promise<void>;
  /**
   * Ends the ledger: what is settled is in the journal when this returns, and in the database when the promise resolves,
   * or the journal stays for the next start. What begins or ends afterwards is not in the books. Never rejects.
   */
  close(): Promise<void>;
};

/** Opens the ledger. Throws `bad-config` when the folder cannot be used. Whoever opened it closes it. */
export function openDatabaseLedger(options: DatabaseLedgerOptions): DatabaseLedger {
  const { database, gatewayId, report, clock = SYSTEM_CLOCK, now = Date.now, disk = SYSTEM_DISK } = options;
  const { folder: parentFolder, draw = Math.random, maxJournalBytes: maxBytes = DEFAULT_MAX_JOURNAL_BYTES } = options;
  const folder = join(parentFolder, gatewayId);
  const lock = ownFolder(disk, folder, gatewayId);
  const onNews = (): void => bookkeeper.wake();
  const journal = new Journal({ disk, folder, gatewayId, maxBytes, clock, report, onNews });
  const bookkeeper = new Bookkeeper({ database, journal, disk, folder, clock, report, draw });
  const rounds = new Rounds({ database, disk, parentFolder, gatewayId, clock, now, report });

  async function book(): Promise<void> {
    journal.write();
    await bookkeeper.book();
  }

  async function finish(): Promise<void> {
    await rounds.close();
    await bookkeeper.close();
    try {
      await bookkeeper.book();
      if (journal.openTransfers.size > 0 || journal.log.isBehind) return;
      await sayEnded(database, gatewayId);
      await removeJournal(disk, folder);
    } catch (error) {
      report(toAway(error));
    } finally {
      lock.release();
    }
  }

  let closing: Promise<void> | undefined;
  return {
    open: (start, counts) => journal.open(start, counts),
    flush: book,
    recover: () => rounds.recover(),
    close: () => {
      if (closing) return closing;
      journal.close();
      closing = finish();
      return closing;
    },
  };
}

function ownFolder(disk: JournalDisk, folder: string, gatewayId: string): FolderLock {
  if (!GATEWAY_ID.test(gatewayId)) {
    throw new SluiceError('bad-config', `${gatewayId} cannot name a gateway; want letters, digits, ".", "_" and "-"`);
  }
  try {
    for (let tries = 0; tries < LOCK_TRIES; tries += 1) {
      disk.makeFolder(folder);
      const lock = disk.lock(folder, 'own');
      if (lock) return lock;
    }
  } catch (cause) {
    const message = `the folder ${folder} cannot be made or locked; want one that this user can write`;
    throw new SluiceError('bad-config', message, { cause });
  }
  throw new SluiceError('bad-config', `${folder} is another gateway's, which is alive; want each to have its own id`);
}
