// Decides by credentials: which one is shown → is its address slowed → is it genuine → who is it. What is not granted is
// denied.
//
// An address that is slowed may be many people behind one NAT, so those who are known go on: a credential is still
// verified where that takes no look-up and no public-key signature, since a guess gains nothing by it (secrets have 256
// bits), and costs nothing. Whatever is new from such an address waits, unverified. A success wipes out no failures: whoever
// has one good token could guess on with its help.
import type { Access, AccessRequest, Decision } from './access.ts';
import { CHALLENGE, INVALID_TOKEN, SEVERAL_CREDENTIALS } from './challenge.ts';
import { readCredential } from './credentials.ts';
import type { Failures } from './failures.ts';
import { ANONYMOUS } from './principal.ts';
import { TOKEN_PREFIX } from './token.ts';
import type { DenialReason, Verdict, Verifier } from './verdict.ts';

/** For the operator's log. */
export type Denial = {
  readonly why: DenialReason;
  /** What was shown, in words that are no secret. It is only claimed: whoever is named in it may know nothing of it. */
  readonly credential: string;
  readonly remoteAddress: string | undefined;
};

export type CreateAccessOptions = {
  readonly tokens: Verifier<string>;
  readonly jwt?: Verifier<string> | undefined;
  readonly links?: Verifier<AccessRequest> | undefined;
  /** Whether those who show no credential may have what is public. */
  readonly anonymous: 'public' | 'denied';
  /** Absent where the address of a client is not known: then nobody is slowed. */
  readonly failures?: Failures | undefined;
  readonly report?: ((denial: Denial) => void) | undefined;
};

const NOBODY: Readonly<Record<CreateAccessOptions['anonymous'], Decision>> = {
  public: {
    kind: 'known',
    principal: { name: ANONYMOUS, isAdmin: false, challenge: CHALLENGE, mayRead: ({ isPublic }) => isPublic },
  },
  denied: { kind: 'unauthenticated', challenge: CHALLENGE },
};

const UNKNOWN_KIND: Verdict = { kind: 'worthless', why: 'malformed', credential: 'bearer' };

/** Of what no kind of credential is: nothing in it is looked up. */
const NO_KIND: Verifier<unknown> = { verify: () => UNKNOWN_KIND, remembers: () => false };

export function createAccess(options: CreateAccessOptions): Access {
  const { tokens, jwt = NO_KIND, links = NO_KIND, anonymous, failures, report } = options;

  function decideBy<Shown>(verifier: Verifier<Shown>, shown: Shown, { remoteAddress }: AccessRequest) {
    const slowedMs = failures?.waitMs(remoteAddress) ?? 0;
    if (slowedMs > 0 && !verifier.remembers(shown)) return toSlowed(slowedMs);
    const toDecision = (verdict: Verdict): Decision => {
      if (verdict.kind === 'genuine') return { kind: 'known', principal: verdict.principal };
      if (verdict.kind === 'unfit') return { ...verdict, kind: 'forbidden' };
      if (slowedMs > 0) return toSlowed(slowedMs);
      failures?.add(remoteAddress);
      report?.({ why: verdict.why, credential: verdict.credential, remoteAddress });
      return { kind: 'unauthenticated', challenge: INVALID_TOKEN };
    };
    const verdict = verifier.verify(shown);
    return verdict instanceof Promise ? verdict.then(toDecision) : toDecision(verdict);
  }

  return {
    decide(request) {
      const credential = readCredential(request);
      if (credential.kind === 'none') return NOBODY[anonymous];
      if (credential.kind === 'several') return { kind: 'unauthenticated', challenge: SEVERAL_CREDENTIALS };
      if (credential.kind === 'foreign') return { kind: 'unauthenticated', challenge: CHALLENGE };
      if (credential.kind === 'link') return decideBy(links, request, request);
      return decideBy(credential.text.startsWith(TOKEN_PREFIX) ? tokens : jwt, credential.text, request);
    },
  };
}

function toSlowed(retryAfterMs: number): Decision {
  return { kind: 'slowed', retryAfterMs };
}
