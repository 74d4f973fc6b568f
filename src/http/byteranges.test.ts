// multipart/byteranges, put together and taken apart again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import { planByteranges } from './byteranges.ts';
import type { ByterangesPlan, ByterangesRequest } from './byteranges.ts';
import { parseContentRange } from './content-range.ts';
import type { ByteRange } from './range.ts';

function assemble(plan: ByterangesPlan, object: Uint8Array): Buffer {
  const parts = plan.parts.flatMap(({ head, range }) => [head, object.subarray(range.start, range.end)]);
  return Buffer.concat([...parts, plan.closing]);
}

test('lays out the parts as RFC 9110 §14.6 shows them', () => {
  const ranges = [
    { start: 0, end: 3 },
    { start: 8, end: 10 },
  ];
  const plan = planByteranges({ ranges, size: 10, mediaType: 'text/plain', boundary: 'THIS_SEPARATES' });
  const body = [
    '--THIS_SEPARATES',
    'Content-Type: text/plain',
    'Content-Range: bytes 0-2/10',
    '',
    'abc',
    '--THIS_SEPARATES',
    'Content-Type: text/plain',
    'Content-Range: bytes 8-9/10',
    '',
    'ij',
    '--THIS_SEPARATES--',
    '',
  ].join('\r\n');
  assert.equal(plan.contentType, 'multipart/byteranges; boundary=THIS_SEPARATES');
  assert.equal(plan.contentLength, body.length);
  assert.equal(assemble(plan, Buffer.from('abcdefghij')).toString(), body);
});

test('needs no object in memory to know the length', () => {
  const size = 5 * 2 ** 40;
  const ranges = [{ start: 1, end: size }];
  const plan = planByteranges({ ranges, size, mediaType: 'a/b', boundary: 'x' });
  assert.equal(plan.contentLength, plan.parts[0]!.head.length + size - 1 + plan.closing.length);
});

test('counts octets, not characters, of a media type with obs-text', () => {
  const plan = planByteranges({ ranges: [{ start: 0, end: 1 }], size: 1, mediaType: 'a/b; c="é"', boundary: 'x' });
  assert.equal(plan.contentLength, assemble(plan, Uint8Array.of(0)).length);
  assert.ok(Buffer.from(plan.parts[0]!.head).includes(Buffer.from('c="é"', 'latin1')));
});

test('refuses a bad boundary, a bad media type, no range, and a range outside of the object', () => {
  const good: ByterangesRequest = {
    ranges: [{ start: 0, end: 1 }],
    size: 1,
    mediaType: 'a/b',
    boundary: 'b'.repeat(70),
  };
  planByteranges(good);
  const bad: readonly Partial<ByterangesRequest>[] = [
    { boundary: '' },
    { boundary: 'b'.repeat(71) },
    { boundary: 'a b' },
    { boundary: 'a"' },
    { boundary: 'a\r\n' },
    { mediaType: 'a/b\r\nX: y' },
    { ranges: [] },
    { ranges: [{ start: 0, end: 2 }] },
    { ranges: [{ start: 1, end: 1 }] },
  ];
  for (const change of bad) {
    assert.throws(
      () => planByteranges({ ...good, ...change }),
      (error) => error instanceof SluiceError && error.code === 'misuse',
    );
  }
});

/** Takes a body apart the way a client does: by the boundary, knowing nothing of the plan. */
function takeApart(body: Buffer, boundary: string): readonly (readonly [ByteRange, Buffer])[] {
  const [preamble, ...pieces] = Buffer.concat([Buffer.from('\r\n'), body])
    .toString('latin1')
    .split(`\r\n--${boundary}`);
  assert.equal(preamble, '');
  assert.equal(pieces.pop(), '--\r\n');
  return pieces.map((piece) => {
    const headEnd = piece.indexOf('\r\n\r\n') + 4;
    const contentRange = parseContentRange(/^Content-Range: (.*)$/m.exec(piece.slice(0, headEnd))![1]!);
    assert.equal(contentRange.kind, 'range');
    return [contentRange.range, Buffer.from(piece.slice(headEnd), 'latin1')] as const;
  });
}

test('a client takes exactly the bytes of subarray out of it, and the length is exact', () => {
  const object = Uint8Array.from({ length: 256 }, (_, offset) => offset);
  const range = fc
    .uniqueArray(fc.nat(object.length), { minLength: 2, maxLength: 2 })
    .map((ends) => ({ start: Math.min(...ends), end: Math.max(...ends) }));
  const boundary = fc.stringMatching(/^[0-9A-Za-z'+_.-]{1,70}$/);
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 64 }), boundary, (ranges, separator) => {
      const plan = planByteranges({ ranges, size: object.length, mediaType: 'a/b', boundary: separator });
      const body = assemble(plan, object);
      assert.equal(plan.contentLength, body.length);
      const expected = ranges.map(({ start, end }) => [{ start, end }, Buffer.from(object.subarray(start, end))]);
      assert.deepEqual(takeApart(body, separator), expected);
    }),
  );
});
