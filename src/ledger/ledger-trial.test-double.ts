// A ledger on a folder of its own, with a clock, a disk and reports that a test looks at; and transfers for it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { FakeClock } from '../clock.test-double.ts';
import type { Schema } from '../database/schema.ts';
import type { SluiceError } from '../errors.ts';
import { openDatabaseLedger } from './database-ledger.ts';
import type { DatabaseLedger, DatabaseLedgerOptions } from './database-ledger.ts';
import { SYSTEM_DISK } from './journal-disk.ts';
import { TrialDisk } from './journal-disk.test-double.ts';
import type { TransferCounts, TransferEnd, TransferStart } from './ledger.ts';
import { listTransfers } from './transfer-list.ts';
import type { Transfer } from './transfer-list.ts';

/** When the trials take place. */
export const STARTED_AT = new Date('2026-11-23T10:00:00.000Z');

export function startOf(changes: Partial<TransferStart> = {}): TransferStart {
  return {
    principal: 'ann',
    credential: 'token:3f9a',
    id: 'runs/genome.bam',
    collection: 'runs',
    method: 'GET',
    remoteAddress: '127.0.0.1',
    startedAt: STARTED_AT,
    ...changes,
  };
}

export function countsOf(changes: Partial<TransferCounts> = {}): TransferCounts {
  return {
    status: 206,
    ranges: [{ start: 0, end: 1000 }],
    deliveredBytes: 10,
    deliveredBy: 'acknowledged',
    receivedBytes: 20,
    resumedCount: 1,
    ...changes,
  };
}

export function endOf(changes: Partial<TransferEnd> = {}): TransferEnd {
  return {
    ...countsOf({ deliveredBytes: 1000, receivedBytes: 1000 }),
    overReadBytes: 0,
    outcome: 'complete',
    error: undefined,
    durationMs: 12,
    ...changes,
  };
}

export type Life = {
  readonly ledger: DatabaseLedger;
  readonly clock: FakeClock;
  readonly disk: TrialDisk;
  readonly gatewayId: string;
};

export class LedgerTrial {
  readonly folder: string;
  readonly reports: SluiceError[] = [];
  /** Milliseconds since 1970, for all lives. */
  nowMs = STARTED_AT.getTime();
  readonly #lives: Life[] = [];
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<LedgerTrial> {
    return new LedgerTrial(await mkdtemp(join(tmpdir(), 'sluice-ledger-')));
  }

  /** One gateway process. */
  begin(database: Kysely<Schema>, options: Partial<DatabaseLedgerOptions> = {}): Life {
    this.#count += 1;
    const clock = new FakeClock();
    const disk = new TrialDisk();
    const gatewayId = `gateway-${this.#count}`;
    const report = (error: SluiceError): void => void this.reports.push(error);
    const now = (): number => this.nowMs;
    const own = { database, folder: this.folder, gatewayId, clock, disk, report, now, draw: () => 0 };
    const life = { ledger: openDatabaseLedger({ ...own, ...options }), clock, disk, gatewayId };
    this.#lives.push(life);
    return life;
  }

  /** The names in a folder of the trial's; '' is the one that all share. */
  list(name: string): readonly string[] {
    return SYSTEM_DISK.list(join(this.folder, name));
  }

  /** Ends those that live, looks for what they have left open, and removes the folder. */
  async end(): Promise<void> {
    for (const { ledger, clock, disk } of this.#lives) {
      if (disk.isCrashed) continue;
      await ledger.close();
      assert.deepEqual([clock.alarmCount, disk.openCount], [0, 0], 'alarms, and files and locks that are open');
    }
    await rm(this.folder, { recursive: true });
  }
}

/** All of them, the oldest first. */
export async function readTransfers(database: Kysely<Schema>): Promise<readonly Transfer[]> {
  const rows = await listTransfers(database, { limit: 1_000_000 });
  return rows.toReversed();
}
