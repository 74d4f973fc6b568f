// `sluice serve`: puts the gateway together from its configuration, and takes it apart in order when asked to stop.
import { once } from 'node:events';
import { Command } from 'commander';
import { pino } from 'pino';
import { createPublicAccess } from '../access/public.ts';
import { createBundleSource } from '../bundle/bundle-source.ts';
import { openBundles } from '../bundle/sqlite-bundles.ts';
import { cacheCatalog } from '../catalog/cached-catalog.ts';
import { openCatalog } from '../catalog/sqlite-catalog.ts';
import { createEngine } from '../flow/engine.ts';
import type { EngineOptions } from '../flow/engine.ts';
import { createGateway } from '../gateway/server.ts';
import { createLogLedger } from '../ledger/log-ledger.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { DEFAULT_CONFIG_PATH, loadServeConfig } from './config.ts';
import type { ServeConfig } from './config.ts';
import { interruptible } from './interrupt.ts';
import { openStores } from './stores.ts';

/** Lines are written together, and none waits longer than this: a line at a time would cost a small range a tenth more. */
const LOG_BUFFER_BYTES = 8 << 10;
const LOG_FLUSH_MS = 200;

type ServeOptions = { readonly config: string; readonly listen?: string; readonly json?: true };

export function serveCommand(): Command {
  return new Command('serve')
    .option('-c, --config <file>', 'the configuration', DEFAULT_CONFIG_PATH)
    .option('--json', 'when ready, print one line of JSON: gateway (its URL) and pid')
    .addHelpText('after', '\nThe log goes to stderr, a line of JSON for every transfer. SIGTERM ends it in order.')
    .action((options: ServeOptions) => interruptible((signal) => serve(options, signal)));
}

async function serve({ config: path, json }: ServeOptions, stop: AbortSignal): Promise<void> {
  const config = await loadServeConfig(path);
  const log = pino(
    { level: config.log, base: null },
    pino.destination({ fd: 2, sync: false, minLength: LOG_BUFFER_BYTES, periodicFlush: LOG_FLUSH_MS }),
  );
  const slabs = new SlabPool();
  const engine = createEngine(toEngineOptions(config));
  const sources = openStores(config, { log, slabs });
  const catalog = cacheCatalog(await openCatalog(config.catalog));
  const bundles = await openBundles(config.catalog);
  log.info(
    { config: path, listen: config.listen, stores: [...sources.keys()], kernel: engine.withoutKernel ?? 'asked' },
    'starting',
  );
  const gateway = createGateway({
    catalog,
    sources,
    bundles: { store: bundles, source: createBundleSource({ bundles, sources }) },
    access: createPublicAccess(),
    ledger: createLogLedger(log),
    engine,
    stallTimeoutMs: config.timeouts.downstreamStallMs,
    maxTransfers: config.limits.transfers,
    log,
  });
  try {
    const url = await gateway.listen(config.listen);
    process.stdout.write(
      json ? `${JSON.stringify({ gateway: url, pid: process.pid })}\n` : `Sluice serves ${url}/data/{id}\n`,
    );
    if (!stop.aborted) await once(stop, 'abort');
    log.info({ transfers: gateway.transferCount }, 'stopping');
  } finally {
    await gateway.close(config.timeouts.shutdownMs);
    for (const source of sources.values()) source.close();
    await bundles.close();
    await catalog.close();
  }
}

function toEngineOptions({ memory, readahead, park, kernel, minimumRate }: ServeConfig): EngineOptions {
  return {
    memoryBytes: memory.budgetBytes,
    kernel,
    minimumRate,
    readAhead: {
      maxBytes: readahead.maxBytes,
      maxConnections: readahead.connections,
      parkAfterMs: park.afterMs,
      memoryWaitMs: memory.waitMs,
    },
  };
}
