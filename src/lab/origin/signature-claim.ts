// What a request claims about who signed it, read from the Authorization header or from a presigned URL's query.
// Reading only: signature.ts decides whether it is true.

import { queryValue } from './aws-uri.ts';
import type { Scope, SignedRequest } from './canonical-request.ts';
import { S3Error } from './s3-error.ts';

export type Claim = {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As written: `20260101T000000Z`. */
  readonly time: string;
  readonly payloadHash: string;
  readonly sessionToken: string | undefined;
  /** How long after `time` it is good, for a presigned URL. */
  readonly expiresMs: number | undefined;
};

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** "Authenticating Requests: Using Query Parameters": seven days at most. */
const MAX_EXPIRES_SECONDS = 604_800;

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** Throws what S3 answers to a request that carries no signature, or none that can be read. */
export function readClaim(request: SignedRequest): Claim {
  const authorization = request.headers['authorization']?.[0];
  if (authorization !== undefined) return readHeaderClaim(request, authorization);
  if (queryValue(request.query, 'X-Amz-Algorithm') !== undefined) return readQueryClaim(request);
  throw new S3Error('AccessDenied');
}

function readHeaderClaim(request: SignedRequest, authorization: string): Claim {
  const [algorithm, rest] = splitOnce(authorization.trim(), ' ');
  const fields = new Map(rest.split(',').map((field) => splitOnce(field.trim(), '=')));
  const credential = fields.get('Credential');
  const signedHeaders = fields.get('SignedHeaders');
  const signature = fields.get('Signature');
  if (algorithm !== ALGORITHM || !credential || !signedHeaders || !signature) {
    throw new S3Error('AuthorizationHeaderMalformed');
  }
  const payloadHash = request.headers['x-amz-content-sha256']?.[0];
  if (payloadHash === undefined) {
    throw new S3Error(
      'InvalidRequest',
      {},
      { message: 'Missing required header for this request: x-amz-content-sha256' },
    );
  }
  // The origin takes no uploads, so that the body of every request it answers is empty.
  if (payloadHash !== UNSIGNED_PAYLOAD && payloadHash !== EMPTY_SHA256) {
    throw new S3Error('XAmzContentSHA256Mismatch', { ClientComputedContentSHA256: payloadHash });
  }
  const time = request.headers['x-amz-date']?.[0];
  if (time === undefined) {
    throw new S3Error('AccessDenied', {}, { message: 'AWS authentication requires a valid x-amz-date header' });
  }
  return {
    ...readCredential(credential, 'AuthorizationHeaderMalformed'),
    signedHeaders: signedHeaders.split(';'),
    signature,
    time,
    payloadHash,
    sessionToken: request.headers['x-amz-security-token']?.[0],
    expiresMs: undefined,
  };
}

function readQueryClaim(request: SignedRequest): Claim {
  const value = (name: string): string | undefined => queryValue(request.query, `X-Amz-${name}`);
  const credential = value('Credential');
  const signedHeaders = value('SignedHeaders');
  const signature = value('Signature');
  const time = value('Date');
  const expiresSeconds = Number(value('Expires') ?? Number.NaN);
  const expiresIsGood = expiresSeconds >= 0 && expiresSeconds <= MAX_EXPIRES_SECONDS;
  if (value('Algorithm') !== ALGORITHM || !credential || !signedHeaders || !signature || !time || !expiresIsGood) {
    throw new S3Error('AuthorizationQueryParametersError');
  }
  return {
    ...readCredential(credential, 'AuthorizationQueryParametersError'),
    signedHeaders: signedHeaders.split(';'),
    signature,
    time,
    payloadHash: UNSIGNED_PAYLOAD,
    sessionToken: value('Security-Token'),
    expiresMs: expiresSeconds * 1000,
  };
}

function readCredential(
  credential: string,
  errorCode: 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError',
): { accessKeyId: string; scope: Scope } {
  // The key itself may contain slashes; the four fields after it may not.
  const [, accessKeyId, date, region, service] =
    /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(credential) ?? [];
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined) {
    throw new S3Error(errorCode, {}, { message: 'The Credential must be <key>/<YYYYMMDD>/<region>/s3/aws4_request.' });
  }
  return { accessKeyId, scope: { date, region, service } };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
