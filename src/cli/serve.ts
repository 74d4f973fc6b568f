// `sluice serve`: the gateway that a configuration describes, in this process or in several, until it is asked to stop.
import { Command, Option } from 'commander';
import { DEFAULT_CONFIG_PATH, loadServeConfig } from './config.ts';
import type { ServeConfig } from './config.ts';
import { interruptible } from './interrupt.ts';
import { createServeLog } from './serve-log.ts';
import { startWorker } from './workers-process.ts';
import { checkAddress, checkPlatform, parseWorkers, toWorkerConfig } from './workers-share.ts';
import { runWorkers } from './workers.ts';

/** Beyond what transfers get: for the books, and for closing what is open. */
const STOP_MARGIN_MS = 10_000;

type ServeOptions = {
  readonly config: string;
  readonly workers: number;
  /** Set where this is one of them. */
  readonly worker?: number;
  readonly json?: true;
};

export function serveCommand(): Command {
  return new Command('serve')
    .option('-c, --config <file>', 'the configuration', DEFAULT_CONFIG_PATH)
    .option('--workers <count>', 'processes that share the address and the memory budget', parseWorkers, 1)
    .addOption(new Option('--worker <index>').argParser(Number).hideHelp())
    .option('--json', 'when ready, print one line of JSON: gateway (its URL), pid, and the pids of its workers')
    .addHelpText('after', '\nThe log goes to stderr, a line of JSON for every transfer. SIGTERM ends it in order.')
    .action(async (options: ServeOptions) => {
      if (options.worker === undefined) return interruptible((stop) => serve(options, stop));
      const { runWorker } = await import('./workers-child.ts');
      return runWorker(options.worker);
    });
}

async function serve({ config: path, workers, json }: ServeOptions, stop: AbortSignal): Promise<void> {
  const config = await loadServeConfig(path);
  const onReady = (gateway: string, pids?: readonly number[]) => {
    const ready = { gateway, pid: process.pid, ...(pids ? { workers: pids } : {}) };
    process.stdout.write(json ? `${JSON.stringify(ready)}\n` : `Sluice serves ${gateway}/data/{id}\n`);
  };
  if (workers > 1) {
    await serveTogether(config, { count: workers, onReady }, stop);
    return;
  }
  // A process that only starts others has no use for a gateway: it begins sooner and stays smaller without.
  const { runGateway } = await import('./run-gateway.ts');
  await runGateway({ config, log: createServeLog(config.log), onReady }, stop);
}

type TogetherOptions = {
  readonly count: number;
  readonly onReady: (url: string, pids: readonly number[]) => void;
};

async function serveTogether(
  config: ServeConfig,
  { count, onReady }: TogetherOptions,
  stop: AbortSignal,
): Promise<void> {
  checkPlatform(process.platform);
  const share = toWorkerConfig(config, count);
  const { listen, drain } = config;
  await checkAddress(listen);
  await runWorkers(
    {
      count,
      port: listen.port,
      start: (index, port) => startWorker(index, { ...share, listen: { ...listen, port } }),
      onReady,
      stopTimeoutMs: drain.delayMs + drain.timeoutMs + STOP_MARGIN_MS,
      log: createServeLog(config.log, { isShared: true }),
    },
    stop,
  );
}
