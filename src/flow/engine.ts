// What all flows of a process share: one budget of memory, how far to read ahead, and what the kernel tells of sockets.
import { openTcpFacts } from '../kernel/tcp.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import type { MinimumRate } from './minimum-rate.ts';
import { Budget, DEFAULT_BUDGET_BYTES } from './budget.ts';
import { DEFAULT_READ_AHEAD } from './readahead.ts';
import type { ReadAheadPolicy } from './readahead.ts';

export type EngineOptions = {
  /** For the bodies of all transfers together. Default: 256 MiB. */
  readonly memoryBytes?: number | undefined;
  readonly readAhead?: Partial<ReadAheadPolicy> | undefined;
  /** Whether to ask the kernel what clients have acknowledged, where it can be asked. Default: `auto`. */
  readonly kernel?: 'auto' | 'off' | undefined;
  /** What a client must take at least. Default: nothing. */
  readonly minimumRate?: MinimumRate | undefined;
};

/** It holds nothing but counts, and needs no closing. */
export type Engine = {
  readonly budget: Budget;
  readonly readAhead: ReadAheadPolicy;
  readonly minimumRate: MinimumRate | undefined;
  readonly tcpFacts: TcpFacts | undefined;
  /** Why the kernel is not asked, if it is not. */
  readonly withoutKernel: string | undefined;
};

export function createEngine({ memoryBytes, readAhead, kernel = 'auto', minimumRate }: EngineOptions = {}): Engine {
  const opened = kernel === 'off' ? { reason: 'it is off by configuration' } : openTcpFacts();
  return {
    budget: new Budget({ totalBytes: memoryBytes ?? DEFAULT_BUDGET_BYTES }),
    readAhead: { ...DEFAULT_READ_AHEAD, ...readAhead },
    minimumRate,
    tcpFacts: 'facts' in opened ? opened.facts : undefined,
    withoutKernel: 'reason' in opened ? opened.reason : undefined,
  };
}
