// Verifies JWTs of one issuer (RFC 7519, as RFC 8725 would have it done) with its public keys. Which algorithms, whose
// keys and what claims is for the options to say, never for the token. A signature is verified once: that costs a
// hundred times what a look at what is remembered does, and a client asks for a thousand ranges.
import { hash } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { SYSTEM_CLOCK } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import { createKeys } from './issuer-keys.ts';
import type { IssuerKeysOptions } from './issuer-keys.ts';
import { toGrant } from './jwt-claims.ts';
import { DEFAULT_ALGORITHMS, DEFAULT_CLOCK_TOLERANCE_MS, checkJwtOptions } from './jwt-options.ts';
import type { JwtOptions } from './jwt-options.ts';
import { toPrincipal } from './principal.ts';
import type { DenialReason, Verdict, Verifier } from './verdict.ts';

/** Half of what a request's head may be; tokens with long lists of groups have 2 to 4 KiB. */
const MAX_LENGTH = 8 << 10;

/** Verifications at once: each is a tenth of a millisecond of work for a thread of the pool. */
const MAX_PENDING = 1_000;

export type JwtVerifierOptions = IssuerKeysOptions & {
  /** How long a verified one is believed without a look at the keys; a key that was withdrawn lives on for as long. */
  readonly rememberMs?: number;
  readonly maxRemembered?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

const DEFAULT_REMEMBER_MS = 600_000;

/** Some 1 KiB each. */
const DEFAULT_MAX_REMEMBERED = 10_000;

type Verified = {
  readonly verdict: Verdict;
  /** Milliseconds since 1970, the tolerance included. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** By the monotonic clock. */
  readonly rememberedUntilMs: number;
};

/** Throws `bad-config`. */
export function createJwtVerifier(options: JwtOptions, running: JwtVerifierOptions = {}): Verifier<string> {
  checkJwtOptions(options);
  const { rememberMs = DEFAULT_REMEMBER_MS, maxRemembered: max = DEFAULT_MAX_REMEMBERED } = running;
  const { now = Date.now, clock = SYSTEM_CLOCK } = running;
  const { issuer, audience, algorithms = DEFAULT_ALGORITHMS, type } = options;
  const toleranceMs = options.clockToleranceMs ?? DEFAULT_CLOCK_TOLERANCE_MS;
  const pickKey = createKeys(options, running);
  /** By the token's hash: what was verified is not kept as it came. */
  const remembered = new LRUCache<string, Verified>({ max });
  const pending = new Map<string, Promise<Verdict>>();

  function recall(id: string): Verdict | undefined {
    const verified = remembered.get(id);
    if (!verified || clock.now() >= verified.rememberedUntilMs) return undefined;
    const nowMs = now();
    return nowMs >= verified.fromMs && nowMs < verified.untilMs ? verified.verdict : undefined;
  }

  async function verifyAnew(id: string, text: string): Promise<Verdict> {
    const rememberedUntilMs = clock.now() + rememberMs;
    try {
      const { payload } = await jwtVerify(text, pickKey, {
        issuer,
        audience: typeof audience === 'string' ? audience : [...audience],
        algorithms: [...algorithms],
        ...(type !== undefined && { typ: type }),
        requiredClaims: ['exp'],
        clockTolerance: toleranceMs / 1000,
        currentDate: new Date(now()),
      });
      const verdict = toVerdict(payload, options);
      const fromMs = (payload.nbf ?? -Infinity) * 1000 - toleranceMs;
      const untilMs = payload.exp! * 1000 + toleranceMs;
      if (verdict.kind !== 'worthless') remembered.set(id, { verdict, fromMs, untilMs, rememberedUntilMs });
      return verdict;
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      return { kind: 'worthless', why: toReason(error), credential: 'jwt' };
    } finally {
      pending.delete(id);
    }
  }

  return {
    verify(text) {
      if (text.length > MAX_LENGTH) return { kind: 'worthless', why: 'malformed', credential: 'jwt' };
      const id = hash('sha256', text, 'base64url');
      const known = recall(id) ?? pending.get(id);
      if (known) return known;
      if (pending.size >= MAX_PENDING) {
        const message = `${MAX_PENDING} JWTs are being verified already`;
        return Promise.reject(new SluiceError('overloaded', message, { retryable: true }));
      }
      const verdict = verifyAnew(id, text);
      pending.set(id, verdict);
      return verdict;
    },
    remembers: (text) => text.length <= MAX_LENGTH && recall(hash('sha256', text, 'base64url')) !== undefined,
  };
}

function toVerdict(claims: JWTPayload, options: JwtOptions): Verdict {
  const grant = toGrant(claims, options);
  if (!grant) return { kind: 'worthless', why: 'claims', credential: 'jwt' };
  if (grant.scopes.length > 0) return { kind: 'genuine', principal: toPrincipal(grant) };
  return { kind: 'unfit', principal: grant.name, reason: 'This token lacks the scope to read' };
}

const REASONS: ReadonlyMap<string, DenialReason> = new Map([
  [errors.JWTExpired.code, 'expired'],
  [errors.JOSEAlgNotAllowed.code, 'algorithm'],
  [errors.JWKSNoMatchingKey.code, 'unknown'],
  [errors.JWKSMultipleMatchingKeys.code, 'unknown'],
  [errors.JWSSignatureVerificationFailed.code, 'signature'],
]);

const REASONS_BY_CLAIM: ReadonlyMap<string, DenialReason> = new Map([
  ['iss', 'issuer'],
  ['aud', 'audience'],
  ['nbf', 'not-yet-valid'],
]);

/** Whatever it is that jose could not make sense of, it is no token of the issuer's. */
function toReason(error: unknown): DenialReason {
  if (error instanceof errors.JWTClaimValidationFailed) return REASONS_BY_CLAIM.get(error.claim) ?? 'claims';
  return (error instanceof errors.JOSEError ? REASONS.get(error.code) : undefined) ?? 'malformed';
}
