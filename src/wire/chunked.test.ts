// The chunked coding: what comes out is the body, however it was chunked and however it is cut; what is not exactly
// the coding is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ChunkedDecoder } from './chunked.ts';

const SEED = 7_112;
const MAX_IGNORED_BYTES = 8 << 10;

type Decoding = { readonly body: string; readonly surplus: string; readonly ended: boolean } | 'refused';

/** Decodes the pieces in turn, each where it lies in a buffer with other bytes around it. */
function decodePieces(pieces: readonly Buffer[]): Decoding {
  const decoder = new ChunkedDecoder();
  const body: Buffer[] = [];
  for (const [index, piece] of pieces.entries()) {
    const before = index % 5;
    const buffer = Buffer.alloc(before + piece.length + 3, 0x58);
    piece.copy(buffer, before);
    try {
      const { bodyBytes, surplusBytes } = decoder.decode(buffer, before, before + piece.length);
      body.push(buffer.subarray(before, before + bodyBytes));
      assert.ok(
        buffer.subarray(0, before).every((byte) => byte === 0x58),
        'what lies before is not touched',
      );
      assert.ok(
        buffer.subarray(before + piece.length).every((byte) => byte === 0x58),
        'nor what lies after',
      );
      if (decoder.ended) {
        const surplus = Buffer.concat([piece.subarray(piece.length - surplusBytes), ...pieces.slice(index + 1)]);
        return { body: Buffer.concat(body).toString('latin1'), surplus: surplus.toString('latin1'), ended: true };
      }
      assert.equal(surplusBytes, 0);
    } catch (error) {
      assert.ok(isSluiceError(error, 'origin-invalid'), String(error));
      return 'refused';
    }
  }
  return { body: Buffer.concat(body).toString('latin1'), surplus: '', ended: false };
}

function decode(text: string): Decoding {
  return decodePieces([Buffer.from(text, 'latin1')]);
}

function cutAt(coded: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (coded.length + 1)).toSorted((a, b) => a - b), coded.length];
  return at.slice(1).map((end, index) => coded.subarray(at[index], end));
}

/** Each way to write a size, an extension and a trailer; and a chunk that looks like the end. */
const CODED = '5\r\nhello\r\n1;name=value;"q"\r\n,\r\n00B\r\n 0\r\n\r\nworld\r\n0;last\r\nETag: "x"\r\nA:\r\n\r\n';
const DECODED = { body: 'hello, 0\r\n\r\nworld', surplus: '', ended: true } as const;

test('sizes, extensions and trailers are taken away, and the body is left', () => {
  assert.deepEqual(decode(CODED), DECODED);
  assert.deepEqual(decode('0\r\n\r\n'), { body: '', surplus: '', ended: true });
  assert.deepEqual(decode('a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n'), {
    body: '01234567890123456789',
    surplus: '',
    ended: true,
  });
});

test('cut in two at every byte, it decodes the same', () => {
  for (let cut = 0; cut <= CODED.length; cut += 1) {
    assert.deepEqual(decodePieces(cutAt(Buffer.from(CODED), [cut])), DECODED, `cut at ${cut}`);
  }
});

test('byte by byte, it decodes the same', () => {
  const everywhere = Array.from({ length: CODED.length }, (_, index) => index);
  assert.deepEqual(decodePieces(cutAt(Buffer.from(CODED), everywhere)), DECODED);
});

test('it has not ended before its last byte', () => {
  for (let length = 0; length < CODED.length; length += 1) {
    const decoding = decode(CODED.slice(0, length));
    assert.ok(decoding !== 'refused' && !decoding.ended, `${length} bytes`);
  }
});

test('what follows the end is not touched, and is counted', () => {
  for (const surplus of ['H', 'HTTP/1.1 200 OK\r\n\r\n', '0\r\n\r\n']) {
    assert.deepEqual(decode(`${CODED}${surplus}`), { ...DECODED, surplus });
  }
});

