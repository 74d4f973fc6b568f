// Tokens, links and the keys of links, in their stores.
import type { LinkKeyEntry, LinkKeys } from '../access/link-keys.ts';
import type { Links } from '../access/links.ts';
import type { TokenEntry, TokenStore } from '../access/token-store.ts';
import { EVERY_COLLECTION } from '../access/principal.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { SluiceError } from '../errors.ts';
import type { Admin } from './admin.ts';
import { checkHere, toDate, toPage } from './direct-terms.ts';
import { limitOf } from './schemas.ts';
import type { LinkKeyData, TokenData } from './schemas.ts';

type CredentialAdmin = Pick<
  Admin,
  'tokens' | 'createToken' | 'revokeToken' | 'createLink' | 'linkKeys' | 'rotateLinkKey' | 'removeLinkKey'
>;

export type CredentialAdminOptions = {
  readonly catalog: Catalog;
  readonly tokens: TokenStore;
  readonly keys: LinkKeys;
  readonly links: Pick<Links, 'sign'>;
};

export function createCredentialAdmin({ catalog, tokens, keys, links }: CredentialAdminOptions): CredentialAdmin {
  return {
    async tokens(query) {
      const limit = limitOf(query);
      const found = await tokens.list({ ...query, limit: limit + 1 });
      const { items, ...rest } = toPage(found, { limit, nameOf: ({ id }) => id });
      return { items: items.map(toTokenData), ...rest };
    },

    async createToken({ principal, scopes = ['read'], collections = [], expiresAt }, { signal }) {
      await checkCollections(catalog, collections);
      checkHere(signal);
      const end = expiresAt === undefined ? {} : { expiresAt: toDate(expiresAt) };
      const { entry, text } = await tokens.create({ principal, scopes, collections, ...end });
      return { ...toTokenData(entry), token: text };
    },

    revokeToken: (id) => tokens.revoke(id),

    async createLink({ id, expiresAt, address }, { principal, signal }) {
      if (!(await catalog.find(id))) throw new SluiceError('bad-input', `there is no object ${JSON.stringify(id)}`);
      checkHere(signal);
      const end = toDate(expiresAt);
      const query = await links.sign({ id, by: principal, expiresAt: end, addresses: address });
      // Whole seconds are signed.
      const signedEnd = new Date(Math.floor(end.getTime() / 1000) * 1000).toISOString();
      return { path: `/data/${id.split('/').map(encodeURIComponent).join('/')}?${query}`, expiresAt: signedEnd };
    },

    linkKeys: async () => (await keys.list()).map(toLinkKeyData),
    rotateLinkKey: async () => toLinkKeyData(await keys.rotate()),
    removeLinkKey: (id) => keys.remove(id),
  };
}

/** A mistyped name would grant nothing, and nobody would see why. */
async function checkCollections(catalog: Catalog, collections: readonly string[]): Promise<void> {
  const known = new Set((await catalog.collections()).map(({ id }) => id));
  const unknown = collections.filter((id) => id !== EVERY_COLLECTION && !known.has(id));
  if (unknown.length > 0)
    throw new SluiceError('bad-input', `there is no collection ${unknown.slice(0, 10).join(', ')}`);
}

function toTokenData({ createdAt, expiresAt, revokedAt, scopes, collections, ...entry }: TokenEntry): TokenData {
  return {
    ...entry,
    scopes: [...scopes],
    collections: [...collections],
    createdAt: createdAt.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(revokedAt === undefined ? {} : { revokedAt: revokedAt.toISOString() }),
  };
}

function toLinkKeyData({ id, createdAt, retiredAt }: LinkKeyEntry): LinkKeyData {
  const created = { id, createdAt: createdAt.toISOString() };
  return retiredAt === undefined ? created : { ...created, retiredAt: retiredAt.toISOString() };
}
