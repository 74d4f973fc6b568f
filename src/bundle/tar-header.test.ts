// The header of a member, field by field as the standard has them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatTarHeader, paddingOf, tarHeaderBytes } from './tar-header.ts';
import type { TarMember } from './tar-header.ts';

const GIB = 2 ** 30;
const MEMBER: TarMember = { name: 'runs/a.bam', size: 1000, modifiedAtSeconds: 1_700_000_000 };

/** Fields up to their NUL. */
function textAt(block: Buffer, start: number, end: number): string {
  return block.toString('latin1', start, end).split('\0')[0]!;
}

/** The keywords and values of an extended header, whose block comes first. */
function readRecords(header: Buffer): Record<string, string> {
  const size = Number.parseInt(textAt(header, 124, 136), 8);
  let rest = header.subarray(512, 512 + size);
  const records: Record<string, string> = {};
  while (rest.length > 0) {
    const length = Number(rest.toString('latin1', 0, rest.indexOf(' ')));
    const record = rest.toString('utf8', 0, length);
    assert.ok(record.endsWith('\n'), record);
    const [keyword, value] = record.slice(record.indexOf(' ') + 1, -1).split(/=(.*)/s);
    records[keyword!] = value!;
    rest = rest.subarray(length);
  }
  return records;
}

describe('formatTarHeader()', () => {
  it('is one ustar block where that can say it', () => {
    const block = formatTarHeader(MEMBER);
    assert.equal(block.length, 512);
    assert.deepEqual(
      {
        name: textAt(block, 0, 100),
        mode: textAt(block, 100, 108),
        owner: textAt(block, 108, 116) + textAt(block, 116, 124),
        size: Number.parseInt(textAt(block, 124, 136), 8),
        mtime: Number.parseInt(textAt(block, 136, 148), 8),
        typeflag: textAt(block, 156, 157),
        magic: block.toString('latin1', 257, 265),
        names: textAt(block, 265, 297) + textAt(block, 297, 329),
        prefix: textAt(block, 345, 500),
      },
      {
        name: 'runs/a.bam',
        mode: '0000644',
        owner: '00000000000000',
        size: 1000,
        mtime: 1_700_000_000,
        typeflag: '0',
        magic: 'ustar\x0000',
        names: '',
        prefix: '',
      },
    );
  });

  it('has a checksum: the sum of its bytes, with the checksum itself taken for spaces', () => {
    const block = formatTarHeader(MEMBER);
    const blank = Buffer.from(block).fill(' ', 148, 156);
    assert.equal(
      Number.parseInt(textAt(block, 148, 156), 8),
      blank.reduce((sum, byte) => sum + byte, 0),
    );
    assert.match(block.toString('latin1', 148, 156), /^[0-7]{6}\0 $/);
  });

  for (const [what, member, records] of [
    ['100 bytes of name', { ...MEMBER, name: 'x'.repeat(100) }, undefined],
    ['101 bytes of name', { ...MEMBER, name: 'x'.repeat(101) }, { path: 'x'.repeat(101) }],
    ['a name beyond ASCII', { ...MEMBER, name: 'größe/😀.txt' }, { path: 'größe/😀.txt' }],
    ['a byte less than 8 GiB', { ...MEMBER, size: 8 * GIB - 1 }, undefined],
    ['8 GiB', { ...MEMBER, size: 8 * GIB }, { size: '8589934592' }],
    [
      '5 TB and a long name',
      { ...MEMBER, name: 'ü'.repeat(90), size: 5e12 },
      { path: 'ü'.repeat(90), size: '5000000000000' },
    ],
  ] as const) {
    it(`${records ? 'begins with an extended header' : 'is one block'} for ${what}`, () => {
      const header = formatTarHeader(member);
      assert.equal(textAt(header, 156, 157), records ? 'x' : '0');
      if (records) assert.deepEqual(readRecords(header), records);
      const last = header.subarray(-512);
      assert.equal(textAt(last, 156, 157), '0');
      assert.match(textAt(last, 0, 100), /^[\x20-\x7e]+$/);
      assert.equal(Number.parseInt(textAt(last, 124, 136), 8), member.size < 8 * GIB ? member.size : 0);
    });
  }

  it('is as long as was told before it was made, in whole blocks, and the same each time', () => {
    const member = fc.record({
      name: fc.oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 130 }),
        fc.integer({ min: 90, max: 1010 }).map((length) => 'x'.repeat(length)),
      ),
      size: fc.oneof(fc.nat(), fc.maxSafeNat()),
      modifiedAtSeconds: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(member, (any) => {
        const header = formatTarHeader(any);
        assert.equal(header.length, tarHeaderBytes(any));
        assert.equal(header.length % 512, 0);
        assert.ok(header.equals(formatTarHeader({ ...any })));
        if (header.length > 512) assert.equal(readRecords(header)['path'] ?? any.name, any.name);
      }),
    );
  });

  it('counts the digits of a record’s own length', () => {
    // 5 bytes of keyword, "=" and line break around, and lengths on both sides of 100 and 1000.
    for (let length = 101; length < 1100; length += 1)
      readRecords(formatTarHeader({ ...MEMBER, name: 'é'.repeat(length) }));
  });
});

describe('paddingOf()', () => {
  it('goes up to the next block', () => {
    assert.deepEqual([0, 1, 511, 512, 513, 2 ** 53 - 512].map(paddingOf), [0, 511, 1, 0, 511, 0]);
  });
});
