// What several workers share: one address, which has to be nobody else's, and one budget.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { SluiceError } from '../errors.ts';
import { MIN_BUDGET_BYTES } from './config-checks.ts';
import type { ListenAddress } from './config-checks.ts';
import type { ServeConfig } from './config.ts';

/** One fills a core; more than a few on each wait for each other. */
const MAX_WORKERS_PER_CORE = 4;

/** The number of workers that a person has asked for. */
export function parseWorkers(text: string): number {
  const max = availableParallelism() * MAX_WORKERS_PER_CORE;
  const count = Number(text);
  if (/^\d{1,5}$/.test(text) && count >= 1 && count <= max) return count;
  throw new InvalidArgumentError(`Want a whole number from 1 to ${max}, four for each core.`);
}

/**
 * Throws `bad-input` where the kernel does not spread connections. Others than Linux either have no such sockets or
 * give every connection to the last one that listened (https://nodejs.org/api/net.html#serverlistenoptions-callback).
 */
export function checkPlatform(platform: NodeJS.Platform): void {
  if (platform === 'linux') return;
  throw new SluiceError('bad-input', `got --workers on ${platform}, want Linux, whose kernel spreads the connections`);
}

/** One worker's part of a configuration that is for all of them. Throws `bad-config` where that is too little. */
export function toWorkerConfig(config: ServeConfig, count: number): ServeConfig {
  const budgetBytes = Math.floor(config.memory.budgetBytes / count);
  if (budgetBytes < MIN_BUDGET_BYTES) {
    const gotMib = config.memory.budgetBytes / MIN_BUDGET_BYTES;
    const text = `got ${Math.floor(gotMib)}MiB for ${count} workers, want ${count}MiB or more`;
    throw new SluiceError('bad-config', `${config.path}: memory.budget: ${text}`);
  }
  return { ...config, memory: { ...config.memory, budgetBytes } };
}

/**
 * Rejects with `bad-config` where somebody listens already. Workers would not notice if it were workers of another
 * gateway: their sockets share an address with any that do.
 */
export async function checkAddress({ host, port }: ListenAddress): Promise<void> {
  if (port === 0) return;
  const server = createServer().listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('bad-config', `the gateway cannot listen at ${host}:${port}: ${reason}`, { cause });
  }
  server.close();
  await once(server, 'close');
}
