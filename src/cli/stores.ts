// Makes the sources that the configuration names: the one place where a store's type becomes a source.
import type { Logger } from 'pino';
import { createFileSource } from '../source/file.ts';
import { hedged } from '../source/hedge.ts';
import type { Hedge } from '../source/hedge-policy.ts';
import { resumed } from '../source/resume.ts';
import type { Interruption } from '../source/resume.ts';
import { createS3Source } from '../source/s3.ts';
import type { Source } from '../source/source.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import type { Config, StoreConfig } from './config.ts';

export type OpenStoresOptions = {
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  /** The memory that all of them share. Default: a pool of their own. */
  readonly slabs?: SlabPool;
};

/** The sources by their names in the configuration. Whoever opened them closes each. */
export function openStores(config: Config, { log, slabs = new SlabPool() }: OpenStoresOptions): Map<string, Source> {
  const stores = new Map<string, Source>();
  for (const [name, store] of config.stores) {
    stores.set(name, openStore(store, { config, slabs, log: toStoreLog(log, name) }));
    log.debug({ store: name, type: store.type, place: placeOf(store) }, 'store opened');
  }
  return stores;
}

type StoreLog = {
  readonly resumed: (interruption: Interruption) => void;
  readonly hedged: (hedge: Hedge) => void;
};

function toStoreLog(log: OpenStoresOptions['log'], store: string): StoreLog {
  return {
    resumed: ({ object, position, error, attempt }) => {
      const { bucket, key } = object;
      log.warn({ store, bucket, key, position, error: error.code, reason: error.message, attempt }, 'asked again');
    },
    hedged: ({ kind, winner, waitedMs }) => {
      log.debug({ store, slow: kind, winner, waitedMs: Math.round(waitedMs) }, 'asked twice');
    },
  };
}

type OpenStoreOptions = { readonly config: Config; readonly slabs: SlabPool; readonly log: StoreLog };

/** What goes wrong on the way to S3 is mended on the way: the slow is asked twice, and the broken is asked again. */
function openStore(store: StoreConfig, { config, slabs, log }: OpenStoreOptions): Source {
  if (store.type === 'file') return createFileSource({ root: store.root, slabs });
  const { endpoint, region, pathStyle, credentials, maxConnections, ca } = store;
  const { connectMs, headMs, upstreamStallMs } = config.timeouts;
  const timeouts = { connectMs, headMs, upstreamStallMs };
  const onBusy = (retryAfterMs: number | undefined) => twice.noteBusy(retryAfterMs);
  const s3 = createS3Source({
    endpoint,
    region,
    pathStyle,
    credentials,
    maxConnections,
    timeouts,
    ca,
    slabs,
    onBusy,
  });
  const twice = hedged(s3, { report: log.hedged });
  return resumed(twice, { report: log.resumed });
}

function placeOf(store: StoreConfig): string {
  return store.type === 'file' ? store.root : (store.endpoint ?? `AWS in ${store.region}`);
}
