// Puts a gateway together from its configuration, runs it until it is asked to stop, and takes it apart in order.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Admin } from '../admin/admin.ts';
import { createDirectAdmin } from '../admin/direct-admin.ts';
import { createBundleSource } from '../bundle/bundle-source.ts';
import { createEngine } from '../flow/engine.ts';
import type { EngineOptions } from '../flow/engine.ts';
import { createGateway } from '../gateway/server.ts';
import { isPostgres } from '../database/open.ts';
import type { Source } from '../source/source.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { openBooks } from './books.ts';
import type { Books } from './books.ts';
import type { ServeConfig } from './config.ts';
import { openStores } from './stores.ts';

export type RunGatewayOptions = {
  readonly config: ServeConfig;
  readonly log: Logger;
  /** Called once, with the URL that it listens at. */
  readonly onReady: (url: string) => void;
  /** Among the workers of one `serve`, from 0; absent where it is alone. */
  readonly worker?: number | undefined;
};

/** Resolves when it has stopped after `stop`; rejects where it cannot begin. */
export async function runGateway(
  { config, log, onReady, worker }: RunGatewayOptions,
  stop: AbortSignal,
): Promise<void> {
  const slabs = new SlabPool();
  const engine = createEngine(toEngineOptions(config));
  const sources = openStores(config, { log, slabs });
  const isShared = worker !== undefined || isPostgres(config.database);
  const books = await openBooks({ config, log, isShared });
  const { catalog, bundles, access, ledger, limits } = books;
  log.info(
    {
      config: config.path,
      listen: config.listen,
      stores: [...sources.keys()],
      kernel: engine.withoutKernel ?? 'asked',
    },
    'starting',
  );
  const gateway = createGateway({
    catalog,
    sources,
    bundles: { store: bundles, source: createBundleSource({ bundles, sources }) },
    access,
    ledger,
    limits,
    admin: toAdmin(config, { books, sources }),
    engine,
    stallTimeoutMs: config.timeouts.downstreamStallMs,
    maxTransfers: config.limits.transfers,
    log,
  });
  try {
    onReady(await gateway.listen({ ...config.listen, reusePort: worker !== undefined }));
    if (!stop.aborted) await once(stop, 'abort');
    log.info({ transfers: gateway.transferCount }, 'stopping');
    gateway.retire();
    // Whoever sends it requests is to learn that it is not ready before it refuses connections.
    await pause(config.drain.delayMs);
  } finally {
    await gateway.close(config.drain.timeoutMs);
    for (const source of sources.values()) source.close();
    await books.close();
  }
}

/** Entries that an import writes at once: a gateway answers others in between. */
const IMPORT_BATCH_SIZE = 1_000;

/** Where everybody may have everything nobody has a name, and so there is no administrator. */
function toAdmin(
  { access }: ServeConfig,
  { books, sources }: { readonly books: Books; readonly sources: ReadonlyMap<string, Source> },
): Admin | undefined {
  if (access.kind === 'public') return undefined;
  const { database, catalog } = books;
  return createDirectAdmin({
    database,
    catalog,
    openSource: (name) => sources.get(name),
    maxLinkLifetimeMs: access.maxLinkLifetimeMs,
    importBatchSize: IMPORT_BATCH_SIZE,
  });
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
