// A ledger that is the log: one line for every transfer, when it is over.
import type { Ledger, TransferEnd, TransferStart } from './ledger.ts';

/** The part of a pino logger that is needed. */
export type EntryLog = { isLevelEnabled(level: string): boolean; info(fields: object, message: string): void };

export function createLogLedger(log: EntryLog): Ledger {
  return {
    open: (start) => {
      let isSettled = false;
      return {
        settle: (end) => {
          if (isSettled || !log.isLevelEnabled('info')) return;
          isSettled = true;
          log.info(toFields(start, end), 'transfer');
        },
      };
    },
  };
}

function toFields({ startedAt, ...start }: TransferStart, { ranges, durationMs, ...end }: TransferEnd): object {
  return {
    ...start,
    ...end,
    ranges: ranges.map(({ start: first, end: behind }) => `${first}-${behind}`).join(','),
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(durationMs),
  };
}
