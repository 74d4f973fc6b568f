// Makes the sources that the configuration names: the one place where a store's type becomes a source.
import type { Logger } from 'pino';
import { createFileSource } from '../source/file.ts';
import { createS3Source } from '../source/s3.ts';
import type { Source } from '../source/source.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import type { Config, StoreConfig } from './config.ts';

export type OpenStoresOptions = {
  readonly log: Pick<Logger, 'debug'>;
  /** The memory that all of them share. Default: a pool of their own. */
  readonly slabs?: SlabPool;
};

/** The sources by their names in the configuration. Whoever opened them closes each. */
export function openStores(config: Config, { log, slabs = new SlabPool() }: OpenStoresOptions): Map<string, Source> {
  const stores = new Map<string, Source>();
  for (const [name, store] of config.stores) {
    stores.set(name, openStore(store, { config, slabs }));
    log.debug({ store: name, type: store.type, place: placeOf(store) }, 'store opened');
  }
  return stores;
}

type OpenStoreOptions = { readonly config: Config; readonly slabs: SlabPool };

function openStore(store: StoreConfig, { config, slabs }: OpenStoreOptions): Source {
  if (store.type === 'file') return createFileSource({ root: store.root, slabs });
  const { endpoint, region, pathStyle, credentials, maxConnections, ca } = store;
  const { connectMs, headMs, upstreamStallMs } = config.timeouts;
  const timeouts = { connectMs, headMs, upstreamStallMs };
  return createS3Source({ endpoint, region, pathStyle, credentials, maxConnections, timeouts, ca, slabs });
}

function placeOf(store: StoreConfig): string {
  return store.type === 'file' ? store.root : (store.endpoint ?? `AWS in ${store.region}`);
}
