// From what a genuine credential grants to the principal that the gateway is told of: the one place where it is decided
// who may read what.
import type { Principal, Protected } from './access.ts';

/** `read`: the objects of its collections. `admin`: changing the books, which is not reading what they are about. */
export type Scope = 'read' | 'admin';

export const SCOPES: readonly Scope[] = ['read', 'admin'];

/** In place of a list of collections: all of them, and those that are still to come. */
export const EVERY_COLLECTION = '*';

/** Whoever shows no credential. */
export const ANONYMOUS = 'anonymous';

/** Before the name of whoever signed a link, in the name of those who use it. */
export const LINK_PREFIX = 'link:';

/** Longer than an e-mail address (254) and a subject of OIDC (255) may be. */
const MAX_NAME_LENGTH = 256;

/** The rule in words, for whoever has broken it. */
export const PRINCIPAL_RULE = `1 to ${MAX_NAME_LENGTH} characters, none of them a control or format character, no space at either end; not "${ANONYMOUS}", and not beginning with "${LINK_PREFIX}"`;

/** What would break a line of a log or a field of HTTP, or make a name look like another one. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Whether the text can name somebody in the ledger, and is none of the names that the house gives itself. */
export function isPrincipalName(text: string): boolean {
  if (text.length === 0 || text.length > MAX_NAME_LENGTH || !text.isWellFormed()) return false;
  if (FORBIDDEN.test(text) || text !== text.trim()) return false;
  return text !== ANONYMOUS && !text.startsWith(LINK_PREFIX);
}

export type Grant = {
  readonly name: string;
  /** Of their credentials the one they showed, in words that are no secret. */
  readonly credential: string;
  readonly scopes: readonly Scope[];
  /** Ids; `*` is all of them. */
  readonly collections: readonly string[];
};

/** What is public is everybody's; beyond it, reading needs the scope and the collection. */
export function toPrincipal({ name, credential, scopes, collections }: Grant): Principal {
  const readable = new Set(scopes.includes('read') ? collections : []);
  const readsAll = readable.has(EVERY_COLLECTION);
  return {
    name,
    credential,
    isAdmin: scopes.includes('admin'),
    mayRead: ({ collection, isPublic }: Protected) => isPublic || readsAll || readable.has(collection),
  };
}
