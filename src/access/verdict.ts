// What the verification of one credential comes to; every kind of credential is verified by one of these.
import type { Principal } from './access.ts';

/** Why a credential proves nothing. It is for the operator; whoever showed it is not told. */
export type DenialReason =
  | 'malformed'
  | 'unknown'
  | 'wrong-secret'
  | 'revoked'
  | 'expired'
  | 'not-yet-valid'
  | 'algorithm'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'claims'
  | 'lifetime';

export type Verdict =
  | { readonly kind: 'genuine'; readonly principal: Principal }
  | {
      readonly kind: 'worthless';
      readonly why: DenialReason;
      /** What it claims to be, in words that are no secret. */
      readonly credential: string;
    }
  /** Genuine, and not for this. */
  | { readonly kind: 'unfit'; readonly principal: string; readonly reason: string };

/** Verifies the credentials of one kind. */
export interface Verifier<Shown> {
  /** Rejects with `unavailable` where it could not be found out. */
  verify(shown: Shown): Verdict | Promise<Verdict>;
  /**
   * Whether verifying it takes no look-up of an id that is new, and no public-key signature: what it is compared with is
   * remembered from before.
   */
  remembers(shown: Shown): boolean;
}
