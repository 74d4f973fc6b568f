// What S3 answers, told apart: each failure becomes one code, each success is held against what was asked. Answers
// that have to be read come over a real socket, byte by byte as a server would write them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { ErrorCode, SluiceError } from '../errors.ts';
import { WireClient } from '../wire/client.ts';
import type { Exchange } from '../wire/exchange.ts';
import { toWireRequest } from '../wire/request.ts';
import { parseResponseHead } from '../wire/response-head.ts';
import type { ResponseHead } from '../wire/response-head.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { checkAnswer, parseXml, readText, toAnswerError, toStat } from './s3-answer.ts';

function headOf(status: number, fields: Readonly<Record<string, string>> = {}): ResponseHead {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return parseResponseHead([`HTTP/1.1 ${status} `, ...lines].join('\r\n'));
}

/** Lets `use` have an exchange whose answer is `answer`, on a server of its own. */
async function withAnswer<T>(answer: string, use: (exchange: Exchange) => Promise<T>): Promise<T> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const slabs = new SlabPool();
  const hangMs = 10_000;
  const client = new WireClient({
    slabs,
    maxConnections: 1,
    idleTimeoutMs: hangMs,
    connectTimeoutMs: hangMs,
    queueTimeoutMs: hangMs,
    headTimeoutMs: hangMs,
    stallTimeoutMs: hangMs,
  });
  try {
    const { port } = server.address() as AddressInfo;
    const exchange = client.exchange({ host: '127.0.0.1', port }, toWireRequest('GET', '/', [['host', 'x']]));
    const result = await use(exchange);
    exchange.close();
    assert.equal(slabs.takenCount, 0, 'a slab is left');
    return result;
  } finally {
    client.close();
    server.close();
  }
}

function toAnswer(status: number, content: string, fields: readonly string[] = []): string {
  const head = [`HTTP/1.1 ${status} x`, `content-length: ${Buffer.byteLength(content)}`, ...fields, '', ''];
  return head.join('\r\n') + content;
}

function errorOf(status: number, content = '', fields: readonly string[] = []): Promise<SluiceError> {
  return withAnswer(toAnswer(status, content, fields), async (exchange) =>
    toAnswerError(await exchange.head, exchange),
  );
}

