import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { encodeKey, encodeUri } from './aws-uri.ts';
import { S3Error } from './s3-error.ts';
import { readTarget } from './target.ts';

const BUCKETS = new Set(['lab', 'lab.two', '127']);

function read(url: string, host = '127.0.0.1:9000'): { bucket: string | undefined; key: string | undefined } {
  const target = readTarget(url, host, BUCKETS);
  assert.ok(!(target instanceof S3Error));
  return { bucket: target.bucket, key: target.key };
}

describe('the target of a request', () => {
  it('is a bucket and a key in the path', () => {
    const cases: readonly [string, string | undefined, string | undefined][] = [
      ['/', undefined, undefined],
      ['/lab', 'lab', undefined],
      ['/lab/', 'lab', undefined],
      ['/lab?list-type=2', 'lab', undefined],
      ['/lab/a/b', 'lab', 'a/b'],
      ['/lab//a', 'lab', '/a'],
      ['/lab/a%2Fb%20c+d%2B', 'lab', 'a/b c d+'],
      ['/lab/../x', 'lab', '../x'],
      ['/lab/a?versionId=1', 'lab', 'a'],
      ['http://127.0.0.1:9000/lab/a', 'lab', 'a'],
      ['http://127.0.0.1:9000', undefined, undefined],
    ];
    for (const [url, bucket, key] of cases) assert.deepEqual(read(url), { bucket, key }, url);
  });

  it('is a key alone where the host names a bucket', () => {
    assert.deepEqual(read('/a/b', 'lab.example.com'), { bucket: 'lab', key: 'a/b' });
    assert.deepEqual(read('/', 'lab.example.com:80'), { bucket: 'lab', key: undefined });
    assert.deepEqual(read('/a', 'lab.two.example.com'), { bucket: 'lab', key: 'a' });
    assert.deepEqual(read('/lab/a', 'example.com'), { bucket: 'lab', key: 'a' });
    assert.deepEqual(read('/lab/a', 'lab'), { bucket: 'lab', key: 'a' });
  });

  it('is any key that was encoded', () => {
    const keys = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(fc.property(keys, (key) => assert.deepEqual(read(`/lab/${encodeKey(key)}`), { bucket: 'lab', key })));
    fc.assert(fc.property(keys, (key) => /^[A-Za-z0-9\-._~%]*$/.test(encodeUri(key))));
  });

  it('is an error when it is not UTF-8, percent-encoded', () => {
    for (const url of ['/lab/%ff', '/lab/%', '/lab/a?x=%zz']) {
      const target = readTarget(url, undefined, BUCKETS);
      assert.ok(target instanceof S3Error && target.code === 'InvalidURI', url);
    }
  });
});
