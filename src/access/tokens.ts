// Verifies bearer tokens of ours against their store, by way of what is remembered of it.
import type { Principal } from './access.ts';
import { toPrincipal } from './principal.ts';
import { Remembered } from './remembered.ts';
import type { RememberedOptions } from './remembered.ts';
import { isSameHash, parseToken } from './token.ts';
import type { ShownToken } from './token.ts';
import type { StoredToken, TokenStore } from './token-store.ts';
import type { DenialReason, Verdict, Verifier } from './verdict.ts';

export type TokensOptions = RememberedOptions & {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** A token as it is remembered: what a thousand requests need is made once. */
type RememberedToken = {
  readonly hash: Buffer;
  readonly expiresAtMs: number;
  readonly isRevoked: boolean;
  readonly genuine: Verdict & { readonly principal: Principal };
};

/** What an unknown id is compared with, so that it takes the same work. No text has this hash that anybody could find. */
const NO_HASH = Buffer.alloc(32);

export function createTokens(
  store: Pick<TokenStore, 'find'>,
  { now = Date.now, ...options }: TokensOptions = {},
): Verifier<string> {
  const remembered = new Remembered(async (id) => toRemembered(await store.find(id)), options);
  return {
    verify(text) {
      const shown = parseToken(text);
      if (!shown) return { kind: 'worthless', why: 'malformed', credential: 'token' };
      const found = remembered.find(shown.id);
      if (found instanceof Promise) return found.then((token) => judge(shown, token, now()));
      return judge(shown, found, now());
    },
    remembers(text) {
      const shown = parseToken(text);
      return shown !== undefined && remembered.knows(shown.id);
    },
  };
}

function toRemembered(stored: StoredToken | undefined): RememberedToken | undefined {
  if (!stored) return undefined;
  const { entry, hash } = stored;
  const { principal: name, scopes, collections, expiresAt, revokedAt } = entry;
  const principal = toPrincipal({ name, credential: `token:${entry.id}`, scopes, collections });
  return {
    hash,
    expiresAtMs: expiresAt?.getTime() ?? Infinity,
    isRevoked: revokedAt !== undefined,
    genuine: { kind: 'genuine', principal },
  };
}

function judge(shown: ShownToken, token: RememberedToken | undefined, nowMs: number): Verdict {
  const isSame = isSameHash(shown.hash, token?.hash ?? NO_HASH);
  const deny = (why: DenialReason): Verdict => ({ kind: 'worthless', why, credential: `token:${shown.id}` });
  if (!token) return deny('unknown');
  if (!isSame) return deny('wrong-secret');
  if (token.isRevoked) return deny('revoked');
  if (nowMs >= token.expiresAtMs) return deny('expired');
  return token.genuine;
}
