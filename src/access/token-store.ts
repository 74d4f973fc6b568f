// Bearer tokens in the database. Of a token's secret only the hash is kept: whoever reads the database can use none.
import type { Kysely, Selectable } from 'kysely';
import type { Schema, TokensTable } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import { EVERY_COLLECTION, PRINCIPAL_RULE, SCOPES, isPrincipalName } from './principal.ts';
import type { Scope } from './principal.ts';
import { makeToken } from './token.ts';

/** As many as a list of them is read and written with every use of its token. */
const MAX_COLLECTIONS = 1_000;
const MAX_COLLECTION_LENGTH = 256;

/** What may be shown of a token. */
export type TokenEntry = {
  readonly id: string;
  readonly principal: string;
  readonly scopes: readonly Scope[];
  /** Ids; `*` is all of them. */
  readonly collections: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
};

export type NewTokenEntry = Pick<TokenEntry, 'principal' | 'scopes' | 'collections' | 'expiresAt'>;

/** What verifies a token: not to be shown. */
export type StoredToken = { readonly entry: TokenEntry; readonly hash: Buffer };

export type TokenListOptions = {
  readonly principal?: string;
  /** Only ids that come after it: the last of the page before. */
  readonly after?: string;
  readonly limit: number;
};

export type TokenStore = {
  /** `text` is the token itself, which nobody can be told again. Rejects with `bad-input`. */
  create(entry: NewTokenEntry): Promise<{ readonly text: string; readonly entry: TokenEntry }>;
  find(id: string): Promise<StoredToken | undefined>;
  /** In the order of their ids, the expired and the revoked among them. */
  list(options: TokenListOptions): Promise<readonly TokenEntry[]>;
  /** Whether there is such a token; one that was revoked before stays as it was. */
  revoke(id: string): Promise<boolean>;
};

export type TokenStoreOptions = {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** Whoever opened the database closes it. */
export function createTokenStore(database: Kysely<Schema>, { now = Date.now }: TokenStoreOptions = {}): TokenStore {
  return {
    async create(wanted) {
      const createdAt = now();
      checkNew(wanted, createdAt);
      const { id, text, hash } = makeToken();
      const row = {
        id,
        hash: hash.toString('base64url'),
        principal: wanted.principal,
        scopes: JSON.stringify([...new Set(wanted.scopes)]),
        collections: JSON.stringify([...new Set(wanted.collections)]),
        created_at: createdAt,
        expires_at: wanted.expiresAt?.getTime() ?? null,
        revoked_at: null,
      };
      await database.insertInto('tokens').values(row).execute();
      return { text, entry: toEntry(row) };
    },

    async find(id) {
      const row = await database.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
      return row && { entry: toEntry(row), hash: Buffer.from(row.hash, 'base64url') };
    },

    async list({ principal, after, limit }) {
      let query = database.selectFrom('tokens').selectAll().orderBy('id').limit(limit);
      if (principal !== undefined) query = query.where('principal', '=', principal);
      if (after !== undefined) query = query.where('id', '>', after);
      return (await query.execute()).map(toEntry);
    },

    async revoke(id) {
      const { numUpdatedRows } = await database
        .updateTable('tokens')
        .set((build) => ({ revoked_at: build.fn.coalesce('revoked_at', build.val(now())) }))
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function toEntry(row: Selectable<TokensTable>): TokenEntry {
  return {
    id: row.id,
    principal: row.principal,
    scopes: JSON.parse(row.scopes) as readonly Scope[],
    collections: JSON.parse(row.collections) as readonly string[],
    createdAt: new Date(row.created_at),
    ...(row.expires_at !== null && { expiresAt: new Date(row.expires_at) }),
    ...(row.revoked_at !== null && { revokedAt: new Date(row.revoked_at) }),
  };
}

function checkNew({ principal, scopes, collections, expiresAt }: NewTokenEntry, nowMs: number): void {
  if (!isPrincipalName(principal)) refuse(`a principal is ${PRINCIPAL_RULE}`);
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (scopes.length === 0 || unknown !== undefined) refuse(`the scopes of a token are some of ${SCOPES.join(', ')}`);
  if (collections.length > MAX_COLLECTIONS) {
    refuse(`got ${collections.length} collections, want at most ${MAX_COLLECTIONS}, or ${EVERY_COLLECTION} for all`);
  }
  const isText = (id: string) => id.length > 0 && id.length <= MAX_COLLECTION_LENGTH && id.isWellFormed();
  if (!collections.every(isText)) refuse(`a collection is named by 1 to ${MAX_COLLECTION_LENGTH} characters`);
  // Written so that a date which is none is refused as well.
  if (expiresAt && !(expiresAt.getTime() > nowMs)) refuse('a token expires in the future, or never');
}

function refuse(rule: string): never {
  throw new SluiceError('bad-input', rule);
}
