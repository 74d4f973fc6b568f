// The credential that a request shows: a bearer token in one of two fields, or a signed link. Never one in a parameter
// `access_token` (RFC 6750 §5.3): addresses are written into logs and histories.
import type { AccessRequest } from './access.ts';
import { hasSignature } from './link.ts';

export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly text: string }
  | { readonly kind: 'link' }
  /** Two different ones: nobody can say which is meant. */
  | { readonly kind: 'several' }
  /** Another scheme than ours, or a field that is no credential at all. */
  | { readonly kind: 'foreign' };

/** RFC 6750 §2.1, where the scheme is of any case (RFC 9110 §11.1). */
const BEARER = /^bearer +(?<token>[A-Za-z0-9\-._~+/]+=*)$/i;

/** The same token, without a scheme: how clients of data commons send it. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

export function readCredential({ headers, query }: Pick<AccessRequest, 'headers' | 'query'>): Credential {
  const { authorization, 'x-auth-token': authToken } = headers;
  const isLink = query !== '' && hasSignature(query);
  if (authorization === undefined && authToken === undefined) return isLink ? { kind: 'link' } : { kind: 'none' };
  if (isLink) return { kind: 'several' };
  const texts = new Set<string | undefined>();
  if (authorization !== undefined) texts.add(readOne(authorization, BEARER));
  if (authToken !== undefined) texts.add(readOne(authToken, TOKEN));
  if (texts.size > 1) return { kind: 'several' };
  const [text] = texts;
  return text === undefined ? { kind: 'foreign' } : { kind: 'bearer', text };
}

/** The token in a field that was sent once. */
function readOne(value: string | readonly string[], form: RegExp): string | undefined {
  if (typeof value !== 'string') return undefined;
  const match = form.exec(value);
  return match?.groups?.['token'] ?? match?.[0];
}
