// An administration for tests, in the two ways that there are: on a database, and over HTTP on a gateway that offers one.
// Behind both are a store in memory and a clock that stands.
import type { TestContext } from 'node:test';
import type { Kysely } from 'kysely';
import { createAccess } from '../access/create-access.ts';
import { createTokenStore } from '../access/token-store.ts';
import { createTokens } from '../access/tokens.ts';
import type { Schema } from '../database/schema.ts';
import { startGateway } from '../gateway/gateway-trial.test-double.ts';
import type { GatewayTrial } from '../gateway/gateway-trial.test-double.ts';
import { createMemorySource } from '../source/memory.ts';
import type { MemorySource } from '../source/memory.ts';
import type { Admin, Work } from './admin.ts';
import { createDirectAdmin } from './direct-admin.ts';
import { createRemoteAdmin } from './remote-admin.ts';

/** When it all takes place. */
export const NOW = new Date('2026-11-23T10:00:00.000Z');

export const HOUR_LATER = '2026-11-23T11:00:00.000Z';

export type AdminTrial = {
  readonly admin: Admin;
  readonly work: Work;
  /** The store `archive`. */
  readonly archive: MemorySource;
  readonly database: Kysely<Schema>;
};

export type OpenAdmin = (t: TestContext, database: Kysely<Schema>) => Promise<AdminTrial>;

function openBooks(database: Kysely<Schema>) {
  const archive = createMemorySource();
  const openSource = (store: string) => (store === 'archive' ? archive : undefined);
  const admin = createDirectAdmin({ database, openSource, importBatchSize: 2, now: () => NOW.getTime() });
  return { archive, admin };
}

export const openDirect: OpenAdmin = async (_t, database) => ({
  ...openBooks(database),
  database,
  work: { principal: 'ann', signal: new AbortController().signal },
});

export type ServedAdmin = {
  readonly gateway: GatewayTrial;
  readonly archive: MemorySource;
  readonly admin: Admin;
  /** A new token of somebody. */
  readonly tokenOf: (principal: string, scope: 'read' | 'admin') => Promise<string>;
};

/** A gateway that offers it, to those who show a token of its database. */
export async function serveAdmin(t: TestContext, database: Kysely<Schema>): Promise<ServedAdmin> {
  const store = createTokenStore(database);
  const books = openBooks(database);
  const access = createAccess({ tokens: createTokens(store), anonymous: 'public' });
  const gateway = await startGateway(t, { access, admin: books.admin });
  const tokenOf = async (principal: string, scope: 'read' | 'admin') =>
    (await store.create({ principal, scopes: [scope], collections: [] })).text;
  return { gateway, tokenOf, ...books };
}

export const openRemote: OpenAdmin = async (t, database) => {
  const { gateway, archive, tokenOf } = await serveAdmin(t, database);
  const admin = createRemoteAdmin({ serverUrl: gateway.url, token: await tokenOf('ann', 'admin') });
  // Whose work it is, the gateway knows by the token.
  return { admin, archive, database, work: { principal: '', signal: new AbortController().signal } };
};

export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function* toContent(...lines: readonly (string | object)[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
}
