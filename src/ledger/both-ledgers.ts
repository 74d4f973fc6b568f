// Two ledgers as one: both get every row.
import type { Ledger } from './ledger.ts';

export function bothLedgers(first: Ledger, second: Ledger): Ledger {
  return {
    open: (start, counts) => {
      const rows = [first.open(start, counts), second.open(start, counts)] as const;
      return {
        settle: (end) => {
          for (const row of rows) row.settle(end);
        },
      };
    },
  };
}
