import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { parseLine, toLine } from './journal-line.ts';

test('a line gives back what was put in', () => {
  fc.assert(
    fc.property(fc.constantFrom('o' as const, 's' as const), fc.json(), (kind, row) => {
      const line = Buffer.from(toLine(kind, row));
      assert.equal(line.at(-1), 0x0a);
      assert.deepEqual(parseLine(line.subarray(0, -1)), { kind, row });
    }),
  );
});

test('a line with one bit turned round is damaged, and so is one that was cut anywhere', () => {
  const line = Buffer.from(toLine('s', '["a",1]')).subarray(0, -1);
  for (let at = 0; at < line.length; at += 1) {
    assert.equal(parseLine(line.subarray(0, at)).kind, 'damaged', `cut at ${at}`);
    for (let bit = 1; bit < 256; bit *= 2) {
      const turned = Buffer.from(line);
      turned[at] = turned[at]! ^ bit;
      assert.equal(parseLine(turned).kind, 'damaged', `byte ${at}, bit ${bit}`);
    }
  }
});

test('a genuine line of another version, or kind, is told from a damaged one', () => {
  for (const rest of ['2s["a"]', '1x["a"]']) {
    const checksum = crc32(rest).toString(16).padStart(8, '0');
    assert.equal(parseLine(Buffer.from(`${checksum}${rest}`)).kind, 'foreign');
  }
});
