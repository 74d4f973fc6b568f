// Signs links with the current key, and verifies what is shown as one. A link names an object, not a collection: who
// may sign one for it is for the caller of `sign` to decide.
import type { AccessRequest, Principal } from './access.ts';
import { SluiceError } from '../errors.ts';
import { parsePrefix } from './address.ts';
import type { LinkKeys } from './link-keys.ts';
import { isSigned, parseLink, signLink } from './link.ts';
import type { LinkTerms, ShownLink } from './link.ts';
import { LINK_PREFIX, PRINCIPAL_RULE, isPrincipalName } from './principal.ts';
import { Remembered } from './remembered.ts';
import type { RememberedOptions } from './remembered.ts';
import type { DenialReason, Verdict, Verifier } from './verdict.ts';

/** Long enough for a download that takes days, and short enough for a link that got about. */
export const DEFAULT_MAX_LIFETIME_MS = 7 * 86_400_000;

/** Clocks of gateways differ: a link of the longest life that one has signed is too long for none of the others. */
const CLOCK_TOLERANCE_MS = 60_000;

/** What a link is for. */
const METHODS: readonly string[] = ['GET', 'HEAD'];

export type LinksOptions = RememberedOptions & {
  readonly maxLifetimeMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

export type Links = Verifier<AccessRequest> & {
  /** The query that goes behind `?`. Rejects with `bad-input`, and with what the keys reject with. */
  sign(terms: LinkTerms): Promise<string>;
};

export function createLinks(keys: Pick<LinkKeys, 'current' | 'find'>, options: LinksOptions = {}): Links {
  const { maxLifetimeMs = DEFAULT_MAX_LIFETIME_MS, now = Date.now, ...remembering } = options;
  const remembered = new Remembered((id) => keys.find(id), remembering);

  function judge(link: ShownLink, request: AccessRequest, key: Awaited<ReturnType<LinkKeys['find']>>): Verdict {
    const deny = (why: DenialReason): Verdict => ({ kind: 'worthless', why, credential: `link:${link.keyId}` });
    const { id, method, remoteAddress } = request;
    if (id === undefined) return deny('malformed');
    if (!key) return deny('unknown');
    if (!isSigned(link, { id, key })) return deny('signature');
    const leftMs = link.expiresAt.getTime() - now();
    if (leftMs <= 0) return deny('expired');
    // A key that is remembered may have been retired long enough ago by now.
    if (key.retiredAt && now() >= key.retiredAt.getTime() + maxLifetimeMs) return deny('unknown');
    if (leftMs > maxLifetimeMs + CLOCK_TOLERANCE_MS) return deny('lifetime');
    const principal = `${LINK_PREFIX}${link.by}`;
    if (!METHODS.includes(method)) return { kind: 'unfit', principal, reason: 'A signed link is for GET and HEAD' };
    if (link.addresses !== undefined && !parsePrefix(link.addresses)?.includes(remoteAddress)) {
      return { kind: 'unfit', principal, reason: 'This signed link is for other addresses' };
    }
    return { kind: 'genuine', principal: toPrincipal(principal, link.keyId, id) };
  }

  return {
    async sign(terms) {
      checkTerms(terms, { nowMs: now(), maxLifetimeMs });
      return signLink(terms, await keys.current());
    },

    verify(request) {
      const link = parseLink(request.query);
      if (!link) return { kind: 'worthless', why: 'malformed', credential: 'link' };
      const key = remembered.find(link.keyId);
      if (key instanceof Promise) return key.then((found) => judge(link, request, found));
      return judge(link, request, key);
    },

    remembers({ query }) {
      const link = parseLink(query);
      return link !== undefined && remembered.knows(link.keyId);
    },
  };
}

function toPrincipal(name: string, keyId: string, id: string): Principal {
  return { name, credential: `link:${keyId}`, isAdmin: false, mayRead: (object) => object.id === id };
}

type TermsLimits = { readonly nowMs: number; readonly maxLifetimeMs: number };

function checkTerms({ by, expiresAt, addresses }: LinkTerms, { nowMs, maxLifetimeMs }: TermsLimits): void {
  if (!isPrincipalName(by)) throw new SluiceError('bad-input', `whoever signs a link is named by ${PRINCIPAL_RULE}`);
  const lifetimeMs = expiresAt.getTime() - nowMs;
  // Written so that a date which is none is refused as well.
  if (!(lifetimeMs > 0 && lifetimeMs <= maxLifetimeMs)) {
    throw new SluiceError('bad-input', `a link expires within ${maxLifetimeMs / 1000} seconds`);
  }
  if (addresses !== undefined && !parsePrefix(addresses)) {
    throw new SluiceError('bad-input', 'a link is for an address or a prefix of addresses, as in 192.0.2.0/24');
  }
}
