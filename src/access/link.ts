// A signed link: the query that lets whoever has it read one object until it expires. Pure: what is signed, how it is
// written, and whether a signature is one. It is written in one way only; any other spelling is none.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isPrincipalName } from './principal.ts';
import { ID_PATTERN } from './random-id.ts';

/** Signed first, so that no other thing that is ever signed with such a key can pass for a link. */
const VERSION = 'sluice-link-1';

/** Far beyond a link with the longest name of whoever signed it, percent-encoded. */
const MAX_QUERY_LENGTH = 4096;

export type LinkTerms = {
  /** The object. */
  readonly id: string;
  /** Who signed it. */
  readonly by: string;
  /** Whole seconds count. */
  readonly expiresAt: Date;
  /** Of whoever may use it: an address, or a prefix as in `192.0.2.0/24`. */
  readonly addresses?: string | undefined;
};

export type LinkKey = { readonly id: string; readonly secret: Buffer };

/** A link as it was shown, for an object that only the path names. */
export type ShownLink = Omit<LinkTerms, 'id'> & { readonly keyId: string; readonly signature: Buffer };

/** The query, without `?`. */
export function signLink(terms: LinkTerms, key: LinkKey): string {
  const seconds = toSeconds(terms.expiresAt);
  const parts = [`expires=${seconds}`, `by=${encodeURIComponent(terms.by)}`];
  if (terms.addresses !== undefined) parts.push(`addresses=${encodeURIComponent(terms.addresses)}`);
  parts.push(`key=${key.id}`, `sig=${sign(terms, key).toString('base64url')}`);
  return parts.join('&');
}

/** Whether the query has a signature, so that it is to be taken for a link and not for something of the client's own. */
export function hasSignature(query: string): boolean {
  return query.startsWith('sig=') || query.includes('&sig=');
}

const NAMES = ['expires', 'by', 'addresses', 'key', 'sig'] as const;

/** Up to the year 33658, and no leading zero. */
const SECONDS = /^[1-9]\d{0,11}$/;
const KEY_ID = new RegExp(`^${ID_PATTERN}$`);
/** 32 bytes; a last character with bits that mean nothing would be a second spelling. */
const SIGNATURE = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** `undefined` for what was never a link of ours: a parameter is missing, there twice, unknown or oddly encoded. */
export function parseLink(query: string): ShownLink | undefined {
  if (query.length > MAX_QUERY_LENGTH) return undefined;
  const values = new Map<string, string>();
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    const name = NAMES.find((known) => known === part.slice(0, at));
    const value = decode(part.slice(at + 1));
    if (name === undefined || value === undefined || values.has(name)) return undefined;
    values.set(name, value);
  }
  const [expires = '', by = '', addresses, keyId = '', sig = ''] = NAMES.map((name) => values.get(name));
  if (!SECONDS.test(expires) || !isPrincipalName(by) || !KEY_ID.test(keyId) || !SIGNATURE.test(sig)) return undefined;
  if (addresses === '') return undefined;
  return {
    expiresAt: new Date(Number(expires) * 1000),
    by,
    addresses,
    keyId,
    signature: Buffer.from(sig, 'base64url'),
  };
}

/** Whether `key` has signed the link for the object `id`. */
export function isSigned(link: ShownLink, { id, key }: { readonly id: string; readonly key: LinkKey }): boolean {
  return timingSafeEqual(sign({ ...link, id }, key), link.signature);
}

function sign({ id, by, expiresAt, addresses = '' }: LinkTerms, { secret }: LinkKey): Buffer {
  // Each field after its length in bytes: no two lists of fields make the same text. No constraint is an empty one.
  const fields = [VERSION, id, by, String(toSeconds(expiresAt)), addresses];
  const text = fields.map((field) => `${Buffer.byteLength(field)}:${field}`).join('');
  return createHmac('sha256', secret).update(text).digest();
}

function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** `undefined` unless it is written as `encodeURIComponent` does. */
function decode(value: string): string | undefined {
  try {
    const decoded = decodeURIComponent(value);
    return encodeURIComponent(decoded) === value ? decoded : undefined;
  } catch {
    return undefined;
  }
}