function document(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>m</Message></Error>`;
}

describe('toAnswerError()', () => {
  const rows: readonly [status: number, content: string, code: ErrorCode, retryable: boolean][] = [
    [404, document('NoSuchKey'), 'not-found', false],
    [404, '', 'not-found', false],
    [412, document('PreconditionFailed'), 'changed', false],
    [416, document('InvalidRange'), 'changed', false],
    [403, document('SignatureDoesNotMatch'), 'origin-denied', false],
    [403, document('AccessDenied'), 'origin-denied', false],
    [401, '', 'origin-denied', false],
    [400, document('ExpiredToken'), 'origin-denied', false],
    [400, document('InvalidRequest'), 'origin-invalid', false],
    [503, document('SlowDown'), 'origin-busy', true],
    [429, 'no XML at all', 'origin-busy', true],
    [500, document('InternalError'), 'origin-failed', true],
    [502, '<html>Bad Gateway</html>', 'origin-failed', true],
    [301, document('PermanentRedirect'), 'origin-invalid', false],
    [304, '', 'origin-invalid', false],
  ];
  for (const [status, content, code, retryable] of rows) {
    const said = /<Code>(.*)<.Code>/.exec(content)?.[1] ?? content;
    test(`${status} ${said} is ${code}`, async () => {
      const error = await errorOf(status, content);
      assert.deepEqual([error.code, error.retryable], [code, retryable]);
      assert.match(error.message, new RegExp(String(status)));
    });
  }

  test('the message has the origin’s own word, and never more of its text', async () => {
    assert.match((await errorOf(403, document('AccessDenied'))).message, /AccessDenied/);
    assert.doesNotMatch((await errorOf(403, document('\r\nEvil: <b>'))).message, /Evil/);
    assert.doesNotMatch((await errorOf(403, document('x'.repeat(65)))).message, /xxx/);
  });

  test('a document that is too long, or is cut, changes nothing', async () => {
    assert.equal((await errorOf(404, 'x'.repeat(200_000))).code, 'not-found');
    const cut = 'HTTP/1.1 403 x\r\ncontent-length: 1000\r\n\r\n<Error>';
    const error = await withAnswer(cut, async (exchange) => toAnswerError(await exchange.head, exchange));
    assert.equal(error.code, 'origin-denied');
  });

  test('Retry-After is heeded in seconds, up to what a client of ours would wait', async () => {
    assert.equal((await errorOf(503, '', ['retry-after: 2'])).retryAfterMs, 2_000);
    assert.equal((await errorOf(503, '', ['retry-after: 3600'])).retryAfterMs, 5_000);
    assert.equal((await errorOf(503, '', ['retry-after: Fri, 31 Dec 2027 23:59:59 GMT'])).retryAfterMs, undefined);
    assert.equal((await errorOf(503)).retryAfterMs, undefined);
  });
});

describe('readText()', () => {
  test('gives the whole text, also when a character is split between reads', async () => {
    const text = 'ä€😀'.repeat(20_000);
    assert.equal(await withAnswer(toAnswer(200, text), (exchange) => readText(exchange, 1 << 20)), text);
  });

  test('rejects beyond its limit, with nothing left behind', async () => {
    await withAnswer(toAnswer(200, 'x'.repeat(100_000)), async (exchange) => {
      await assert.rejects(readText(exchange, 99_999), { code: 'origin-invalid' });
    });
  });
});

test('parseXml() gives an empty object for what is no document', () => {
  for (const text of ['', 'text', '<a', '<a></b>']) assert.equal(parseXml(text)['Error'], undefined);
  assert.deepEqual(parseXml('<a><b>001 </b></a>'), { a: { b: '001 ' } });
});

describe('toStat()', () => {
  const fields = { 'content-length': '12', etag: '"e"' };

  test('has size and ETag, and the rest where the origin says it', () => {
    assert.deepEqual(toStat(headOf(200, fields)), { size: 12, etag: '"e"' });
    const full = { ...fields, 'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT', 'content-type': 'text/plain' };
    const lastModified = new Date('2026-01-02T03:04:05Z');
    assert.deepEqual(toStat(headOf(200, full)), { size: 12, etag: '"e"', lastModified, mediaType: 'text/plain' });
  });

  test('has the size of the parts where size and ETag leave no doubt', () => {
    const parts = { 'content-length': String(20 * (8 << 20)), etag: '"0123456789abcdef0123456789abcdef-20"' };
    assert.equal(toStat(headOf(200, parts)).partBytes, 8 << 20);
  });

  test('an ETag without quotes gets them', () => {
    assert.equal(toStat(headOf(200, { ...fields, etag: 'abc-2' })).etag, '"abc-2"');
  });

  test('without a length or a strong ETag there is nothing to pin', () => {
    for (const wrong of [{ etag: '"e"' }, { 'content-length': '12' }, { ...fields, etag: 'W/"e"' }]) {
      assert.throws(() => toStat(headOf(200, wrong)), { code: 'origin-invalid' });
    }
  });
});

describe('checkAnswer()', () => {
  const version = { size: 100, etag: '"e"' };
  const range = { start: 10, end: 20 };
  const whole = { start: 0, end: 100 };
  const partial = { etag: '"e"', 'content-range': 'bytes 10-19/100', 'content-length': '10' };

  test('what was asked for is accepted', () => {
    checkAnswer(headOf(206, partial), range, version);
    checkAnswer(headOf(206, { ...partial, 'content-range': 'bytes 10-19/*' }), range, version);
    checkAnswer(headOf(200, { etag: '"e"', 'content-length': '100' }), whole, version);
    checkAnswer(headOf(206, { etag: 'e', 'content-range': 'bytes 0-99/100', 'content-length': '100' }), whole, version);
  });

  test('a range that begins where it should and goes on is accepted too', () => {
    const longer = { ...partial, 'content-range': 'bytes 10-99/100', 'content-length': '90' };
    checkAnswer(headOf(206, longer), range, version);
  });

  test('another ETag is another version', () => {
    assert.throws(() => checkAnswer(headOf(206, { ...partial, etag: '"f"' }), range, version), { code: 'changed' });
  });

  const wrong: readonly [what: string, status: number, fields: Readonly<Record<string, string>>][] = [
    ['no ETag', 206, { 'content-range': 'bytes 10-19/100', 'content-length': '10' }],
    ['a range beside it', 206, { ...partial, 'content-range': 'bytes 11-20/100' }],
    ['a longer range that begins before it', 206, { ...partial, 'content-range': 'bytes 9-19/100' }],
    ['a shorter range', 206, { ...partial, 'content-range': 'bytes 10-18/100', 'content-length': '9' }],
    ['a range of a longer object', 206, { ...partial, 'content-range': 'bytes 10-19/101' }],
    ['no Content-Range', 206, { etag: '"e"', 'content-length': '10' }],
    ['a malformed Content-Range', 206, { ...partial, 'content-range': 'bytes 10-19' }],
    ['another length than the range has', 206, { ...partial, 'content-length': '11' }],
    ['no length', 206, { etag: '"e"', 'content-range': 'bytes 10-19/100' }],
    ['everything', 200, { etag: '"e"', 'content-length': '100' }],
    ['another status', 203, partial],
  ];
  for (const [what, status, fields] of wrong) {
    test(`${what} is no answer to what was asked`, () => {
      assert.throws(() => checkAnswer(headOf(status, fields), range, version), { code: 'origin-invalid' });
    });
  }

  test('an object of another length under the same ETag is not accepted', () => {
    const longer = headOf(200, { etag: '"e"', 'content-length': '101' });
    assert.throws(() => checkAnswer(longer, whole, version), { code: 'origin-invalid' });
  });
});
