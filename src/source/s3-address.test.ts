// Where an object is asked for: the endpoint as people write it, both styles, and keys of every shape.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseEndpoint, percentEncode, toAddress } from './s3-address.ts';
import type { S3Endpoint } from './s3-address.ts';

function endpointOf(text: string | undefined, options: { pathStyle?: boolean; ca?: string } = {}): S3Endpoint {
  return parseEndpoint(text, { region: 'eu-west-3', pathStyle: options.pathStyle, ca: options.ca });
}

const LOCAL = endpointOf('http://127.0.0.1:9000');
const AMAZON = endpointOf(undefined);

describe('parseEndpoint()', () => {
  test("without an endpoint it is Amazon's in that region, virtual-host style", () => {
    assert.deepEqual(AMAZON, { host: 's3.eu-west-3.amazonaws.com', port: 443, secure: true, pathStyle: false });
  });

  test('an endpoint has its scheme’s port unless it names one, and path style unless that is said', () => {
    assert.deepEqual(endpointOf('http://store'), { host: 'store', port: 80, secure: false, pathStyle: true });
    assert.deepEqual(endpointOf('https://store/'), { host: 'store', port: 443, secure: true, pathStyle: true });
    assert.equal(endpointOf('https://store:8443').port, 8443);
    assert.equal(endpointOf('https://store', { pathStyle: false }).pathStyle, false);
  });

  test('an IPv6 address loses its brackets, and certificates stay with the endpoint', () => {
    assert.equal(endpointOf('http://[::1]:9000').host, '::1');
    assert.equal(endpointOf('https://store', { ca: 'PEM' }).ca, 'PEM');
  });

  for (const text of ['store:9000', 'ftp://store', '', 'http://', 'not a url']) {
    test(`${JSON.stringify(text)} is refused, and the message has it`, () => {
      assert.throws(
        () => endpointOf(text),
        (error: { code?: string; message?: string }) => {
          assert.equal(error.code, 'bad-config');
          assert.ok(error.message?.includes(JSON.stringify(text)));
          return true;
        },
      );
    });
  }

  for (const text of ['http://store/bucket', 'http://store?x=1', 'http://store/#f', 'http://me:secret@store']) {
    test(`${text} says more than host and port: it is refused, and no secret is repeated`, () => {
      assert.throws(() => endpointOf(text), { code: 'bad-config', message: /host and a port and nothing else/ });
      assert.throws(
        () => endpointOf(text),
        ({ message }: Error) => !message.includes('secret'),
      );
    });
  }
});

describe('toAddress()', () => {
  test('path style puts the bucket into the path', () => {
    assert.deepEqual(toAddress(LOCAL, 'lab', 'a/b'), {
      origin: { host: '127.0.0.1', port: 9000 },
      host: '127.0.0.1:9000',
      path: '/lab/a/b',
    });
  });

  test('virtual-host style puts it into the host, and leaves the standard port out of the Host field', () => {
    assert.deepEqual(toAddress(AMAZON, 'lab', 'a/b'), {
      origin: { host: 'lab.s3.eu-west-3.amazonaws.com', port: 443, tls: {} },
      host: 'lab.s3.eu-west-3.amazonaws.com',
      path: '/a/b',
    });
    const plain = endpointOf('http://store', { pathStyle: false });
    assert.equal(toAddress(plain, 'lab', 'k').host, 'lab.store');
    assert.equal(toAddress(endpointOf('https://store:80'), 'lab', 'k').host, 'store:80');
  });

  test('a bucket with dots goes into the path under TLS, where no wildcard certificate covers it', () => {
    assert.equal(toAddress(AMAZON, 'my.lab', 'k').path, '/my.lab/k');
    assert.equal(toAddress(endpointOf('http://store', { pathStyle: false }), 'my.lab', 'k').host, 'my.lab.store');
  });

  test('without a key it is the bucket itself', () => {
    assert.equal(toAddress(LOCAL, 'lab').path, '/lab');
    assert.equal(toAddress(AMAZON, 'lab').path, '/');
  });

  test('certificates to trust go to where the connection is made', () => {
    assert.deepEqual(toAddress(endpointOf('https://store', { ca: 'PEM' }), 'lab', 'k').origin.tls, { ca: 'PEM' });
  });

  test('an IPv6 host has its brackets in the Host field alone', () => {
    const { origin, host } = toAddress(endpointOf('http://[::1]:9000'), 'lab', 'k');
    assert.deepEqual([origin.host, host], ['::1', '[::1]:9000']);
  });

  test('every segment of a key is encoded once, and the slashes between them are not', () => {
    assert.equal(toAddress(LOCAL, 'lab', "a b+c/ä%2F/'()*!~").path, '/lab/a%20b%2Bc/%C3%A4%252F/%27%28%29%2A%21~');
    assert.equal(toAddress(LOCAL, 'lab', '//x//').path, '/lab///x//');
    assert.equal(toAddress(LOCAL, 'lab', '../up/./here').path, '/lab/../up/./here');
  });

  test('whatever the key, its path decodes to it and is nothing but a path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (key) => {
        const { path } = toAddress(LOCAL, 'lab', key);
        assert.match(path, /^\/lab\/[A-Za-z0-9._~%/-]*$/);
        assert.equal(decodeURIComponent(path.slice('/lab/'.length)), key);
      }),
    );
  });

  test('a key that is not Unicode, or is longer than S3 allows, names nothing', () => {
    assert.throws(() => toAddress(LOCAL, 'lab', '\ud800'), { code: 'not-found' });
    assert.throws(() => toAddress(LOCAL, 'lab', 'ä'.repeat(513)), { code: 'not-found' });
    assert.ok(toAddress(LOCAL, 'lab', 'ä'.repeat(512)).path.endsWith('%C3%A4'));
  });

  for (const bucket of ['', 'a', '../x', 'a/b', 'a?b', '-ab', '.ab', 'a b', 'a\r\nb', 'ä-bucket', 'x'.repeat(256)]) {
    test(`${JSON.stringify(bucket.slice(0, 20))} cannot be a bucket`, () => {
      assert.throws(() => toAddress(LOCAL, bucket, 'k'), { code: 'not-found' });
    });
  }
});

test('percentEncode() leaves RFC 3986’s unreserved characters and nothing else', () => {
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  const left = ascii.filter((character) => percentEncode(character) === character).join('');
  assert.equal(left, '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~');
  assert.equal(percentEncode("*'"), '%2A%27');
});
