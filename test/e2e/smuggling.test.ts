// Requests that two could read differently, floods, and what is no HTTP at all: refused with a 4xx and an end to the
// connection, and what was to be smuggled in behind them is never answered, looked up, nor fetched.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SERVER_LIMITS } from '../../src/gateway/request-guard.ts';
import { openRawClient } from './raw-client.ts';
import { startWorld, within } from './world.ts';

const HEAD = 'GET /data/object HTTP/1.1\r\nHost: test\r\n';
const SMUGGLED = 'GET /data/secret HTTP/1.1\r\nHost: test\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const fields = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: y\r\n`).join('');

/** Each is followed by the smuggled request. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['a length and chunks', `${HEAD}Content-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n`],
  ['chunks and a length', `${HEAD}${CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n`],
  [
    'a POST with a length and chunks',
    `POST /data/object HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n`,
  ],
  ['the same length twice', `${HEAD}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`],
  ['two lengths', `${HEAD}Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`],
  ['two lengths in one field', `${HEAD}Content-Length: 0, 0\r\n\r\n`],
  ['a length with a sign', `${HEAD}Content-Length: +0\r\n\r\n`],
  ['a negative length', `${HEAD}Content-Length: -1\r\n\r\n`],
  ['a hexadecimal length', `${HEAD}Content-Length: 0x0\r\n\r\n`],
  ['a length of two zeros', `${HEAD}Content-Length: 00\r\n\r\n`],
  ['a length that is empty', `${HEAD}Content-Length:\r\n\r\n`],
  ['a length past 64 bits', `${HEAD}Content-Length: 18446744073709551616\r\n\r\n`],
  ['content with a GET', `${HEAD}Content-Length: 5\r\n\r\nhello`],
  ['a smuggled request as content', `${HEAD}Content-Length: ${SMUGGLED.length}\r\n\r\n`],
  ['the beginning of a smuggled request as content', `${HEAD}Content-Length: 5\r\n\r\n`],
  ['a GET in chunks', `${HEAD}${CHUNKED}\r\n0\r\n\r\n`],
  ['a coding that is not quite chunked', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['a coding after chunked', `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['a coding before chunked', `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['chunked twice', `${HEAD}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`],
  ['identity', `${HEAD}Transfer-Encoding: identity\r\n\r\n`],
  ['a coding after a vertical tabulator', `${HEAD}Transfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n`],
  ['a space before the colon of a coding', `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['chunks in HTTP/1.0', `GET /data/object HTTP/1.0\r\n${CHUNKED}\r\n0\r\n\r\n`],
  ['lines that end with a bare LF', `${HEAD.replaceAll('\r', '')}\n`],
  ['a request line that ends with a bare LF', 'GET /data/object HTTP/1.1\nHost: test\r\n\r\n'],
  ['a field that ends with a bare LF', `${HEAD}X: y\nContent-Length: 0\r\n\r\n`],
  ['a head that ends with a bare LF', `${HEAD}X: y\r\n\n`],
  ['a bare CR in a field', `${HEAD}X: a\rContent-Length: 5\r\n\r\n`],
  ['a bare CR at the end of a field', `${HEAD}X: a\r\r\n\r\n`],
  ['a bare CR for an empty line', `${HEAD}X: a\r\n\r`],
  ['a folded field', `${HEAD}X: a\r\n b\r\n\r\n`],
  ['a field that is folded with a tabulator', `${HEAD}X: a\r\n\tb\r\n\r\n`],
  ['a space before the first field', 'GET /data/object HTTP/1.1\r\n Host: test\r\n\r\n'],
  ['a space before a colon', `${HEAD}Range : bytes=0-1\r\n\r\n`],
  ['a space in the name of a field', `${HEAD}X Y: a\r\n\r\n`],
  ['a field without a name', `${HEAD}: a\r\n\r\n`],
  ['a field without a colon', `${HEAD}X\r\n\r\n`],
  ['a NUL in a value', `${HEAD}X: a\0b\r\n\r\n`],
  ['a NUL in a name', `${HEAD}X\0: a\r\n\r\n`],
  ['two Host fields', `${HEAD}Host: other\r\n\r\n`],
  ['no Host', 'GET /data/object HTTP/1.1\r\n\r\n'],
  ['a Host that is two', 'GET /data/object HTTP/1.1\r\nHost: test, other\r\n\r\n'],
  ['a Host that is a URL', 'GET /data/object HTTP/1.1\r\nHost: http://test/\r\n\r\n'],
  ['a Host with a user', 'GET /data/object HTTP/1.1\r\nHost: user@test\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/2.0', 'GET /data/object HTTP/2.0\r\nHost: test\r\n\r\n'],
  ['HTTP/1.2', 'GET /data/object HTTP/1.2\r\nHost: test\r\n\r\n'],
  ['HTTP/0.9', 'GET /data/object\r\n\r\n'],
  ['HTTP/0.9 that says so', 'GET /data/object HTTP/0.9\r\n\r\n'],
  ['a method in lower case', 'get /data/object HTTP/1.1\r\nHost: test\r\n\r\n'],
  ['a method that nobody knows', 'FETCH /data/object HTTP/1.1\r\nHost: test\r\n\r\n'],
  ['an absolute-form of another scheme', 'GET ftp://test/data/object HTTP/1.1\r\nHost: test\r\n\r\n'],
  ['garbage', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 rubbish\r\n\r\n'],
  ['more than 100 fields', `${HEAD}${fields(100)}\r\n`],
  ['5000 fields', `${HEAD}${fields(5000)}\r\n`],
  ['a field of 64 KiB', `${HEAD}X: ${'a'.repeat(65_536)}\r\n\r\n`],
  ['a name of 64 KiB', `${HEAD}${'a'.repeat(65_536)}: b\r\n\r\n`],
  ['a target of 64 KiB', `GET /data/${'a'.repeat(65_536)} HTTP/1.1\r\nHost: test\r\n\r\n`],
  ['a flood that never ends', `${HEAD}${fields(8000)}`],
];

const ABSOLUTE_FORMS = [
  'http://test/data/object',
  'HTTP://test:80/data/object?query',
  'https://elsewhere/data/object',
  'http://[::1]:8080/data/%6fbject',
];

const world = await startWorld({
  objects: ['object', 'secret', 'last'].map((id, seed) => ({ id, seed, size: 1_000 })),
});

describe('a gateway', () => {
  after(() => world.close());

  for (const [what, text] of REFUSED) {
    it(`refuses ${what}`, async () => {
      const client = await openRawClient(world.gateway);
      client.write(text + SMUGGLED);
      const { status, fields: told, content } = await within(client.answer(), 'the refusal');
      assert.ok(status >= 400 && status < 500, `the status is ${status}`);
      assert.deepEqual([told['content-type'], told['connection']], ['application/problem+json', 'close']);
      assert.equal((JSON.parse(String(content)) as { status: number }).status, status);
      await within(client.ended, 'the end of the connection');
      assert.equal(client.unasked, '', 'one answer, and then the end');
    });
  }

  it('never got to what was smuggled', async () => {
    const client = await openRawClient(world.gateway);
    client.write(SMUGGLED.replace('secret', 'last'));
    assert.equal((await within(client.answer(), 'an object')).status, 200);
    client.close();
    const isLast = ({ id }: { readonly id: string }) => id === 'last';
    const lines = await within(
      world.gateway.untilTransfers((all) => (all.some(isLast) ? all : undefined)),
      'the line of the last transfer',
    );
    assert.deepEqual(
      lines.map(({ id }) => id),
      ['last'],
      'nothing that was refused is a transfer',
    );
    const keys = world.origin.meter.read().requests.map(({ key }) => key);
    assert.deepEqual(keys, ['last'], 'nothing that was refused was fetched');
  });

  it('has limits on how long a head may take and how large it may be', () => {
    const { headersTimeout = Infinity, requestTimeout = Infinity, maxHeaderSize = Infinity } = SERVER_LIMITS;
    const { connectionsCheckingInterval = Infinity } = SERVER_LIMITS;
    assert.ok(Math.max(headersTimeout, requestTimeout) <= 20_000);
    assert.ok(connectionsCheckingInterval <= 5_000, 'and looks at its clocks often enough');
    assert.ok(maxHeaderSize <= 16 << 10);
  });

  for (const target of ABSOLUTE_FORMS) {
    it(`serves ${target} as the origin-form of it`, async () => {
      const client = await openRawClient(world.gateway);
      client.write(`GET ${target} HTTP/1.1\r\nHost: test\r\nRange: bytes=0-9\r\n\r\n`);
      const { status, fields: told } = await within(client.answer(), 'the object');
      assert.deepEqual([status, told['content-range']], [206, 'bytes 0-9/1000']);
      client.close();
    });
  }
});
