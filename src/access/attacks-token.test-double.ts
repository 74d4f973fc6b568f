// Tokens as attackers make them, and show them.
import { crc32 } from 'node:zlib';
import { bearer, toRequest } from './access-trial.test-double.ts';
import type { Attacks } from './attacked-world.test-double.ts';

/** A token of this id with another secret, whose checksum is right. */
function guess(id: string, secret = 'A'.repeat(43)): string {
  const body = `sluice_${id}_${secret}`;
  return body + crc32(body).toString(16).padStart(8, '0');
}

export const TOKEN_ATTACKS: Attacks = {
  nothing: ['unread', () => toRequest()],
  'the id of a token with another secret': ['wrong-secret', ({ tokenId }) => bearer(guess(tokenId))],
  'a token of an unknown id': ['unknown', () => bearer(guess('aaaaaaaaaaaaaaaa'))],
  'a revoked token': ['revoked', ({ revoked }) => bearer(revoked)],
  'a token in capitals': ['malformed', ({ token }) => bearer(token.toUpperCase())],
  'the beginning of a token': ['malformed', ({ token }) => bearer(token.slice(0, -1))],
  'a token and more': ['malformed', ({ token }) => bearer(`${token}a`)],
  'a token twice in a list': [
    'unread',
    ({ token }) => toRequest({ headers: { authorization: `Bearer ${token}, Bearer ${token}` } }),
  ],
  'a token of SQL': ['unread', () => bearer(guess("' or '1'='1' --"))],
  'an id of wildcards': ['unread', () => bearer(guess('%%%%%%%%%%%%%%%%'))],
  'a token with a line end': [
    'unread',
    ({ token }) => toRequest({ headers: { authorization: `Bearer ${token}\r\nX: y` } }),
  ],
  'a token with a NUL': ['unread', ({ token }) => toRequest({ headers: { authorization: `Bearer ${token}\0` } })],
  'two fields': [
    'unread',
    ({ token }) => toRequest({ headers: { authorization: [`Bearer ${token}`, 'Bearer other'] } }),
  ],
  'two tokens': [
    'unread',
    ({ token, expiring }) => toRequest({ headers: { authorization: `Bearer ${token}`, 'x-auth-token': expiring } }),
  ],
  'a token as a password': [
    'unread',
    ({ token }) => toRequest({ headers: { authorization: `Basic ${Buffer.from(`a:${token}`).toString('base64')}` } }),
  ],
  'a token in the query': ['unread', ({ token }) => toRequest({ query: `access_token=${token}` })],
  'a token as a signature': [
    'malformed',
    ({ token }) => toRequest({ query: `expires=9999999999&by=alice&key=aaaabbbbccccdddd&sig=${token}` }),
  ],
  'a token in a field of its own': [
    'unread',
    ({ token }) => toRequest({ headers: { 'x-token': token, cookie: token } }),
  ],
};
