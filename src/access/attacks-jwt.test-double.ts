// JWTs as attackers make them.
import { createHmac } from 'node:crypto';
import { UnsecuredJWT, exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { NOON_MS, bearer } from './access-trial.test-double.ts';
import type { Attacks } from './attacked-world.test-double.ts';
import { makeKey, signJwt } from './issuer.test-double.ts';
import type { IssuerKey } from './issuer.test-double.ts';

const NOON = NOON_MS / 1000;

type Attack = Attacks[string][1];
type Fields = Readonly<Record<string, unknown>>;

/** A JWT whose parts are what they are given as, signed with HMAC. */
function hmacJwt(header: object, claims: object, secret: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const body = `${encode(header)}.${encode(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

const swapPart = (jwt: string, at: number, part: string) => jwt.split('.').with(at, part).join('.');
const encodeClaims = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url');
export const jwtWith =
  (changed: Fields, header?: Fields): Attack =>
  async ({ key, claims }) =>
    bearer(await signJwt(key, { ...claims, ...changed }, header));

/** Signed with a key of the attacker's, which the header brings along. */
const jwtBringing =
  (toHeader: (attacker: IssuerKey, url: string) => Fields): Attack =>
  async ({ claims, key, issuer }) => {
    const attacker = { ...(await makeKey('attacker', 'RS256')), kid: key.kid };
    return bearer(await signJwt(attacker, claims, toHeader(attacker, `${issuer.url}/attacker`)));
  };

async function publicKeyOf({ jwk }: IssuerKey): Promise<{ readonly publicKey: CryptoKey }> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return { publicKey: await crypto.subtle.importKey('jwk', { ...jwk }, algorithm, true, ['verify']) };
}

export const JWT_ATTACKS: Attacks = {
  'an expired JWT': ['expired', jwtWith({ exp: NOON })],
  'a JWT that is not valid yet': ['not-yet-valid', jwtWith({ nbf: NOON + 1 })],
  'a JWT for others': ['audience', jwtWith({ aud: 'other' })],
  'a JWT for nobody': ['audience', jwtWith({ aud: undefined })],
  'a JWT of another issuer': ['issuer', jwtWith({ iss: 'https://other.example' })],
  'a JWT of an issuer that begins alike': [
    'issuer',
    async ({ key, claims, issuer }) => bearer(await signJwt(key, { ...claims, iss: `${issuer.url}.example` })),
  ],
  'a JWT that never expires': ['claims', jwtWith({ exp: undefined })],
  'a JWT that expires at no time': ['claims', jwtWith({ exp: '9999999999' })],
  'a JWT for a reserved name': ['claims', jwtWith({ sub: 'anonymous' })],
  'a JWT for a name with a line end': ['claims', jwtWith({ sub: 'alice\r\nSet-Cookie: a=b' })],
  'a JWT with no signature': ['algorithm', ({ claims }) => bearer(new UnsecuredJWT({ ...claims }).encode())],
  'a JWT of alg none in other letters': [
    'algorithm',
    ({ claims }) => bearer(`${encodeClaims({ alg: 'nOnE' })}.${encodeClaims(claims)}.`),
  ],
  'a JWT whose signature was cut off': [
    'signature',
    async ({ key, claims }) => bearer(swapPart(await signJwt(key, claims), 2, '')),
  ],
  'a JWT signed with the public key as if it were a secret': [
    'algorithm',
    async ({ key, claims }) => {
      const { publicKey } = await publicKeyOf(key);
      return bearer(hmacJwt({ alg: 'HS256', kid: key.kid }, claims, await exportSPKI(publicKey)));
    },
  ],
  'a JWT signed with the modulus as if it were a secret': [
    'algorithm',
    ({ key, claims }) => bearer(hmacJwt({ alg: 'HS256', kid: key.kid }, claims, key.jwk.n ?? '')),
  ],
  'a JWT of another algorithm than its key is for': [
    'unknown',
    async ({ key, claims }) => {
      const { privateKey } = await generateKeyPair('PS256');
      return bearer(await signJwt({ ...key, alg: 'PS256', privateKey }, claims));
    },
  ],
  'a JWT of an unknown key': ['unknown', jwtWith({}, { kid: 'other' })],
  'a JWT whose key has the name of a file': ['unknown', jwtWith({}, { kid: '../../../dev/null' })],
  'a JWT whose key is named by SQL': ['unknown', jwtWith({}, { kid: "' union select 'a' --" })],
  'a JWT of an unknown critical header': [
    'malformed',
    async ({ key, claims }) => {
      const [header] = (await signJwt(key, claims)).split('.');
      const fields = { ...(JSON.parse(Buffer.from(header!, 'base64url').toString()) as object), crit: ['x'], x: 1 };
      return bearer(swapPart(await signJwt(key, claims), 0, encodeClaims(fields)));
    },
  ],
  'a JWT with its own key in it': ['signature', jwtBringing(({ jwk }) => ({ jwk }))],
  'a JWT that names where its key is': ['signature', jwtBringing((_attacker, jku) => ({ jku }))],
  'a JWT that names its certificate': ['signature', jwtBringing((_attacker, x5u) => ({ x5u }))],
  'a JWT with its certificate in it': ['signature', jwtBringing(() => ({ x5c: ['MIIB'] }))],
  'a JWT with other claims': [
    'signature',
    async ({ key, claims }) =>
      bearer(swapPart(await signJwt(key, claims), 1, encodeClaims({ ...claims, sub: 'root' }))),
  ],
  'a JWT with another signature': [
    'signature',
    async ({ key, claims }) => {
      const [other] = (await signJwt(key, { ...claims, sub: 'bob' })).split('.').slice(2);
      return bearer(swapPart(await signJwt(key, claims), 2, other!));
    },
  ],
  'a JWT with four parts': ['malformed', async ({ key, claims }) => bearer(`${await signJwt(key, claims)}.a`)],
  'a JWT that is huge': ['malformed', jwtWith({ padding: 'a'.repeat(10_000) })],
  'a JWT of nothing': ['malformed', () => bearer('..')],
  'an encrypted JWT': ['malformed', () => bearer(`${encodeClaims({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`)],
};
