// The text that Signature Version 4 signs, rebuilt from the request as it arrived.
// The rules are "Create a canonical request" and "Create a string to sign" in the AWS documentation; S3 encodes the
// path once and normalises nothing in it.

import { createHash } from 'node:crypto';

import { encodeKey, encodeUri } from './aws-uri.ts';
import type { Query } from './aws-uri.ts';

export type SignedRequest = {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly query: Query;
  /** Every value of every header, the names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
};

/** What a signature says of itself: `Credential=KEY/20260101/us-east-1/s3/aws4_request`, and what it covers. */
export type Scope = { readonly date: string; readonly region: string; readonly service: string };

export function formatScope({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

export function formatCanonicalRequest(
  request: SignedRequest,
  { signedHeaders, payloadHash }: { readonly signedHeaders: readonly string[]; readonly payloadHash: string },
): string {
  return [
    request.method,
    encodeKey(request.path),
    formatCanonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${(request.headers[name] ?? []).map(toSingleSpaces).join(',')}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

export function formatStringToSign(canonicalRequest: string, scope: Scope, time: string): string {
  const hash = createHash('sha256').update(canonicalRequest).digest('hex');
  return ['AWS4-HMAC-SHA256', time, formatScope(scope), hash].join('\n');
}

function formatCanonicalQuery(query: Query): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const)
    .toSorted(([nameA, valueA], [nameB, valueB]) => compareText(nameA, nameB) || compareText(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function toSingleSpaces(value: string): string {
  return value.trim().replace(/ +/g, ' ');
}
