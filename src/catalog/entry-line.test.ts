import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CatalogEntry } from './catalog.ts';
import { problemsOf } from './entry-check.ts';
import { formatEntryLine, parseEntryLine } from './entry-line.ts';
import { entry } from './entry.test-double.ts';

const parse = (line: string) => parseEntryLine(line, { collection: 'default' });
const problems = (fields: unknown): readonly string[] => {
  const parsed = parse(JSON.stringify(fields));
  return 'problems' in parsed ? parsed.problems : [];
};
const BARE = { id: 'a', store: 's', key: 'runs/x.bam', size: 1, etag: '"e"' };

describe('an entry as a line', () => {
  it('has its fields in one order, digests in hex, and nothing beside', () => {
    const full = entry('a', { partBytes: 5, digests: { 'sha-256': new Uint8Array(32).fill(1) } });
    const more = { versionId: 'v', lastModified: new Date(0), vanishedAt: new Date(1) };
    assert.equal(
      formatEntryLine({ ...full, ...more, isPublic: true } as CatalogEntry),
      '{"id":"a","collection":"default","store":"archive","bucket":"library","key":"objects/a","versionId":"v","size":12,' +
        '"etag":"\\"abc\\"","partBytes":5,"lastModified":"1970-01-01T00:00:00.000Z","filename":"file.bin",' +
        `"mediaType":"application/octet-stream","digests":{"sha-256":"${'01'.repeat(32)}"},"vanishedAt":"1970-01-01T00:00:00.001Z"}`,
    );
  });

  it('is read as it was written, whatever is in it', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
    const date = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    const digest = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const digests = fc.record({ 'sha-256': digest(32), 'sha-512': digest(64) }, { requiredKeys: [] });
    const more = fc.record(
      { versionId: text, partBytes: fc.integer({ min: 1 }), lastModified: date, vanishedAt: date, digests },
      { requiredKeys: [] },
    );
    const drawn = fc
      .tuple(text, text, text, fc.maxSafeNat(), more)
      .map(([id, key, filename, size, rest]) => entry(id, { key, filename, size, ...rest }))
      .filter((one) => problemsOf(one).length === 0);
    fc.assert(
      fc.property(drawn, (one) => {
        const line = formatEntryLine(one);
        assert.doesNotMatch(line, /\n/);
        const parsed = parse(line);
        assert.ok('entry' in parsed, line);
        assert.deepEqual(JSON.parse(formatEntryLine(parsed.entry)), JSON.parse(line));
        assert.deepEqual(parsed.entry.lastModified, one.lastModified);
      }),
    );
  });

  it('needs no more than what nothing else can say', () => {
    assert.deepEqual(parse(JSON.stringify(BARE)), {
      entry: {
        ...BARE,
        collection: 'default',
        bucket: '',
        filename: 'x.bam',
        mediaType: 'application/vnd.ga4gh.bam',
        digests: {},
      },
    });
  });

  it('tells all that is wrong at once', () => {
    const wrong = { id: '../a', key: 7, size: '1', etag: 'e', partBytes: 0, lastModified: 'today', what: 1 };
    const told = [
      'got no "store", want it',
      'got "key" 7, want a text',
      'got "size" "1", want a number',
      'got "lastModified" "today", want a time like "2026-01-02T03:04:05Z"',
      'got a field "what", want only id, collection, store, bucket, key, versionId, size, etag, partBytes, lastModified, filename, mediaType, digests, vanishedAt',
    ];
    const all = problems(wrong);
    assert.deepEqual(all.slice(0, told.length), told);
    assert.match(all.slice(told.length).join('\n'), /^got this id, .*\ngot the ETag "e", .*\ngot the part size 0, .*$/);
  });

  it('refuses what only looks right', () => {
    const cases: readonly [object, RegExp][] = [
      [{ versionId: null }, /got "versionId" null, want a text/],
      [{ digests: [] }, /got "digests" \[\], want an object/],
      [{ digests: { md5: '00' } }, /got a digest "md5"/],
      [{ digests: { 'sha-256': 'zz'.repeat(32) } }, /want 64 hexadecimal digits/],
      [{ digests: { 'sha-256': 'ab' } }, /want 64 hexadecimal digits/],
      [{ lastModified: '2026-13-01T00:00:00Z' }, /want a time/],
      [{ lastModified: 5 }, /want a time/],
      [{ size: 2 ** 53 }, /got the size/],
      [{ key: 'a\0' }, /NUL/],
      [{ collection: 'No' }, /got the collection "No"/],
      [{ isPublic: true }, /got a field "isPublic"/],
      [{ etag: 'x'.repeat(1000) }, /got the ETag/],
    ];
    for (const [more, message] of cases) {
      const [only, ...others] = problems({ ...BARE, ...more });
      assert.match(only ?? '', message);
      assert.deepEqual(others, []);
    }
    for (const line of ['', 'x', '[1]', '"a"', 'null', '{"id":"a"', '{"__proto__":1}']) {
      assert.ok('problems' in parse(line), line);
    }
  });
});
