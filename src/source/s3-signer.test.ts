// Signatures: right by a known example and by the embedded origin's own check elsewhere; used again for a minute,
// never beyond their credentials; forgotten on demand. The clock is the test's own.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { parseEndpoint, toAddress } from './s3-address.ts';
import { createS3Signer } from './s3-signer.ts';
import type { Fields, S3Signer, SignableRequest } from './s3-signer.ts';

const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const START = Date.parse('2013-05-24T00:00:00Z');
const AMAZON = parseEndpoint(undefined, { region: 'us-east-1', pathStyle: undefined, ca: undefined });

function requestFor(key: string, more: Partial<SignableRequest> = {}): SignableRequest {
  return { method: 'GET', address: toAddress(AMAZON, 'examplebucket', key), query: {}, ...more };
}

async function signatureOf(signer: S3Signer, request: SignableRequest): Promise<string> {
  return (await signer.sign(request)).find(([name]) => name === 'authorization')?.[1] ?? '';
}

function valueOf(fields: Fields, wanted: string): string | undefined {
  return fields.find(([name]) => name === wanted)?.[1];
}

beforeEach(() => {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: START });
  // What keeps signatures for a while looks at the monotonic clock.
  mock.method(performance, 'now', () => Date.now() - START + 1);
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

describe('createS3Signer() with keys', () => {
  const create = (more: object = {}) =>
    createS3Signer({ region: 'us-east-1', credentials: { ...CREDENTIALS, ...more } });

  test('signs the host, the time and the empty content, and leaves Range and If-Match to be added', async () => {
    const fields = await create().sign(requestFor('test.txt'));
    assert.equal(valueOf(fields, 'host'), 'examplebucket.s3.us-east-1.amazonaws.com');
    assert.equal(valueOf(fields, 'x-amz-date'), '20130524T000000Z');
    assert.match(
      valueOf(fields, 'authorization') ?? '',
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
  });

  test('gives the signature that Amazon’s documentation has', async () => {
    // "Signature Calculations for the Authorization Header", example "GET Bucket (List Objects)": its host is the
    // global one of the bucket.
    const host = 'examplebucket.s3.amazonaws.com';
    const address = { origin: { host, port: 443, tls: {} }, host, path: '/' };
    const request = requestFor('', { address, query: { 'max-keys': '2', prefix: 'J' } });
    const signature = await signatureOf(create(), request);
    assert.ok(signature.endsWith('=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'), signature);
  });

  test('fields of Amazon’s own are signed, and go with it', async () => {
    const signer = create();
    const request = (value: string) => requestFor('k', { fields: { 'x-amz-object-attributes': value } });
    const fields = await signer.sign(request('ObjectParts'));
    assert.equal(valueOf(fields, 'x-amz-object-attributes'), 'ObjectParts');
    assert.match(valueOf(fields, 'authorization') ?? '', /SignedHeaders=[^,]*x-amz-object-attributes/);
    assert.notEqual(await signatureOf(signer, request('ETag')), await signatureOf(signer, request('ObjectParts')));
  });

  test('a session token goes with it', async () => {
    const fields = await create({ sessionToken: 'a-token' }).sign(requestFor('k'));
    assert.equal(valueOf(fields, 'x-amz-security-token'), 'a-token');
    assert.match(valueOf(fields, 'authorization') ?? '', /x-amz-security-token/);
  });

  test('a signature is used again, without waiting, for a minute and no longer', async () => {
    const signer = create();
    const first = await signer.sign(requestFor('k'));
    mock.timers.tick(59_000);
    assert.equal(signer.sign(requestFor('k')), first);
    mock.timers.tick(1_001);
    const later = await signer.sign(requestFor('k'));
    assert.equal(valueOf(later, 'x-amz-date'), '20130524T000100Z');
  });

  test('requests that differ in method, path, query or host have signatures of their own', async () => {
    const signer = create();
    const elsewhere = parseEndpoint('http://other', { region: 'x', pathStyle: true, ca: undefined });
    const requests = [
      requestFor('k'),
      requestFor('l'),
      requestFor('k', { method: 'HEAD' }),
      requestFor('k', { query: { versionId: '1' } }),
      requestFor('k', { query: { versionId: '2' } }),
      requestFor('k', { address: toAddress(elsewhere, 'examplebucket', 'k') }),
    ];
    const signatures = await Promise.all(requests.map((request) => signatureOf(signer, request)));
    assert.equal(new Set(signatures).size, requests.length);
    const again = await Promise.all(requests.map((request) => signatureOf(signer, request)));
    assert.deepEqual(again, signatures);
  });

  test('what is forgotten is signed anew, and nothing else is', async () => {
    const signer = create();
    const first = await signer.sign(requestFor('k'));
    const other = await signer.sign(requestFor('l'));
    mock.timers.tick(5_000);
    signer.forget(requestFor('k'));
    assert.notEqual(valueOf(await signer.sign(requestFor('k')), 'x-amz-date'), valueOf(first, 'x-amz-date'));
    assert.equal(signer.sign(requestFor('l')), other);
  });
});

test('an anonymous store is asked with nothing but the host and what belongs to the question', async () => {
  const signer = createS3Signer({ region: 'us-east-1', credentials: 'anonymous' });
  assert.deepEqual(signer.sign(requestFor('k')), [['host', 'examplebucket.s3.us-east-1.amazonaws.com']]);
  signer.forget(requestFor('k'));
  const withField = requestFor('k', { fields: { 'x-amz-max-parts': '2' } });
  assert.equal(valueOf(await signer.sign(withField), 'x-amz-max-parts'), '2');
});

describe('createS3Signer() with a profile', () => {
  let folder: string;
  const variables = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_PROFILE'] as const;
  const before = new Map(variables.map((name) => [name, process.env[name]]));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-profile-'));
    process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials');
    await writeFile(join(folder, 'credentials'), '');
    const provider = `"${process.execPath}" -p "fs.readFileSync('${join(folder, 'keys.json')}','utf8')"`;
    await writeFile(join(folder, 'config'), `[profile lab]\ncredential_process = ${provider}\n`);
  });

  afterEach(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(folder, { recursive: true });
  });

  /** What the profile's process will say from now on. */
  function issue(accessKeyId: string, lifetimeMs: number): Promise<void> {
    const Expiration = new Date(Date.now() + lifetimeMs).toISOString();
    const keys = { Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: 'secret', SessionToken: 'token', Expiration };
    return writeFile(join(folder, 'keys.json'), JSON.stringify(keys));
  }

  test('a signature goes no longer than its credentials, and then has the new ones', async () => {
    const signer = createS3Signer({ region: 'us-east-1', credentials: { profile: 'lab' } });
    await issue('FIRST', 20_000);
    const first = await signer.sign(requestFor('k'));
    assert.match(valueOf(first, 'authorization') ?? '', /Credential=FIRST\//);
    await issue('SECOND', 3_600_000);
    mock.timers.tick(19_000);
    assert.equal(signer.sign(requestFor('k')), first);
    mock.timers.tick(1_001);
    assert.match(await signatureOf(signer, requestFor('k')), /Credential=SECOND\//);
  });

  test('a profile without keys is a denial, which is not kept: the next request asks again', async () => {
    const signer = createS3Signer({ region: 'us-east-1', credentials: { profile: 'lab' } });
    await assert.rejects(async () => signer.sign(requestFor('k')), { code: 'origin-denied' });
    await issue('LATER', 3_600_000);
    assert.match(await signatureOf(signer, requestFor('k')), /Credential=LATER\//);
  });
});
