// A ledger that is the log: one line for every transfer.
import type { Ledger, LedgerEntry } from './ledger.ts';

/** The part of a pino logger that is needed. */
export type EntryLog = { isLevelEnabled(level: string): boolean; info(fields: object, message: string): void };

export function createLogLedger(log: EntryLog): Ledger {
  return {
    record: ({ ranges, startedAt, durationMs, ...entry }: LedgerEntry) => {
      if (!log.isLevelEnabled('info')) return;
      log.info(
        {
          ...entry,
          ranges: ranges.map(({ start, end }) => `${start}-${end}`).join(','),
          startedAt: startedAt.toISOString(),
          durationMs: Math.round(durationMs),
        },
        'transfer',
      );
    },
  };
}
