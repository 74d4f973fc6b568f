// Whatever a catalog has for ids and file names: what comes out is safe, distinct, and stays as it is.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nameMembers, toSafeName } from './member-name.ts';

/** What is most likely to go wrong, in any order. */
const PARTS = [
  '/',
  '/',
  '//',
  '.',
  '..',
  '...',
  ' ',
  'a',
  'A',
  'ä',
  'a\u0308',
  'b.txt',
  'c.tar.gz',
  '\\',
  'C:',
  ':',
  '\0',
  '\n',
  'con',
  'NUL.txt',
  'com1',
  ' (2)',
  '_',
  '>\u0338',
  '\ud800',
  '\u202e',
  'ß',
  'ẞ',
  'ss',
  'İ',
  'x'.repeat(254),
  '😀'.repeat(70),
] as const;
const aPath = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('a', 'a/b', 'A', 'a/B', 'a/b/c', 'a (2)', 'a.txt', 'A.TXT'),
);
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$/i;

function assertSafe(name: string): void {
  assert.ok(name.isWellFormed() && name !== '');
  assert.doesNotMatch(name, /[\p{Cc}\\:*?"<>|\u2028\u2029]/u);
  for (const segment of name.split('/')) {
    assert.ok(segment !== '' && segment !== '.' && segment !== '..', name);
    assert.doesNotMatch(segment, /[. ]$/);
    assert.doesNotMatch(segment, DEVICES);
    assert.ok(Buffer.byteLength(segment) <= 255, `${segment.length} characters`);
  }
}

/** A file system that tells neither case nor the writing of accents apart: a second file or a folder in its place fails. */
function unpack(names: readonly string[]): void {
  const made = new Map<string, 'file' | 'folder'>();
  for (const name of names) {
    const segments = name.normalize('NFD').toUpperCase().split('/');
    for (let depth = 1; depth < segments.length; depth += 1) {
      const folder = segments.slice(0, depth).join('/');
      assert.notEqual(made.get(folder), 'file', `${name} is below a file`);
      made.set(folder, 'folder');
    }
    const path = segments.join('/');
    assert.equal(made.get(path), undefined, `${name} is there already`);
    made.set(path, 'file');
  }
}

describe('names of members', () => {
  it('are safe, whatever they were', () => {
    fc.assert(
      fc.property(aPath, (path) => assertSafe(toSafeName(path))),
      { numRuns: 2_000 },
    );
  });

  it('are left as they are when they are safe', () => {
    const property = fc.property(aPath, (path) => assert.equal(toSafeName(toSafeName(path)), toSafeName(path)));
    fc.assert(property, { numRuns: 2_000 });
  });

  it('are safe and distinct together, one for each path, and left as they are', () => {
    const property = fc.property(fc.array(aPath, { maxLength: 30 }), (paths) => {
      const names = nameMembers(paths);
      assert.equal(names.length, paths.length);
      names.forEach(assertSafe);
      unpack(names);
      assert.deepEqual(nameMembers(names), names);
      assert.deepEqual(nameMembers(paths), names);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
