// Requests as bytes: what is written, and that nothing can break out of its line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import { toWireRequest } from './request.ts';

test('a request is its line, its fields and an empty line', () => {
  const fields = new Map([
    ['host', 'bucket.s3.example:9000'],
    ['Range', 'bytes=0-9'],
    ['x-empty', ''],
    ['x-amz-meta', 'caf\xe9'],
  ]);
  assert.deepEqual(toWireRequest('GET', '/a%20b?x=%0A', fields), {
    method: 'GET',
    head: 'GET /a%20b?x=%0A HTTP/1.1\r\nhost: bucket.s3.example:9000\r\nRange: bytes=0-9\r\nx-empty: \r\nx-amz-meta: caf\xe9\r\n\r\n',
  });
  assert.equal(toWireRequest('HEAD', '/', []).head, 'HEAD / HTTP/1.1\r\n\r\n');
});

for (const target of [
  '',
  'a',
  '*',
  'http://host/',
  ' /',
  '/a b',
  '/a\r\nX: y',
  '/a\n',
  '/\0',
  '/\x7f',
  '/\t',
  '/caf\xe9',
  '/\u{1f600}',
]) {
  test(`the target ${JSON.stringify(target)} is refused`, () => {
    assert.throws(() => toWireRequest('GET', target, []), { code: 'bad-input' });
  });
}

for (const [name, value] of [
  ['', 'a'],
  ['a b', 'a'],
  ['a:', 'a'],
  ['a\r\nb', 'a'],
  ['caf\xe9', 'a'],
  ['a', 'b\r\nc: d'],
  ['a', 'b\nc'],
  ['a', 'b\rc'],
  ['a', 'b\r'],
  ['a', '\0'],
  ['a', '\x7f'],
  ['a', '\u0100'],
  ['a', '\u{1f600}'],
] as const) {
  test(`the field ${JSON.stringify([name, value])} is refused`, () => {
    assert.throws(() => toWireRequest('GET', '/', [[name, value]]), { code: 'bad-input' });
  });
}

test('whatever is accepted, a request has as many lines as it should, each of them Latin-1', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '/', '%', ' ', ':', '\r', '\n', '\0', '\xff', '\u0100'),
    maxLength: 6,
  });
  fc.assert(
    fc.property(text, fc.array(fc.tuple(text, text), { maxLength: 4 }), (target, fields) => {
      try {
        const { head } = toWireRequest('GET', `/${target}`, fields);
        assert.equal(head.split(/\r\n|\r|\n/).length, fields.length + 3);
        assert.equal(Buffer.from(head, 'latin1').toString('latin1'), head);
      } catch (error) {
        assert.ok(isSluiceError(error, 'bad-input'), String(error));
      }
    }),
    { seed: 1, numRuns: 3_000 },
  );
});