for (const [why, coded] of [
  ['no size', '\r\nhello\r\n'],
  ['a size that is no hexadecimal number', 'g\r\n'],
  ['a minus sign', '-1\r\n'],
  ['a plus sign', '+5\r\nhello\r\n'],
  ['a 0x', '0x5\r\nhello\r\n'],
  ['a space before the size', ' 5\r\nhello\r\n'],
  ['a space after the size', '5 \r\nhello\r\n'],
  ['a letter that only looks like one of ASCII', '\xe1\r\n'],
  ['a size of fourteen digits', '00000000000005\r\nhello\r\n'],
  ['a size beyond any object', 'ffffffffffffff\r\n'],
  ['a bare LF after the size', '5\nhello\r\n'],
  ['a bare CR after the size', '5\rhello\r\n'],
  ['two CR after the size', '5\r\r\nhello\r\n'],
  ['a bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
  ['a bare CR after the data', '5\r\nhello\r0\r\n\r\n'],
  ['more data than its size', '5\r\nhello!\r\n'],
  ['less data than its size', '5\r\nhell\r\n0\r\n\r\n'],
  ['an extension without a size', ';a=b\r\n'],
  ['a bare LF in an extension', '5;a\nhello\r\n'],
  ['a bare CR in an extension', '5;a\rb\r\nhello\r\n'],
  ['a bare LF at the end', '0\r\n\n'],
  ['a bare LF in the trailers', '0\r\nA: b\n\r\n'],
  ['a bare CR in the trailers', '0\r\nA: b\rC: d\r\n\r\n'],
  ['a head where a size should be', 'HTTP/1.1 200 OK\r\n'],
] as const) {
  test(`${why}: it is refused, however it is cut`, () => {
    // What follows completes the pattern where a refusal needs one byte more.
    const bytes = Buffer.from(`1\r\nx\r\n${coded}0\r\n\r\n`, 'latin1');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      assert.equal(decodePieces(cutAt(bytes, [cut])), 'refused', `cut at ${cut}`);
    }
  });
}

test('extensions and trailers may be long, but not without end', () => {
  const ended = { body: 'x', surplus: '', ended: true } as const;
  assert.deepEqual(decode(`1;${'e'.repeat(MAX_IGNORED_BYTES)}\r\nx\r\n0\r\n\r\n`), ended);
  assert.equal(decode(`1;${'e'.repeat(MAX_IGNORED_BYTES + 1)}\r\nx\r\n0\r\n\r\n`), 'refused');
  assert.equal(decode(`1\r\nx\r\n0\r\n${'A: b\r\n'.repeat(MAX_IGNORED_BYTES)}\r\n`), 'refused');
  assert.equal(decode('1;e\r\nx\r\n'.repeat(MAX_IGNORED_BYTES + 1)), 'refused');
});

/** A body, chunked and cut somehow. */
const chunking = fc.record({
  sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3_000 })), { maxLength: 12 }),
  zeros: fc.nat({ max: 4 }),
  upperCase: fc.boolean(),
  extension: fc.constantFrom('', ';', ';a', ';a="b;c"', ';a=b;c=d'),
  trailers: fc.constantFrom('', 'A: b\r\n', 'A: b\r\nC:\r\n'),
  surplus: fc.constantFrom('', 'HTTP/1.1 200 OK\r\n\r\n', '\0'),
  cuts: fc.array(fc.nat({ max: 40_000 }), { maxLength: 40 }),
});

test('whatever the chunks and the cuts, the body comes out', () => {
  fc.assert(
    fc.property(chunking, ({ sizes, zeros, upperCase, extension, trailers, surplus, cuts }) => {
      const coded: Buffer[] = [];
      let start = 0;
      for (const size of [...sizes, 0]) {
        const digits = size.toString(16);
        const line = `${'0'.repeat(zeros)}${upperCase ? digits.toUpperCase() : digits}${extension}\r\n`;
        const end = size === 0 ? `${trailers}\r\n` : '\r\n';
        coded.push(Buffer.from(line), patternBytes({ start, end: start + size }), Buffer.from(end));
        start += size;
      }
      const pieces = cutAt(Buffer.concat([...coded, Buffer.from(surplus)]), cuts);
      const body = patternBytes({ start: 0, end: start }).toString('latin1');
      assert.deepEqual(decodePieces(pieces), { body, surplus, ended: true });
    }),
    { seed: SEED, numRuns: 600 },
  );
});

/** Text that is nearly the coding. */
const nearlyCoded = fc
  .array(fc.constantFrom('0', '1', '2', 'f', '\r\n', '\r', '\n', ';', ' ', 'x', '1\r\nx\r\n', '0\r\n\r\n'), {
    maxLength: 20,
  })
  .map((parts) => parts.join(''));

test('however a text is cut, it is decoded or refused alike', () => {
  fc.assert(
    fc.property(nearlyCoded, fc.array(fc.nat({ max: 100 }), { maxLength: 8 }), (text, cuts) => {
      assert.deepEqual(decodePieces(cutAt(Buffer.from(text), cuts)), decode(text));
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});
