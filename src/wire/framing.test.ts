// Where a body ends, and when the connection outlives it: every case of RFC 9112 §6.3 that a response can be in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staysOpen, toFraming } from './framing.ts';
import type { Framing } from './framing.ts';
import { parseResponseHead } from './response-head.ts';

type Case = {
  readonly fields?: readonly string[];
  readonly method?: 'GET' | 'HEAD';
  readonly status?: number;
  readonly version?: '1.0' | '1.1';
};

function toHead({ status = 200, version = '1.1', fields = [] }: Case) {
  return parseResponseHead([`HTTP/${version} ${status} Reason`, ...fields].join('\r\n'));
}

function framingOf(described: Case): Framing {
  return toFraming(described.method ?? 'GET', toHead(described));
}

function isKept(described: Case): boolean {
  return staysOpen(toHead(described), framingOf(described));
}

test('a Content-Length says how long the body is', () => {
  assert.deepEqual(framingOf({ fields: ['Content-Length: 0'] }), { kind: 'length', bytes: 0 });
  assert.deepEqual(framingOf({ fields: ['Content-Length: 0010'] }), { kind: 'length', bytes: 10 });
  const fiveTebibytes = 5 * 1024 ** 4;
  assert.deepEqual(framingOf({ fields: [`Content-Length: ${fiveTebibytes}`] }), {
    kind: 'length',
    bytes: fiveTebibytes,
  });
  assert.deepEqual(framingOf({ fields: ['Content-Length: 999999999999999'] }), {
    kind: 'length',
    bytes: 999_999_999_999_999,
  });
});

test('a chunked body ends itself', () => {
  assert.deepEqual(framingOf({ fields: ['Transfer-Encoding: chunked'] }), { kind: 'chunked' });
  assert.deepEqual(framingOf({ fields: ['TRANSFER-ENCODING:  Chunked\t'] }), { kind: 'chunked' });
});

test('a body with neither ends with its connection', () => {
  assert.deepEqual(framingOf({}), { kind: 'until-close' });
  assert.deepEqual(framingOf({ version: '1.0' }), { kind: 'until-close' });
});

test('there is no body after HEAD, 204 or 304, whatever the fields say', () => {
  for (const fields of [[], ['Content-Length: 10'], ['Transfer-Encoding: chunked'], ['Transfer-Encoding: gzip']]) {
    for (const described of [{ method: 'HEAD' }, { status: 204 }, { status: 304 }] as const) {
      assert.deepEqual(framingOf({ ...described, fields }), { kind: 'none' });
    }
  }
});

test('there is a body after an error, and after 205', () => {
  for (const status of [205, 404, 412, 416, 503]) {
    assert.deepEqual(framingOf({ status, fields: ['Content-Length: 3'] }), { kind: 'length', bytes: 3 });
  }
});

for (const fields of [
  ['Content-Length: 5', 'Content-Length: 6'],
  ['Content-Length: 5', 'Content-Length: 5'],
  ['Content-Length: 5, 5'],
  ['Content-Length: 5,'],
  ['Content-Length:'],
  ['Content-Length: +5'],
  ['Content-Length: -5'],
  ['Content-Length: 5.0'],
  ['Content-Length: 5e1'],
  ['Content-Length: 0x5'],
  ['Content-Length: 5 6'],
  ['Content-Length: "5"'],
  ['Content-Length: \xa05'],
  ['Content-Length: \xb2'],
  ['Content-Length: five'],
  ['Content-Length: 1000000000000000'],
  ['Content-Length: 99999999999999999999999999'],
  ['Content-Length: 5', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Content-Length: 5'],
  ['Transfer-Encoding: identity', 'Content-Length: 5'],
  ['Transfer-Encoding:'],
  ['Transfer-Encoding: identity'],
  ['Transfer-Encoding: gzip'],
  ['Transfer-Encoding: gzip, chunked'],
  ['Transfer-Encoding: chunked, gzip'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  ['Transfer-Encoding: xchunked'],
  ['Transfer-Encoding: "chunked"'],
  ['Transfer-Encoding: chunked;q=1'],
  ['Transfer-Encoding: \xa0chunked'],
  ['Transfer-Encoding: chun\xb5ed'],
]) {
  test(`${JSON.stringify(fields)} frames nothing: two readers could differ`, () => {
    assert.throws(() => framingOf({ fields }), { code: 'origin-invalid', retryable: false });
  });
}

test('HTTP/1.0 has no chunked coding', () => {
  const fields = ['Transfer-Encoding: chunked'];
  assert.throws(() => framingOf({ version: '1.0', fields }), { code: 'origin-invalid' });
});

test('a bad Content-Length is refused even where no body follows', () => {
  for (const described of [{ method: 'HEAD' }, { status: 304 }] as const) {
    assert.throws(() => framingOf({ ...described, fields: ['Content-Length: 5, 6'] }), { code: 'origin-invalid' });
    const both = ['Content-Length: 5', 'Transfer-Encoding: chunked'];
    assert.throws(() => framingOf({ ...described, fields: both }), { code: 'origin-invalid' });
  }
});

test('an HTTP/1.1 connection is kept unless it says close', () => {
  assert.equal(isKept({ fields: ['Content-Length: 5'] }), true);
  assert.equal(isKept({ fields: ['Transfer-Encoding: chunked'] }), true);
  assert.equal(isKept({ method: 'HEAD' }), true);
  assert.equal(isKept({ fields: ['Content-Length: 5', 'Connection: keep-alive'] }), true);
  assert.equal(isKept({ fields: ['Content-Length: 5', 'Connection: x-close'] }), true);
  for (const connection of ['close', 'Close', 'keep-alive, close', 'close,keep-alive', 'x ,\tCLOSE ,']) {
    assert.equal(isKept({ fields: ['Content-Length: 5', `Connection: ${connection}`] }), false, connection);
  }
  assert.equal(isKept({ fields: ['Content-Length: 5', 'Connection: keep-alive', 'Connection: close'] }), false);
});

test('a connection is not kept after a coding for a body that must not come, and comes at times', () => {
  for (const described of [{ method: 'HEAD' }, { status: 304 }] as const) {
    assert.equal(isKept({ ...described, fields: ['Transfer-Encoding: chunked'] }), false);
  }
});

test('an HTTP/1.0 connection is kept only if it says so', () => {
  const fields = ['Content-Length: 5'];
  assert.equal(isKept({ version: '1.0', fields }), false);
  assert.equal(isKept({ version: '1.0', fields: [...fields, 'Connection: Keep-Alive'] }), true);
  assert.equal(isKept({ version: '1.0', fields: [...fields, 'Connection: keep-alive, close'] }), false);
});

test('a connection whose end is the end of the body is never kept', () => {
  assert.equal(isKept({}), false);
  assert.equal(isKept({ fields: ['Connection: keep-alive'] }), false);
  assert.equal(isKept({ version: '1.0', fields: ['Connection: keep-alive'] }), false);
});
