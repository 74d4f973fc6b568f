// Response heads: what is read, what is refused, and that neither depends on how the bytes are cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import { parseResponseHead, ResponseHeadReader } from './response-head.ts';
import type { ResponseHead } from './response-head.ts';

const SEED = 20_230_601;
const LARGEST_HEAD_BYTES = 32 << 10;

type Reading = { readonly head: ResponseHead; readonly rest: string } | 'unfinished' | 'refused';

/** Feeds a reader the pieces in turn, until it has a head or refuses. */
function readPieces(pieces: readonly Buffer[]): Reading {
  const reader = new ResponseHeadReader();
  for (const [index, piece] of pieces.entries()) {
    // As from a socket, whose memory is used again for the next read.
    const bytes = Buffer.from(piece);
    try {
      const read = reader.push(bytes);
      if (read) {
        const rest = Buffer.concat([bytes.subarray(read.consumedBytes), ...pieces.slice(index + 1)]);
        return { head: read.head, rest: rest.toString('latin1') };
      }
    } catch (error) {
      assert.ok(isSluiceError(error, 'origin-invalid'), String(error));
      return 'refused';
    }
    bytes.fill(0x58);
  }
  return 'unfinished';
}

function read(text: string): Reading {
  return readPieces([Buffer.from(text, 'latin1')]);
}

