// The public keys of an issuer of JWTs: fetched when they are first needed, again when they have grown old or a token
// names one that is not among them, and kept in use while the issuer is away.
import { createLocalJWKSet, errors } from 'jose';
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import { fetchDocument } from './fetch-document.ts';
import type { FetchDocumentOptions } from './fetch-document.ts';
import { toIssuerUrl } from './jwt-options.ts';
import type { JwtOptions } from './jwt-options.ts';

export type IssuerKeysOptions = FetchDocumentOptions & {
  /** How old keys may be while the issuer can be asked. */
  readonly maxAgeMs?: number;
  /** How old they may be while it cannot. */
  readonly staleMs?: number;
  /** Between two fetches, whatever keys tokens name: those are for anybody to make up. */
  readonly cooldownMs?: number;
};

const DEFAULTS = {
  // A key that the issuer has withdrawn is trusted no longer.
  maxAgeMs: 600_000,
  staleMs: 86_400_000,
  // A new key that is used at once is known by then.
  cooldownMs: 10_000,
} as const;

/** Picks the key for the header of a token. Rejects with `unavailable`, or an error of jose's when there is none. */
export type PickKey = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** Throws `bad-config` when the keys that are given in the options are none. */
export function createKeys({ issuer, jwks }: JwtOptions, options: IssuerKeysOptions = {}): PickKey {
  if (!jwks || 'url' in jwks) {
    const keys = new FetchedKeys(() => fetchKeys(issuer, { ...options, url: jwks?.url }), options);
    return (header, token) => keys.pick(header, token);
  }
  try {
    return createLocalJWKSet(JSON.parse(jwks.document) as JSONWebKeySet);
  } catch (cause) {
    throw new SluiceError('bad-config', 'the keys of the issuer are no JSON Web Key Set (RFC 7517 §5)', { cause });
  }
}

class FetchedKeys {
  readonly #fetch: () => Promise<PickKey>;
  readonly #options: typeof DEFAULTS;
  readonly #clock: Clock;
  #keys: { readonly pick: PickKey; readonly atMs: number } | undefined;
  #fetching: Promise<void> | undefined;
  #triedAtMs = -Infinity;
  /** Why the last fetch failed, if it did. */
  #failure: unknown;

  constructor(fetch: () => Promise<PickKey>, { clock = SYSTEM_CLOCK, ...options }: IssuerKeysOptions) {
    this.#fetch = fetch;
    this.#options = { ...DEFAULTS, ...options } as typeof DEFAULTS;
    this.#clock = clock;
  }

  async pick(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const { maxAgeMs, staleMs } = this.#options;
    if (this.#ageMs() > maxAgeMs) await this.#refresh();
    if (!this.#keys || this.#ageMs() > staleMs) throw this.#toUnavailable();
    const before = this.#keys;
    try {
      return await before.pick(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      if (this.#keys !== before) return await this.#keys.pick(header, token);
      // While the issuer cannot be asked, it may be one that it has just begun to use.
      throw this.#failure === undefined ? error : this.#toUnavailable();
    }
  }

  #ageMs(): number {
    return this.#clock.now() - (this.#keys?.atMs ?? -Infinity);
  }

  /** Fetches them unless that was tried a moment ago. */
  async #refresh(): Promise<void> {
    const isDue = this.#clock.now() - this.#triedAtMs >= this.#options.cooldownMs;
    if (!this.#fetching && isDue) {
      this.#triedAtMs = this.#clock.now();
      this.#fetching = this.#fetchOnce(this.#triedAtMs).finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching;
  }

  async #fetchOnce(atMs: number): Promise<void> {
    try {
      this.#keys = { pick: await this.#fetch(), atMs };
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
  }

  #toUnavailable(): SluiceError {
    const options = { cause: this.#failure, retryable: true, retryAfterMs: this.#options.cooldownMs };
    return new SluiceError('unavailable', 'the issuer of JWTs cannot be asked for its keys', options);
  }
}

type FetchKeysOptions = FetchDocumentOptions & { readonly url: string | undefined };

async function fetchKeys(issuer: string, { url, ...options }: FetchKeysOptions): Promise<PickKey> {
  const from = url === undefined ? await discover(issuer, options) : toIssuerUrl(url);
  // Throws when it is no key set.
  return createLocalJWKSet((await fetchDocument(from, options)) as JSONWebKeySet);
}

/** OpenID Connect Discovery 1.0 §4: the metadata names the issuer that was asked, and where its keys are. */
async function discover(issuer: string, options: FetchDocumentOptions): Promise<URL> {
  const url = toIssuerUrl(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const metadata = (await fetchDocument(url, options)) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (metadata?.issuer !== issuer || typeof metadata.jwks_uri !== 'string') {
    throw new SluiceError('unavailable', `${url.href} is not the metadata of the issuer ${issuer}`);
  }
  return toIssuerUrl(metadata.jwks_uri);
}
