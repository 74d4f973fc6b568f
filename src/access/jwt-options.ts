// What is trusted of an issuer of JWTs, and what its claims grant. Checked once, when it is read.
import { SluiceError } from '../errors.ts';

/** Where a claim is: its name, or the names on the way to it, as in `['realm_access', 'roles']`. */
export type ClaimPath = string | readonly string[];

/** A claim that must be this value, or a list (or words between spaces) with it. */
export type ClaimTest = { readonly claim: ClaimPath; readonly value: string };

export type JwtOptions = {
  /** The claim `iss`, to the letter. */
  readonly issuer: string;
  /** The claim `aud`, or one of its values, must be one of them: what others were issued for is not for us. */
  readonly audience: string | readonly string[];
  /** The issuer's keys. Absent: where the issuer's metadata says (OpenID Connect Discovery 1.0 §4). */
  readonly jwks?: { readonly url: string } | { readonly document: string } | undefined;
  /** Of `JWT_ALGORITHMS`. Default: those of RSA with 2048 bits and more, of P-256 and Ed25519. */
  readonly algorithms?: readonly string[] | undefined;
  /** The field `typ` of the header, such as `at+jwt` (RFC 9068). Absent: any. */
  readonly type?: string | undefined;
  /** By how much the issuer's clock and ours may differ. */
  readonly clockToleranceMs?: number | undefined;
  /** Who it is. Default: `sub`. */
  readonly principalClaim?: ClaimPath | undefined;
  /** What everybody with a token of this issuer may read; `*` is everything. Default: nothing. */
  readonly collections?: readonly string[] | undefined;
  /** A claim that grants collections beyond those. */
  readonly collectionsClaim?: ClaimPath | undefined;
  /** What each value of that claim grants; absent: the collection of that name. */
  readonly collectionsByValue?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Who may read. Absent: everybody with a token of this issuer. */
  readonly read?: ClaimTest | undefined;
  /** Who may change the books. Absent: nobody. */
  readonly admin?: ClaimTest | undefined;
};

/**
 * RFC 7518 §3.1, RFC 8037 and RFC 9864, the asymmetric ones. One that signs and verifies with the same key must not be
 * among them: the keys of an issuer are public.
 */
export const JWT_ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export const DEFAULT_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** Clocks that are set by NTP differ by less. */
export const DEFAULT_CLOCK_TOLERANCE_MS = 30_000;

/** Beyond it a token would live much longer than its issuer meant. */
const MAX_CLOCK_TOLERANCE_MS = 300_000;

/** Throws `bad-config`. */
export function checkJwtOptions(options: JwtOptions): void {
  const { issuer, audience, algorithms, clockToleranceMs = 0, jwks } = options;
  if (issuer === '') refuse('the issuer of JWTs is its claim iss; got an empty text');
  const audiences = typeof audience === 'string' ? [audience] : audience;
  if (audiences.length === 0 || audiences.includes('')) refuse('JWTs need an audience that they are issued for');
  const other = algorithms?.find((algorithm) => !JWT_ALGORITHMS.includes(algorithm));
  if (other !== undefined || algorithms?.length === 0) {
    refuse(`the algorithms of JWTs are some of ${JWT_ALGORITHMS.join(', ')}; got ${other ?? 'none'}`);
  }
  if (!(clockToleranceMs >= 0 && clockToleranceMs <= MAX_CLOCK_TOLERANCE_MS)) {
    refuse(`the clock tolerance for JWTs is from 0 to ${MAX_CLOCK_TOLERANCE_MS} ms; got ${clockToleranceMs}`);
  }
  if (!jwks) toIssuerUrl(issuer);
  else if ('url' in jwks) toIssuerUrl(jwks.url);
}

/** Loopback: nobody is between us and it. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** A URL whose answers can be trusted: https, or http to this machine. Throws `bad-config`. */
export function toIssuerUrl(text: string): URL {
  const url = URL.parse(text);
  const isTrusted = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (!url || !isTrusted || url.username !== '' || url.password !== '') {
    refuse('the keys of an issuer of JWTs come from an https URL with no password (http from this machine alone)');
  }
  return url;
}

function refuse(message: string): never {
  throw new SluiceError('bad-config', message);
}
