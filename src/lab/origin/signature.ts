// Signature Version 4, verified as S3 verifies it: in the Authorization header, or in the query of a presigned URL.
// A signature may come again within its time, for S3 keeps no nonces: one signature serves every range of an object
// when Range is not among the signed headers.

import { createHmac, timingSafeEqual } from 'node:crypto';

import { formatCanonicalRequest, formatScope, formatStringToSign } from './canonical-request.ts';
import type { Scope, SignedRequest } from './canonical-request.ts';
import { S3Error } from './s3-error.ts';
import { readClaim } from './signature-claim.ts';
import type { Claim } from './signature-claim.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** Throws the `S3Error` that S3 would answer with, unless the request is signed with the right credentials. */
export type VerifySignature = (request: SignedRequest, now: Date) => void;

/** "Authenticating Requests (AWS Signature Version 4)": requests older or newer than 15 minutes are refused. */
const MAX_SKEW_MS = 15 * 60_000;

export function createVerifier(credentials: Credentials, { region }: { readonly region: string }): VerifySignature {
  const keyOf = createKeyDerivation(credentials.secretAccessKey);
  return (request, now) => {
    const claim = readClaim(request);
    if (claim.accessKeyId !== credentials.accessKeyId) {
      throw new S3Error('InvalidAccessKeyId', { AWSAccessKeyId: claim.accessKeyId });
    }
    if (claim.sessionToken !== credentials.sessionToken) throw new S3Error('InvalidToken');
    checkScope(claim, region);
    checkTime(claim, now);
    checkCoverage(request, claim);
    const canonicalRequest = formatCanonicalRequest(request, claim);
    const stringToSign = formatStringToSign(canonicalRequest, claim.scope, claim.time);
    const expected = hmac(keyOf(claim.scope), stringToSign);
    const given = Buffer.from(claim.signature, 'hex');
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    throw new S3Error('SignatureDoesNotMatch', {
      AWSAccessKeyId: claim.accessKeyId,
      StringToSign: stringToSign,
      SignatureProvided: claim.signature,
      CanonicalRequest: canonicalRequest,
    });
  };
}

function checkScope({ scope, time, expiresMs }: Claim, region: string): void {
  const code = expiresMs === undefined ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError';
  if (scope.region !== region) {
    const message = `The region '${scope.region}' is wrong; expecting '${region}'`;
    throw new S3Error(code, { Region: region }, { message });
  }
  if (scope.service !== 's3') throw new S3Error(code, {}, { message: `The service '${scope.service}' is not 's3'.` });
  if (!time.startsWith(scope.date))
    throw new S3Error(code, {}, { message: 'The scope and the time differ in the day.' });
}

function checkTime({ time, expiresMs }: Claim, now: Date): void {
  const signedAt = parseTime(time);
  const details = { RequestTime: time, ServerTime: now.toISOString(), MaxAllowedSkewMilliseconds: MAX_SKEW_MS };
  const ageMs = now.getTime() - signedAt;
  if (expiresMs === undefined ? Math.abs(ageMs) > MAX_SKEW_MS : -ageMs > MAX_SKEW_MS) {
    throw new S3Error('RequestTimeTooSkewed', details);
  }
  if (expiresMs !== undefined && ageMs > expiresMs) {
    throw new S3Error('AccessDenied', { ServerTime: now.toISOString() }, { message: 'Request has expired' });
  }
}

function parseTime(time: string): number {
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const milliseconds = iso === time ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(milliseconds)) {
    throw new S3Error('AccessDenied', {}, { message: 'The time of the signature must look like 20260131T235959Z.' });
  }
  return milliseconds;
}

/** The Host and all of x-amz-* must be signed, or somebody on the way could change what is asked for. */
function checkCoverage(request: SignedRequest, { signedHeaders }: Claim): void {
  const isRequired = (name: string): boolean => name === 'host' || name.startsWith('x-amz-');
  const missing = Object.keys(request.headers).filter((name) => isRequired(name) && !signedHeaders.includes(name));
  if (missing.length > 0) {
    const message = 'There were headers present in the request which were not signed';
    throw new S3Error('AccessDenied', { HeadersNotSigned: missing.join(', ') }, { message });
  }
}

/** The key of a scope is four HMACs deep and the same for a whole day: the last one is kept. */
function createKeyDerivation(secret: string): (scope: Scope) => Buffer {
  let last: { readonly name: string; readonly key: Buffer } | undefined;
  return (scope) => {
    const name = formatScope(scope);
    if (last?.name !== name) {
      const steps = [scope.date, scope.region, scope.service, 'aws4_request'];
      const first: string | Buffer = `AWS4${secret}`;
      last = { name, key: Buffer.from(steps.reduce<string | Buffer>(hmac, first)) };
    }
    return last.key;
  };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
