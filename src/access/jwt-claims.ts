// From the claims of a verified JWT to what it grants. Pure. A claim is data of the issuer's: whatever is not of the
// form that was agreed grants nothing.
import type { ClaimPath, ClaimTest, JwtOptions } from './jwt-options.ts';
import { EVERY_COLLECTION, isPrincipalName } from './principal.ts';
import type { Grant, Scope } from './principal.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** `undefined` when the claims name nobody. */
export function toGrant(claims: Claims, options: JwtOptions): Grant | undefined {
  const name = claimAt(claims, options.principalClaim ?? 'sub');
  if (typeof name !== 'string' || !isPrincipalName(name)) return undefined;
  const scopes: Scope[] = [];
  if (!options.read || holds(claims, options.read)) scopes.push('read');
  if (options.admin && holds(claims, options.admin)) scopes.push('admin');
  return { name, credential: `jwt:${options.issuer}`, scopes, collections: toCollections(claims, options) };
}

function toCollections(claims: Claims, options: JwtOptions): readonly string[] {
  const { collections = [], collectionsClaim, collectionsByValue } = options;
  if (collectionsClaim === undefined) return collections;
  const values = toValues(claimAt(claims, collectionsClaim));
  const granted = collectionsByValue
    ? values.flatMap((value) => (Object.hasOwn(collectionsByValue, value) ? collectionsByValue[value]! : []))
    : // All of them at once is not for an issuer to say, only for the operator.
      values.filter((value) => value !== EVERY_COLLECTION);
  return [...collections, ...granted];
}

function holds(claims: Claims, { claim, value }: ClaimTest): boolean {
  return toValues(claimAt(claims, claim)).includes(value);
}

/** RFC 8693 §4.2 has scopes as words between spaces; others have lists. */
function toValues(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  return Array.isArray(claim) ? claim.filter((value) => typeof value === 'string') : [];
}

function claimAt(claims: Claims, path: ClaimPath): unknown {
  let at: unknown = claims;
  for (const name of typeof path === 'string' ? [path] : path) {
    // Its own properties alone: no claim is called `constructor` unless the issuer has said so.
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Claims)[name];
  }
  return at;
}