function cutAt(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const at = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function fieldsOf(text: string): Record<string, string> {
  return Object.fromEntries(parseResponseHead(text).fields);
}

const S3_LIKE = [
  'HTTP/1.1 206 Partial Content',
  'x-amz-id-2: Zm9v+bar/=',
  'Date: Mon, 23 Nov 2026 10:00:00 GMT',
  'ETag: "d41d8cd98f00b204e9800998ecf8427e-3"',
  'Content-Range: bytes 0-4/10',
  'x-amz-meta-name: \xe9t\xe9',
  'Content-Length: 5',
  '\r\n',
].join('\r\n');

test('a head is read with its status, version and fields, and says how many bytes were its own', () => {
  assert.deepEqual(read(`${S3_LIKE}12345`), {
    head: {
      status: 206,
      minorVersion: 1,
      fields: new Map([
        ['x-amz-id-2', 'Zm9v+bar/='],
        ['date', 'Mon, 23 Nov 2026 10:00:00 GMT'],
        ['etag', '"d41d8cd98f00b204e9800998ecf8427e-3"'],
        ['content-range', 'bytes 0-4/10'],
        ['x-amz-meta-name', '\xe9t\xe9'],
        ['content-length', '5'],
      ]),
    },
    rest: '12345',
  });
});

test('a head cut in two at every byte reads the same', () => {
  const whole = read(`${S3_LIKE}12345`);
  for (let cut = 0; cut <= S3_LIKE.length + 5; cut += 1) {
    assert.deepEqual(readPieces(cutAt(`${S3_LIKE}12345`, [cut])), whole, `cut at ${cut}`);
  }
});

test('a head that comes byte by byte reads the same', () => {
  const everywhere = Array.from({ length: S3_LIKE.length }, (_, index) => index);
  assert.deepEqual(readPieces(cutAt(`${S3_LIKE}12345`, everywhere)), read(`${S3_LIKE}12345`));
});

test('a head that is not whole is waited for, at every length', () => {
  for (let length = 0; length < S3_LIKE.length; length += 1) {
    assert.equal(read(S3_LIKE.slice(0, length)), 'unfinished', `${length} bytes`);
  }
});

test('a reader reads one head after the other', () => {
  const reader = new ResponseHeadReader();
  assert.equal(reader.push(Buffer.from('HTTP/1.1 100 Conti')), undefined);
  const interim = reader.push(Buffer.from('nue\r\n\r\nHTTP'));
  assert.equal(interim?.head.status, 100);
  assert.equal(interim.consumedBytes, 7);
  assert.equal(reader.push(Buffer.from('HTTP/1.1 200 OK\r\n'))?.head, undefined);
  assert.equal(reader.push(Buffer.from('\r\n'))?.head.status, 200);
});

test('a status line needs no reason, and may have any', () => {
  assert.equal(parseResponseHead('HTTP/1.1 200').status, 200);
  assert.equal(parseResponseHead('HTTP/1.1 404 ').status, 404);
  assert.equal(parseResponseHead('HTTP/1.0 503 Slow\tDown \xfc').minorVersion, 0);
});

for (const line of [
  '',
  ' HTTP/1.1 200 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 200OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1 600 OK',
  'HTTP/1.1 +20 OK',
  'HTTP/1.1 2e2 OK',
  'HTTP/1.1 OK',
  'HTTP/1.2 200 OK',
  'HTTP/2 200 OK',
  'HTTP/2.0 200 OK',
  'http/1.1 200 OK',
  'HTTP/1.1\t200 OK',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 O\rK',
  'HTTP/1.1 200 O\nK',
  'HTTP/1.1 200 \x7f',
  'ICY 200 OK',
  '<html>',
]) {
  test(`the status line ${JSON.stringify(line)} is refused`, () => {
    assert.equal(read(`${line}\r\nContent-Length: 0\r\n\r\n`), 'refused');
  });
}

for (const [why, field] of [
  ['a folded line', 'A: b\r\n c'],
  ['a line folded with a tab', 'A: b\r\n\tc'],
  ['a space before the colon', 'A : b'],
  ['a space before the name', ' A: b'],
  ['no name', ': b'],
  ['no colon', 'A'],
  ['a name with a control character', 'A\x01: b'],
  ['a name beyond ASCII', '\xc4: b'],
  ['a name in quotes', '"A": b'],
  ['a NUL in the value', 'A: b\0c'],
  ['a bare LF in the value', 'A: b\nB: c'],
  ['a bare LF before the value', 'A:\nb'],
  ['a bare LF after the value', 'A: b\n'],
  ['a bare CR in the value', 'A: b\rB: c'],
  ['a bare CR before the value', 'A: \rb'],
  ['a bare CR after the value', 'A: b\r'],
  ['a vertical tab after the value', 'Content-Length: 5\x0b'],
  ['a form feed before the value', 'Content-Length: \x0c5'],
  ['a delete in the value', 'A: \x7f'],
] as const) {
  test(`a head with ${why} is refused, however it is cut`, () => {
    const text = `HTTP/1.1 200 OK\r\n${field}\r\nC: d\r\n\r\n`;
    for (let cut = 0; cut <= text.length; cut += 1) {
      assert.equal(readPieces(cutAt(text, [cut])), 'refused', `cut at ${cut}`);
    }
  });
}

test('only spaces and tabs around a value are not part of it', () => {
  assert.deepEqual(fieldsOf('HTTP/1.1 200 OK\r\nA: \t b c \t\r\nB:\r\nC: \t \r\nD: \xa0d\xa0'), {
    a: 'b c',
    b: '',
    c: '',
    d: '\xa0d\xa0',
  });
});

test('a field that comes again is joined to the first, in order, whatever the case of its name', () => {
  assert.deepEqual(fieldsOf('HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 6\r\nX: 1\r\nCONTENT-LENGTH: 5'), {
    'content-length': '5, 6, 5',
    x: '1',
  });
});

test('names that mean something to JavaScript are names like any other', () => {
  assert.deepEqual(parseResponseHead('HTTP/1.1 200 OK\r\n__proto__: a\r\nConstructor: b').fields.get('__proto__'), 'a');
});

test('128 fields are read, 129 refused', () => {
  const fields = (count: number) => Array.from({ length: count }, (_, index) => `F${index}: v\r\n`).join('');
  assert.equal((read(`HTTP/1.1 200 OK\r\n${fields(128)}\r\n`) as { head: ResponseHead }).head.fields.size, 128);
  assert.equal(read(`HTTP/1.1 200 OK\r\n${fields(129)}\r\n`), 'refused');
});

test('a head of 32 KiB is read and a longer one refused, however it is cut', () => {
  const start = 'HTTP/1.1 200 OK\r\nA: ';
  for (const [headBytes, expected] of [
    [LARGEST_HEAD_BYTES, 200],
    [LARGEST_HEAD_BYTES + 1, 'refused'],
  ] as const) {
    const text = `${start}${'a'.repeat(headBytes - start.length)}\r\n\r\n`;
    for (const fromEnd of [0, 1, 2, 3, 4, 5, 6, text.length]) {
      const reading = readPieces(cutAt(text, [text.length - fromEnd]));
      assert.equal(typeof reading === 'string' ? reading : reading.head.status, expected, `${headBytes}, ${fromEnd}`);
    }
  }
});

test('a head without an end is refused once it is too long', () => {
  assert.equal(read(`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(LARGEST_HEAD_BYTES)}`), 'refused');
  const reader = new ResponseHeadReader();
  const piece = Buffer.from('A: b\r\n'.repeat(100));
  reader.push(Buffer.from('HTTP/1.1 200 OK\r\n'));
  assert.throws(
    () => {
      for (let pushed = 0; pushed <= LARGEST_HEAD_BYTES; pushed += piece.length) reader.push(piece);
    },
    { code: 'origin-invalid' },
  );
});

test('what cannot become a head is refused at its first wrong byte', () => {
  assert.equal(read('HTTP/1.1 200 OK\r\nA: b\n'), 'refused');
  for (const garbage of ['\0', 'h', 'HTTP/2', 'HTTP/1,', '\r\n', '\n', 'SSH-2.0-OpenSSH', '\x15\x03\x01']) {
    assert.equal(read(garbage), 'refused', JSON.stringify(garbage));
  }
});

test('a refusal is retryable: another connection may lead to a better server', () => {
  assert.throws(() => parseResponseHead('nonsense'), { code: 'origin-invalid', retryable: true });
});

/** Text that is nearly a head: its pieces are the ones that matter to a parser. */
const nearlyHead = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK',
        'HTTP/1.1 ',
        '\r\n',
        '\r',
        '\n',
        ':',
        ' ',
        '\t',
        '\0',
        'A: b',
        '\r\n\r\n',
        '\xff',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

test('however a text is cut, it is read or refused alike', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        nearlyHead,
        nearlyHead.map((text) => `HTTP/1.1 200 OK\r\n${text}\r\n\r\n`),
      ),
      fc.array(fc.nat({ max: 200 }), { maxLength: 12 }),
      (text, cuts) => assert.deepEqual(readPieces(cutAt(text, cuts)), read(text)),
    ),
    { seed: SEED, numRuns: 2_000 },
  );
});

test('what is read holds no control character, and no name that is not a token', () => {
  fc.assert(
    fc.property(nearlyHead, (text) => {
      const reading = read(`HTTP/1.1 200 OK\r\n${text}\r\n\r\n`);
      if (typeof reading === 'string') return;
      for (const [name, value] of reading.head.fields) {
        assert.match(name, /^[!#$%&'*+.^_`|~0-9a-z-]+$/);
        // oxlint-disable-next-line no-control-regex -- that there is none is what is tested
        assert.doesNotMatch(value, /[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/);
      }
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});
