// Administration on the database itself: of a gateway, which offers it over HTTP, and of the commands. Each resource is a
// file beside this one.
import type { Kysely } from 'kysely';
import { createLinkKeys } from '../access/link-keys.ts';
import { createLinks, DEFAULT_MAX_LIFETIME_MS } from '../access/links.ts';
import { createTokenStore } from '../access/token-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createCatalog } from '../catalog/database-catalog.ts';
import type { Schema } from '../database/schema.ts';
import { createQuotaStore } from '../limits/quota-store.ts';
import type { Source } from '../source/source.ts';
import type { Admin } from './admin.ts';
import { createCollectionAdmin } from './direct-collections.ts';
import { createCredentialAdmin } from './direct-credentials.ts';
import { createLedgerAdmin } from './direct-ledger.ts';
import { createObjectAdmin } from './direct-objects.ts';
import { createQuotaAdmin } from './direct-quotas.ts';
import { createScanAdmin } from './direct-scan.ts';

export type DirectAdminOptions = {
  /** Whoever opened it closes it. */
  readonly database: Kysely<Schema>;
  /** The catalog in that database. A gateway hands over the one it asks, so that it sees changes at once. */
  readonly catalog?: Catalog | undefined;
  /** The store of this name, or nothing where there is none. Whoever opened it closes it. */
  readonly openSource: (store: string) => Source | undefined | Promise<Source | undefined>;
  /** How long the longest link lives. Default: 7 days. */
  readonly maxLinkLifetimeMs?: number | undefined;
  /** Entries that an import writes at once. A gateway that answers meanwhile wants fewer than the default of 10,000. */
  readonly importBatchSize?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
};

export function createDirectAdmin(options: DirectAdminOptions): Admin {
  const { database, openSource, importBatchSize, now = Date.now } = options;
  const { catalog = createCatalog(database, { now }), maxLinkLifetimeMs = DEFAULT_MAX_LIFETIME_MS } = options;
  const keys = createLinkKeys(database, { maxLifetimeMs: maxLinkLifetimeMs, now });
  const links = createLinks(keys, { maxLifetimeMs: maxLinkLifetimeMs, now });
  return {
    ...createCollectionAdmin(catalog),
    ...createObjectAdmin({ catalog, database, openSource, importBatchSize, now }),
    ...createScanAdmin({ database, openSource, now }),
    ...createCredentialAdmin({ catalog, tokens: createTokenStore(database, { now }), keys, links }),
    ...createQuotaAdmin(createQuotaStore(database)),
    ...createLedgerAdmin({ database, now }),
  };
}
