import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';

import { encodeKey, parseTarget } from './aws-uri.ts';
import type { SignedRequest } from './canonical-request.ts';
import { S3Error } from './s3-error.ts';
import { createVerifier } from './signature.ts';
import type { Credentials } from './signature.ts';
import { CREDENTIALS, signedHeaders } from './test-client.ts';
import type { Signing } from './test-client.ts';

/** The examples of "Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 documentation. */
const AWS_EXAMPLE: Credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const AWS_TIME = new Date('2013-05-24T00:00:00Z');
const REGION = { region: 'us-east-1' };
const URL_OF_ORIGIN = 'http://127.0.0.1:9000';

const NOW = new Date('2026-03-04T05:06:07Z');

function codeOf(credentials: Credentials, request: SignedRequest, now: Date): string {
  try {
    createVerifier(credentials, REGION)(request, now);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof S3Error);
    return error.code;
  }
}

function toRequest(target: string, headers: Readonly<Record<string, string>>, method = 'GET'): SignedRequest {
  const { path, query } = parseTarget(target) ?? assert.fail('the target is malformed');
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]] as const);
  return { method, path, query, headers: Object.fromEntries(entries) };
}

async function sign(path: string, signing: Signing = {}, headers: Record<string, string> = {}): Promise<SignedRequest> {
  return toRequest(path, await signedHeaders({ url: URL_OF_ORIGIN, path, headers }, { date: NOW, ...signing }));
}

describe('a verified signature', () => {
  it("accepts AWS's own example of a signed GET with a Range", () => {
    const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const headers = {
      Host: 'examplebucket.s3.amazonaws.com',
      Range: 'bytes=0-9',
      'x-amz-content-sha256': emptyHash,
      'x-amz-date': '20130524T000000Z',
      Authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
        'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,' +
        'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    };
    assert.equal(codeOf(AWS_EXAMPLE, toRequest('/test.txt', headers), AWS_TIME), 'accepted');
    const other = { ...headers, Range: 'bytes=0-10' };
    assert.equal(codeOf(AWS_EXAMPLE, toRequest('/test.txt', other), AWS_TIME), 'SignatureDoesNotMatch');
  });

  it("accepts AWS's own example of a presigned URL, for a day", () => {
    const target =
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
      '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
    const request = toRequest(target, { host: 'examplebucket.s3.amazonaws.com' });
    const after = (hours: number): Date => new Date(AWS_TIME.getTime() + hours * 3_600_000);
    assert.equal(codeOf(AWS_EXAMPLE, request, AWS_TIME), 'accepted');
    assert.equal(codeOf(AWS_EXAMPLE, request, after(23.9)), 'accepted');
    assert.equal(codeOf(AWS_EXAMPLE, request, after(24.1)), 'AccessDenied');
    assert.equal(codeOf(AWS_EXAMPLE, request, after(-1)), 'RequestTimeTooSkewed');
  });

  it('accepts any key and query that the signer of the AWS SDK signs', async () => {
    const keys = [
      'a b',
      'a+b',
      'ä/ö/日本/😀',
      'a//b',
      '../x/./y',
      '100%',
      '%41',
      "it's (a) *star*!",
      '~tilde',
      'a=b&c?d#e',
    ];
    for (const key of keys) {
      assert.equal(codeOf(CREDENTIALS, await sign(`/bucket/${encodeKey(key)}`), NOW), 'accepted', key);
    }
    const keyAndValue = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }));
    await fc.assert(
      fc.asyncProperty(keyAndValue, async ([key, value]) => {
        const request = await sign(`/bucket/${encodeKey(key)}?prefix=${encodeURIComponent(value)}&list-type=2`);
        assert.equal(codeOf(CREDENTIALS, request, NOW), 'accepted');
      }),
    );
  });

  it('accepts one signature for many ranges when Range is not signed', async () => {
    const request = await sign('/bucket/key');
    for (const range of ['bytes=0-9', 'bytes=10-19', undefined]) {
      const ranged = { ...request, headers: { ...request.headers, range: range === undefined ? undefined : [range] } };
      assert.equal(codeOf(CREDENTIALS, ranged, NOW), 'accepted');
    }
  });

  it('accepts a session token only where one is expected, and the right one', async () => {
    const withToken = await sign('/bucket/key', {}, { 'x-amz-security-token': 'token' });
    assert.equal(codeOf({ ...CREDENTIALS, sessionToken: 'token' }, withToken, NOW), 'accepted');
    assert.equal(codeOf({ ...CREDENTIALS, sessionToken: 'other' }, withToken, NOW), 'InvalidToken');
    assert.equal(codeOf(CREDENTIALS, withToken, NOW), 'InvalidToken');
  });
});

