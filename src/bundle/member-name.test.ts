// Names of members, by example: what becomes of each trap, and how those that clash are told apart.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameMembers, toSafeName } from './member-name.ts';

describe('toSafeName()', () => {
  for (const [path, name] of [
    ['runs/7/reads.bam', 'runs/7/reads.bam'],
    ['größe/名前.txt', 'größe/名前.txt'],
    ['/etc/passwd', 'etc/passwd'],
    ['../../etc/passwd', '__/__/etc/passwd'],
    ['a/./b//c/', 'a/_/b/c'],
    ['..', '__'],
    ['.. /x', '___/x'],
    ['.hidden', '.hidden'],
    ['', '_'],
    ['///', '_'],
    ['C:\\Windows\\x', 'C__Windows_x'],
    ['chr1:100-200', 'chr1_100-200'],
    ['a\0b\nc\x7f\u202etxt.exe', 'a_b_c__txt.exe'],
    ['ends. ', 'ends__'],
    ['con', '_con'],
    ['lib/AUX.c', 'lib/_AUX.c'],
    ['console', 'console'],
    ['COM\u00b9.txt', '_COM\u00b9.txt'],
    ['a\u0308', 'ä'],
    ['half \ud800', 'half \ufffd'],
  ] as const) {
    it(`makes ${JSON.stringify(path)} ${JSON.stringify(name)}`, () => assert.equal(toSafeName(path), name));
  }

  it('cuts what no file system takes between two characters, and keeps the extension', () => {
    assert.equal(toSafeName(`${'x'.repeat(300)}.fastq.gz`), `${'x'.repeat(246)}.fastq.gz`);
    assert.equal(toSafeName(`d/${'€'.repeat(100)}.txt`), `d/${'€'.repeat(83)}.txt`);
    assert.equal(toSafeName(`a.${'x'.repeat(300)}`), `a.${'x'.repeat(253)}`);
  });
});

describe('nameMembers()', () => {
  for (const [what, paths, names] of [
    ['the same name', ['a.txt', 'a.txt', 'a.txt'], ['a.txt', 'a (2).txt', 'a (3).txt']],
    ['two extensions', ['r.fastq.gz', 'r.fastq.gz'], ['r.fastq.gz', 'r (2).fastq.gz']],
    ['no extension', ['.rc', '.rc', 'd.d/f', 'd.d/f'], ['.rc', '.rc (2)', 'd.d/f', 'd.d/f (2)']],
    ['a name that is taken already', ['a (2)', 'a', 'a'], ['a (2)', 'a', 'a (3)']],
    ['case', ['A.txt', 'a.TXT'], ['A.txt', 'a (2).TXT']],
    ['accents', ['ä', 'a\u0308', 'Ä'], ['ä', 'ä (2)', 'Ä (3)']],
    ['a file and a folder', ['a', 'a/b', 'a/c'], ['a (2)', 'a/b', 'a/c']],
    ['a folder of another case', ['DIR/x', 'dir', 'dir/x'], ['DIR/x', 'dir (2)', 'dir/x (2)']],
    ['a folder far above', ['a/b', 'a/b/c/d', 'a'], ['a/b (2)', 'a/b/c/d', 'a (2)']],
    ['what safety makes the same', ['a:b', 'a?b'], ['a_b', 'a_b (2)']],
  ] as const) {
    it(`tells ${what} apart`, () => assert.deepEqual(nameMembers(paths), names));
  }

  it('keeps a numbered name as short as any', () => {
    const [, second] = nameMembers([`${'x'.repeat(251)}.txt`, `${'x'.repeat(251)}.txt`]);
    assert.equal(second, `${'x'.repeat(247)} (2).txt`);
  });

  it('tells ten thousand of one name apart, and is not slow at it', () => {
    const names = nameMembers(Array.from({ length: 10_000 }, () => 'a.txt'));
    assert.deepEqual([new Set(names).size, names.at(-1)], [10_000, 'a (10000).txt']);
  });
});
