// The origin over a real socket: what it answers to requests as they stand on the wire.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { encodeKey } from './aws-uri.ts';
import { startOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { syntheticBytes } from './synthetic-bytes.ts';
import { ask, CREDENTIALS, signedHeaders } from './test-client.ts';
import type { Answered, Asked } from './test-client.ts';

const KIB = 1024;
const TIB = 2 ** 40;
const ODD_KEYS = ['a b', 'a+b', 'ä/日本😀', 'x//y', '../up/./z', '100%', '%41', '/leading', 'trailing/', "it's (1)*!"];

let origin: Origin;

before(async () => {
  origin = await startOrigin({
    credentials: CREDENTIALS,
    buckets: {
      lab: {
        objects: [
          { key: 'small', size: 10, seed: 1, mediaType: 'text/plain' },
          { key: 'medium', size: 700 * KIB, seed: 2 },
          { key: 'huge', size: 5 * TIB, seed: 3, partSizeBytes: 2 ** 30 },
          { key: 'empty', size: 0, seed: 4 },
          ...ODD_KEYS.map((key, index) => ({ key, size: 100 + index, seed: 100 + index })),
        ],
      },
      'with.dots': { objects: [{ key: 'k', size: 1 }] },
    },
  });
});

after(async () => {
  await origin.close();
  assert.equal(origin.openConnections(), 0);
});

async function askSigned(asked: Omit<Asked, 'url'>): Promise<Answered> {
  const whole = { url: origin.url, ...asked };
  return ask({ ...whole, headers: await signedHeaders(whole) });
}

function errorCode({ body }: Answered): string | undefined {
  return /^<\?xml .*\n<Error><Code>(\w+)<\/Code>/.exec(body.toString())?.[1];
}

describe('an object', () => {
  it('comes whole, with what S3 says of it', async () => {
    const { status, headers, body } = await askSigned({ path: '/lab/medium' });
    assert.equal(status, 200);
    assert.ok(body.equals(syntheticBytes({ seed: 2, offset: 0, length: 700 * KIB })));
    assert.equal(headers['content-length'], String(700 * KIB));
    assert.equal(headers['content-type'], 'binary/octet-stream');
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.match(String(headers.etag), /^"[0-9a-f]{32}"$/);
    assert.match(String(headers['last-modified']), /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/);
    assert.match(String(headers['x-amz-request-id']), /^[0-9A-F]{16}$/);
  });

  it('has the same headers for HEAD as for GET', async () => {
    const [get, head] = [
      await askSigned({ path: '/lab/small' }),
      await askSigned({ path: '/lab/small', method: 'HEAD' }),
    ];
    const strip = ({ headers }: Answered): unknown => ({ ...headers, date: '', 'x-amz-request-id': '' });
    assert.deepEqual(strip(head), strip(get));
    assert.equal(head.body.length, 0);
    assert.equal(head.headers['content-type'], 'text/plain');
  });

  it('gives a range at the far end of five tebibytes', async () => {
    const { status, headers, body } = await askSigned({ path: '/lab/huge', headers: { range: 'bytes=-5000' } });
    assert.equal(status, 206);
    assert.equal(headers['content-range'], `bytes ${5 * TIB - 5000}-${5 * TIB - 1}/${5 * TIB}`);
    assert.ok(body.equals(syntheticBytes({ seed: 3, offset: 5 * TIB - 5000, length: 5000 })));
    assert.match(String(headers.etag), /^"[0-9a-f]{32}-5120"$/);
  });

  it('may have any key', async () => {
    for (const [index, key] of ODD_KEYS.entries()) {
      const { status, body } = await askSigned({ path: `/lab/${encodeKey(key)}` });
      assert.equal(status, 200, key);
      assert.ok(body.equals(syntheticBytes({ seed: 100 + index, offset: 0, length: 100 + index })), key);
    }
  });

  it('is found by the name of the host too', async () => {
    for (const host of ['lab.localhost', 'LAB.s3.example.com:80']) {
      assert.equal((await askSigned({ path: '/small', headers: { host } })).status, 200);
    }
    assert.equal((await askSigned({ path: '/k', headers: { host: 'with.dots.s3.example.com' } })).status, 200);
    assert.equal((await askSigned({ path: '/small', headers: { host: 'other.localhost' } })).status, 404);
  });

  it('may be empty', async () => {
    const { status, headers, body } = await askSigned({ path: '/lab/empty' });
    assert.deepEqual([status, headers['content-length'], body.length], [200, '0', 0]);
  });

  it('comes and goes, and is replaced by another version of the same size', async () => {
    const put = origin.putObject('lab', { key: 'new', size: 300, seed: 8 });
    const first = await askSigned({ path: '/lab/new' });
    const replaced = origin.replaceObject('lab', 'new', { seed: 9 });
    const second = await askSigned({ path: '/lab/new' });
    origin.removeObject('lab', 'new');
    const third = await askSigned({ path: '/lab/new' });
    assert.deepEqual([first.headers.etag, second.headers.etag, third.status], [put.etag, replaced.etag, 404]);
    assert.notEqual(put.etag, replaced.etag);
    assert.ok(second.body.equals(syntheticBytes({ seed: 9, offset: 0, length: 300 })));
    assert.throws(() => origin.removeObject('lab', 'new'), { code: 'bad-input' });
    assert.throws(() => origin.putObject('nowhere', { key: 'k', size: 1 }), { code: 'bad-input' });
  });
});

describe('an error', () => {
  it('is what S3 answers', async () => {
    const cases: readonly [Omit<Asked, 'url'>, number, string][] = [
      [{ path: '/lab/nothing' }, 404, 'NoSuchKey'],
      [{ path: '/nowhere/small' }, 404, 'NoSuchBucket'],
      [{ path: '/nowhere' }, 404, 'NoSuchBucket'],
      [{ path: '/lab/small?versionId=other' }, 404, 'NoSuchVersion'],
      [{ path: '/lab/small', headers: { range: 'bytes=10-' } }, 416, 'InvalidRange'],
      [{ path: '/lab/small', headers: { 'if-match': '"x"' } }, 412, 'PreconditionFailed'],
      [{ path: '/lab/small', method: 'DELETE' }, 405, 'MethodNotAllowed'],
      [{ path: '/lab/small?acl=' }, 501, 'NotImplemented'],
      [{ path: '/lab' }, 501, 'NotImplemented'],
      [{ path: `/lab/${'k'.repeat(1025)}` }, 400, 'KeyTooLongError'],
    ];
    for (const [asked, status, code] of cases) {
      const answered = await askSigned(asked);
      assert.deepEqual([answered.status, errorCode(answered)], [status, code], JSON.stringify(asked));
      assert.equal(answered.headers['content-type'], 'application/xml');
      const [, requestId] = /<RequestId>(\w+)</.exec(answered.body.toString()) ?? [];
      assert.equal(requestId, answered.headers['x-amz-request-id']);
    }
  });

  it('has no body for HEAD', async () => {
    const { status, headers, body } = await askSigned({ path: '/lab/nothing', method: 'HEAD' });
    assert.deepEqual([status, headers['content-length'], body.length], [404, undefined, 0]);
  });

  it('tells an unsigned request from a wrongly signed one', async () => {
    const asked = { url: origin.url, path: '/lab/small' };
    const unsigned = await ask(asked);
    assert.deepEqual([unsigned.status, errorCode(unsigned)], [403, 'AccessDenied']);
    const wrong = await ask({ ...asked, headers: await signedHeaders(asked, { secret: 'wrong' }) });
    assert.deepEqual([wrong.status, errorCode(wrong)], [403, 'SignatureDoesNotMatch']);
    const old = await ask({
      ...asked,
      headers: await signedHeaders(asked, { date: new Date(Date.now() - 1_000_000) }),
    });
    assert.deepEqual([old.status, errorCode(old)], [403, 'RequestTimeTooSkewed']);
  });

  it('answers a path that is not UTF-8', async () => {
    const answered = await ask({ url: origin.url, path: '/lab/%ff' });
    assert.deepEqual([answered.status, errorCode(answered)], [400, 'InvalidURI']);
  });

  it('refuses an upload without reading it', async () => {
    const answered = await ask({ url: origin.url, path: '/lab/small', method: 'PUT', body: 'x'.repeat(100) });
    assert.deepEqual([answered.status, answered.headers.connection], [403, 'close']);
  });
});

describe('a bucket', () => {
  it('answers HEAD, its region, and the list of all', async () => {
    assert.equal((await askSigned({ path: '/lab', method: 'HEAD' })).status, 200);
    assert.equal((await askSigned({ path: '/nowhere', method: 'HEAD' })).status, 404);
    assert.match((await askSigned({ path: '/lab?location=' })).body.toString(), /<LocationConstraint [^>]*><\/Loc/);
    assert.match((await askSigned({ path: '/' })).body.toString(), /<Name>lab<\/Name>.*<Name>with.dots<\/Name>/);
  });
});

describe('an origin without credentials', () => {
  it('asks for no signature, and is the same to read', async () => {
    const open = await startOrigin({
      credentials: undefined,
      buckets: { lab: { objects: [{ key: 'k', size: 5, seed: 6 }] } },
    });
    const { status, body } = await ask({ url: open.url, path: '/lab/k' });
    await Promise.all([open.close(), open.close()]);
    assert.equal(status, 200);
    const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    assert.equal(digest(body), digest(syntheticBytes({ seed: 6, offset: 0, length: 5 })));
  });

  it('says what is wrong with its buckets, objects and port', async () => {
    const start = (key: string, size: number, bucket = 'lab'): Promise<Origin> =>
      startOrigin({ credentials: undefined, buckets: { [bucket]: { objects: [{ key, size }] } } });
    await assert.rejects(start('', 1), { code: 'bad-input', message: /a key is 1 to 1024 bytes/ });
    await assert.rejects(start('k', 6 * TIB), { code: 'bad-input', message: /5 TiB/ });
    await assert.rejects(start('k', 1, 'X'), { code: 'bad-input', message: /name of a bucket/ });
    const taken = startOrigin({ credentials: undefined, port: origin.port, buckets: {} });
    await assert.rejects(taken, { code: 'bad-input', message: /can't listen/ });
    const noPort = startOrigin({ credentials: undefined, port: 70_000, buckets: {} });
    await assert.rejects(noPort, { code: 'bad-input', message: /can't listen/ });
    const folder = startOrigin({ credentials: undefined, buckets: { lab: { folder: '/nonexistent' } } });
    await assert.rejects(folder, { code: 'bad-input', message: /there is no folder/ });
  });
});