describe('a refused signature', () => {
  it('is told from a missing one, an unknown key and a wrong region', async () => {
    const request = await sign('/bucket/key');
    const unsigned = { ...request, headers: { host: ['127.0.0.1:9000'] } };
    assert.equal(codeOf(CREDENTIALS, unsigned, NOW), 'AccessDenied');
    assert.equal(codeOf({ ...CREDENTIALS, accessKeyId: 'OTHER' }, request, NOW), 'InvalidAccessKeyId');
    assert.equal(codeOf({ ...CREDENTIALS, secretAccessKey: 'other' }, request, NOW), 'SignatureDoesNotMatch');
    const elsewhere = await sign('/bucket/key', { region: 'eu-west-1' });
    assert.equal(codeOf(CREDENTIALS, elsewhere, NOW), 'AuthorizationHeaderMalformed');
  });

  it('is one more than fifteen minutes off, early or late', async () => {
    const at = async (minutes: number): Promise<string> =>
      codeOf(CREDENTIALS, await sign('/bucket/key', { date: new Date(NOW.getTime() + minutes * 60_000) }), NOW);
    assert.deepEqual(
      [await at(-15.1), await at(-14.9), await at(14.9), await at(15.1)],
      ['RequestTimeTooSkewed', 'accepted', 'accepted', 'RequestTimeTooSkewed'],
    );
  });

  it('is one for another method, path, query or header', async () => {
    const request = await sign('/bucket/key?a=1', {}, { 'x-amz-meta': 'x' });
    const others: readonly SignedRequest[] = [
      { ...request, method: 'HEAD' },
      { ...request, path: '/bucket/key2' },
      { ...request, query: [['a', '2']] },
      { ...request, headers: { ...request.headers, 'x-amz-meta': ['y'] } },
    ];
    for (const other of others) assert.equal(codeOf(CREDENTIALS, other, NOW), 'SignatureDoesNotMatch');
  });

  it('is one that leaves out the host or an x-amz header', async () => {
    const request = await sign('/bucket/key');
    const added = { ...request, headers: { ...request.headers, 'x-amz-copy-source': ['z'] } };
    assert.equal(codeOf(CREDENTIALS, added, NOW), 'AccessDenied');
  });

  it('is one that can not be read', async () => {
    const request = await sign('/bucket/key');
    const withHeader = (name: string, value: string | undefined): SignedRequest => ({
      ...request,
      headers: { ...request.headers, [name]: value === undefined ? undefined : [value] },
    });
    const authorization = request.headers['authorization']![0]!;
    const malformed = [
      'Basic abc',
      'AWS4-HMAC-SHA256',
      authorization.replace('/s3/', '/'),
      authorization.replace('/s3/', '/ec2/'),
    ];
    for (const value of malformed) {
      assert.equal(codeOf(CREDENTIALS, withHeader('authorization', value), NOW), 'AuthorizationHeaderMalformed', value);
    }
    const short = authorization.replace(/Signature=.*/, 'Signature=zz');
    assert.equal(codeOf(CREDENTIALS, withHeader('authorization', short), NOW), 'SignatureDoesNotMatch');
    assert.equal(codeOf(CREDENTIALS, withHeader('x-amz-content-sha256', undefined), NOW), 'InvalidRequest');
    assert.equal(codeOf(CREDENTIALS, withHeader('x-amz-content-sha256', 'ab'), NOW), 'XAmzContentSHA256Mismatch');
    assert.equal(codeOf(CREDENTIALS, withHeader('x-amz-date', undefined), NOW), 'AccessDenied');
    assert.equal(codeOf(CREDENTIALS, withHeader('x-amz-date', '20260304T99Z'), NOW), 'AccessDenied');
  });

  it('is a presigned one with a part missing, or good for more than a week', async () => {
    const signer = new SignatureV4({
      credentials: CREDENTIALS,
      ...REGION,
      service: 's3',
      sha256: Sha256,
      uriEscapePath: false,
    });
    const { query = {} } = await signer.presign(
      {
        method: 'GET',
        protocol: 'http:',
        hostname: 'h',
        path: '/bucket/key',
        headers: { host: 'h', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      },
      { signingDate: NOW, expiresIn: 60 },
    );
    const ask = (changed: Record<string, string>): string => {
      const entries = Object.entries({ ...query, ...changed }).filter(([, value]) => value !== '');
      const target = `/bucket/key?${entries.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
      return codeOf(CREDENTIALS, toRequest(target, { host: 'h' }), NOW);
    };
    assert.equal(ask({}), 'accepted');
    assert.equal(ask({ 'X-Amz-Expires': '700000' }), 'AuthorizationQueryParametersError');
    assert.equal(ask({ 'X-Amz-Date': '' }), 'AuthorizationQueryParametersError');
    assert.equal(ask({ 'X-Amz-Credential': 'LABKEY' }), 'AuthorizationQueryParametersError');
    assert.equal(ask({ 'X-Amz-Expires': '61' }), 'SignatureDoesNotMatch');
  });
});
