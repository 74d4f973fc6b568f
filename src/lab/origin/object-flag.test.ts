import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parseObjectFlag, parseSize } from './object-flag.ts';

describe('parseSize', () => {
  it('reads decimal and binary units, and fractions that come out whole', () => {
    const cases: readonly [string, number][] = [
      ['0', 0],
      ['512', 512],
      ['512B', 512],
      ['1kB', 1000],
      ['1 KiB', 1024],
      ['1.5MB', 1_500_000],
      ['64mib', 64 * 2 ** 20],
      ['100GiB', 100 * 2 ** 30],
      ['5TiB', 5 * 2 ** 40],
    ];
    for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
  });

  it('refuses everything else, and says what a size is', () => {
    for (const text of ['', 'GiB', '-1', '1.5', '1G', '1e3', '0x10', '1GiB2', '99999999TiB']) {
      assert.throws(() => parseSize(text), { code: 'bad-input', message: /a size is a whole number of bytes/ }, text);
    }
  });
});

describe('parseObjectFlag', () => {
  it('reads a key, a size and a part size', () => {
    assert.deepEqual(parseObjectFlag('big=100GiB'), { key: 'big', size: 100 * 2 ** 30 });
    assert.deepEqual(parseObjectFlag('a/b=c=1KiB:512'), { key: 'a/b=c', size: 1024, partSizeBytes: 512 });
  });

  it('refuses everything else', () => {
    for (const flag of ['big', '=1', 'big=', 'big=x', 'big=1:', 'big=1:2:3']) {
      assert.throws(() => parseObjectFlag(flag), { code: 'bad-input' }, flag);
    }
  });
});
