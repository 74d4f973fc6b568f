import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCredential } from './credentials.ts';
import type { Credential } from './credentials.ts';

type Shown = Parameters<typeof readCredential>[0];

const NONE: Credential = { kind: 'none' };
const FOREIGN: Credential = { kind: 'foreign' };
const SEVERAL: Credential = { kind: 'several' };
const ABC: Credential = { kind: 'bearer', text: 'abc' };

const TABLE: readonly (readonly [string, Partial<Shown>, Credential])[] = [
  ['nothing', {}, NONE],
  ['a query of the client’s own', { query: 'download=1&design=2' }, NONE],
  ['access_token in the query', { query: 'access_token=abc' }, NONE],
  ['a bearer token', { headers: { authorization: 'Bearer abc' } }, ABC],
  ['a scheme in any case', { headers: { authorization: 'bEARER   abc' } }, ABC],
  [
    'all of the characters of a token',
    { headers: { authorization: 'Bearer aZ09-._~+/==' } },
    { kind: 'bearer', text: 'aZ09-._~+/==' },
  ],
  ['X-Auth-Token', { headers: { 'x-auth-token': 'abc' } }, ABC],
  ['the same in both', { headers: { authorization: 'Bearer abc', 'x-auth-token': 'abc' } }, ABC],
  ['a link', { query: 'expires=1&sig=abc' }, { kind: 'link' }],
  ['a signature alone', { query: 'sig=' }, { kind: 'link' }],
  ['two tokens', { headers: { authorization: 'Bearer abc', 'x-auth-token': 'abd' } }, SEVERAL],
  ['a token and a foreign scheme', { headers: { authorization: 'Basic abc', 'x-auth-token': 'abc' } }, SEVERAL],
  ['a token and a link', { headers: { authorization: 'Bearer abc' }, query: 'sig=a' }, SEVERAL],
  ['X-Auth-Token and a link', { headers: { 'x-auth-token': 'abc' }, query: 'a&sig=a' }, SEVERAL],
  ['another scheme', { headers: { authorization: 'Basic YTpi' } }, FOREIGN],
  ['a signature of AWS', { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=a' } }, FOREIGN],
  ['no token after the scheme', { headers: { authorization: 'Bearer ' } }, FOREIGN],
  ['no scheme', { headers: { authorization: 'abc' } }, FOREIGN],
  ['two words', { headers: { authorization: 'Bearer abc def' } }, FOREIGN],
  ['two in a list', { headers: { authorization: 'Bearer abc, Bearer def' } }, FOREIGN],
  ['a line end', { headers: { authorization: 'Bearer abc\r\nx: y' } }, FOREIGN],
  ['a line end at the end', { headers: { authorization: 'Bearer abc\n' } }, FOREIGN],
  ['a NUL', { headers: { 'x-auth-token': 'abc\0' } }, FOREIGN],
  ['an empty field', { headers: { authorization: '' } }, FOREIGN],
  ['an empty X-Auth-Token', { headers: { 'x-auth-token': '' } }, FOREIGN],
  ['two X-Auth-Tokens, as Node joins them', { headers: { 'x-auth-token': 'abc, abc' } }, FOREIGN],
  ['a list of fields', { headers: { authorization: ['Bearer abc', 'Bearer def'] } }, FOREIGN],
  ['a list of one', { headers: { 'x-auth-token': ['abc'] } }, FOREIGN],
];

describe('the credential of a request with', () => {
  for (const [what, shown, credential] of TABLE) {
    it(`${what} is ${credential.kind}`, () => {
      assert.deepEqual({ ...readCredential({ headers: {}, query: '', ...shown }) }, credential);
    });
  }
});
