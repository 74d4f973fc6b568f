import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { EntryTable, formatSize, toCard } from './entry-text.ts';

const ENTRY: CatalogEntry = {
  id: 'a',
  collection: 'c',
  store: 'archive',
  bucket: 'b',
  key: 'k',
  size: 2048,
  etag: '"e"',
  lastModified: new Date('2026-01-02T03:04:05Z'),
  filename: 'f',
  mediaType: 'text/plain',
  digests: { 'sha-256': new Uint8Array([1, 0xff]) },
};

describe('entries as text', () => {
  it('writes sizes with three digits', () => {
    const sizes = { 0: '0 B', 1: '1 B', 1023: '1023 B', 1024: '1.00 KiB', 10_240: '10.0 KiB', 1_048_576: '1.00 MiB' };
    for (const [size, text] of Object.entries(sizes)) assert.equal(formatSize(Number(size)), text);
    assert.equal(formatSize(150 * 2 ** 30), '150 GiB');
    assert.equal(formatSize(5 * 2 ** 40), '5.00 TiB');
    assert.equal(formatSize(5_000 * 2 ** 40), '5000 TiB');
  });

  it('aligns a table whose columns only widen', () => {
    const table = new EntryTable();
    const { lastModified: _, ...undated } = ENTRY;
    assert.equal(
      table.format([ENTRY]),
      'ID      SIZE  MODIFIED    MEDIA TYPE  LOCATION\na   2.00 KiB  2026-01-02  text/plain  archive:b/k\n',
    );
    assert.equal(
      table.format([{ ...undated, id: '🧬🧬🧬' }, ENTRY]),
      '🧬🧬🧬  2.00 KiB  -           text/plain  archive:b/k\na    2.00 KiB  2026-01-02  text/plain  archive:b/k\n',
    );
  });

  it('lets nothing in a key move the cursor or begin a line', () => {
    const hostile = { ...ENTRY, key: 'k\u001b[2J\nx\u009b', filename: 'f\u2028' };
    for (const text of [new EntryTable().format([hostile]), toCard(hostile)]) {
      assert.ok(text.includes(String.raw`k\u001b[2J\u000ax\u009b`));
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Zl}]/u);
    }
  });

  it('writes a field a line, and only what is known', () => {
    const card = toCard({ ...ENTRY, partBytes: 8 << 20 });
    assert.match(card, /^etag {8}"e"\npart size {3}8388608 \(8\.00 MiB\)\n/m);
    assert.doesNotMatch(toCard(ENTRY), /part size|vanished/);
    assert.match(toCard(ENTRY), /^collection {2}c$/m);
  });
});
