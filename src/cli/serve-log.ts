// The log of `sluice serve`: JSON lines on stderr.
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { LogLevel } from './config-schema.ts';

/** Lines are written together, and none waits longer than this: a line at a time would cost a small range a tenth more. */
const ALONE = { minLength: 8 << 10, periodicFlush: 200 };

/**
 * Several processes write to one pipe, and no line may be torn by another's: POSIX promises that of writes up to
 * PIPE_BUF, which is 4096 on Linux (pipe(7)). Only a line that is longer than that by itself can be.
 */
const TOGETHER = { minLength: 3 << 10, maxWrite: 4096, periodicFlush: 200 };

export type ServeLogOptions = {
  /** Whether other processes write to the same stderr. Default: no. */
  readonly isShared?: boolean;
  /** Which worker it is: each line says so. */
  readonly worker?: number;
};

export function createServeLog(level: LogLevel, { isShared = false, worker }: ServeLogOptions = {}): Logger {
  const bounds = isShared ? TOGETHER : ALONE;
  const base = worker === undefined ? null : { worker };
  return pino({ level, base }, pino.destination({ fd: 2, sync: false, ...bounds }));
}
