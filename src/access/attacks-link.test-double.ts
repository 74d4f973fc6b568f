// Links as attackers make them.
import type { AccessRequest } from './access.ts';
import { HOUR_MS, NOON_MS, bearer, toRequest } from './access-trial.test-double.ts';
import type { Attacks } from './attacked-world.test-double.ts';
import { signLink } from './link.ts';

export const withLink = (query: string, request: Partial<AccessRequest> = {}) => toRequest({ query, ...request });

export const LINK_ATTACKS: Attacks = {
  'a link for another object': ['signature', ({ link }) => withLink(link, { id: 'book/2' })],
  'a link for an object that begins alike': ['signature', ({ link }) => withLink(link, { id: 'book/10' })],
  'a link for no object': ['malformed', ({ link }) => withLink(link, { id: undefined })],
  'a link that was made to live longer': [
    'signature',
    ({ link }) => withLink(link.replace(/expires=\d+/, 'expires=1795442399')),
  ],
  'a link signed by another': ['signature', ({ link }) => withLink(link.replace('by=alice', 'by=root'))],
  'a link without its addresses': [
    'signature',
    ({ addressLink }) => withLink(addressLink.replace(/&addresses=[^&]+/, '')),
  ],
  'a link for other addresses': [
    'signature',
    ({ addressLink }) => withLink(addressLink.replace(/&addresses=[^&]+/, '&addresses=0.0.0.0%2F0')),
  ],
  'a link with an expiry before its own': ['malformed', ({ link }) => withLink(`expires=9999999999&${link}`)],
  'a link with an expiry after its own': ['malformed', ({ link }) => withLink(`${link}&expires=9999999999`)],
  'a link with two signatures': ['malformed', ({ link }) => withLink(`${link}&sig=${'A'.repeat(43)}`)],
  'a link in another encoding': ['malformed', ({ link }) => withLink(link.replace('by=alice', 'by=%61lice'))],
  'a link with a parameter more': ['malformed', ({ link }) => withLink(`${link}&filename=a%0d%0aX:y`)],
  'a link with a key that was removed': ['unknown', ({ removedLink }) => withLink(removedLink)],
  'a link with a key of the attacker’s': [
    'signature',
    ({ link }) => {
      const [id = ''] = /(?<=key=)[a-z2-7]+/.exec(link) ?? [];
      const terms = { id: 'book/1', by: 'alice', expiresAt: new Date(NOON_MS + HOUR_MS) };
      return withLink(signLink(terms, { id, secret: Buffer.alloc(32) }));
    },
  ],
  'a link with a token beside it': ['unread', ({ link, token }) => ({ ...bearer(token), query: link })],
  'a link of SQL': ['malformed', () => withLink("expires=1&by=a&key=' or 1=1 --&sig=a")],
};
