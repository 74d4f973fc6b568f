// The books of one gateway: its database and all that is kept in it, put together from the configuration.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Access } from '../access/access.ts';
import { createAccess } from '../access/create-access.ts';
import { Failures } from '../access/failures.ts';
import type { JwtOptions } from '../access/jwt-options.ts';
import { createJwtVerifier } from '../access/jwt.ts';
import { createLinkKeys } from '../access/link-keys.ts';
import { createLinks } from '../access/links.ts';
import { createPublicAccess } from '../access/public.ts';
import { createTokenStore } from '../access/token-store.ts';
import { createTokens } from '../access/tokens.ts';
import type { Bundles } from '../bundle/bundles.ts';
import { createBundles } from '../bundle/database-bundles.ts';
import { cacheCatalog } from '../catalog/cached-catalog.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createCatalog } from '../catalog/database-catalog.ts';
import { openDatabase } from '../database/open.ts';
import type { SluiceError } from '../errors.ts';
import type { Schema } from '../database/schema.ts';
import { bothLedgers } from '../ledger/both-ledgers.ts';
import { openDatabaseLedger } from '../ledger/database-ledger.ts';
import { createGatewayId } from '../ledger/gateways.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createLogLedger } from '../ledger/log-ledger.ts';
import { createLimits } from '../limits/create-limits.ts';
import type { Limits } from '../limits/limits.ts';
import { createQuotaStore } from '../limits/quota-store.ts';
import { createQuotas } from '../limits/quotas.ts';
import { resolveBeside } from './config-checks.ts';
import type { JwtConfig, ServeConfig } from './config.ts';

export type Books = {
  readonly database: Kysely<Schema>;
  readonly catalog: Catalog;
  readonly bundles: Bundles;
  readonly access: Access;
  readonly ledger: Ledger;
  readonly limits: Limits;
  /** Brings all that is settled to the database, where that is there. Never rejects. */
  close(): Promise<void>;
};

export type OpenBooksOptions = {
  readonly config: ServeConfig;
  readonly log: Logger;
  /** Whether there are other gateways on the same database: other workers, or other machines. */
  readonly isShared: boolean;
};

/** Whoever opened them closes them. */
export async function openBooks({ config, log, isShared }: OpenBooksOptions): Promise<Books> {
  const database = await openDatabase(config.database);
  try {
    return putTogether(database, { config, log, isShared });
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

function putTogether(database: Kysely<Schema>, { config, log, isShared }: OpenBooksOptions): Books {
  const gatewayId = createGatewayId(hostname());
  const { serveKnownMs } = config.away;
  const report = (error: SluiceError) => log.warn({ err: error }, 'the books');
  const access = openAccess(database, { config, log });
  const limits = createLimits({
    database,
    gatewayId,
    shared: isShared,
    whole: { bytesPerSecond: config.limits.bytesPerSecond },
    quotas: createQuotas({
      store: createQuotaStore(database),
      principal: config.limits.principal,
      keepMs: serveKnownMs,
    }),
    report,
  });
  const ledger = openDatabaseLedger({
    database,
    folder: config.ledger.journal,
    gatewayId,
    maxJournalBytes: config.ledger.maxJournalBytes,
    report,
  });
  return {
    database,
    catalog: cacheCatalog(createCatalog(database), { staleMs: serveKnownMs }),
    bundles: createBundles(database),
    access,
    ledger: bothLedgers(ledger, createLogLedger(log)),
    limits,
    close: async () => {
      await limits.close();
      await ledger.close();
      await database.destroy();
    },
  };
}

type OpenAccessOptions = { readonly config: ServeConfig; readonly log: Logger };

function openAccess(database: Kysely<Schema>, { config, log }: OpenAccessOptions): Access {
  const { access, away, path } = config;
  if (access.kind === 'public') return createPublicAccess();
  const known = { staleMs: away.serveKnownMs };
  const { maxLinkLifetimeMs: maxLifetimeMs } = access;
  return createAccess({
    tokens: createTokens(createTokenStore(database), known),
    jwt: access.jwt && createJwtVerifier(toJwtOptions(access.jwt, path)),
    links: createLinks(createLinkKeys(database, { maxLifetimeMs }), { ...known, maxLifetimeMs }),
    anonymous: 'public',
    failures: new Failures(),
    report: (denial) => log.info(denial, 'denied'),
  });
}

function toJwtOptions(jwt: JwtConfig, path: string): JwtOptions {
  const { issuer, audience, algorithms, clockSkewMs, principal, collections, grants, admin } = jwt;
  return {
    issuer,
    audience,
    jwks: toJwks(jwt, path),
    algorithms,
    clockToleranceMs: clockSkewMs,
    principalClaim: principal,
    collectionsClaim: collections,
    collectionsByValue: grants,
    admin,
  };
}

function toJwks({ jwks }: JwtConfig, path: string): JwtOptions['jwks'] {
  if (jwks === undefined) return undefined;
  if (/^https?:/.test(jwks)) return { url: jwks };
  return { document: readFileSync(resolveBeside(path, jwks), 'utf8') };
}
