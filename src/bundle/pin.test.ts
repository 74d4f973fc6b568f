// What a bundle is made from, and what of it makes another bundle.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bundleable } from './bundles.ts';
import { planTar } from './layout.ts';
import { pinBundle } from './pin.ts';

const OBJECT: Bundleable = {
  id: 'runs/7/reads',
  store: 'archive',
  bucket: 'b',
  key: 'k',
  size: 1000,
  etag: '"e"',
  lastModified: new Date(1_700_000_000_999),
  filename: 'reads.bam',
};

describe('pinBundle()', () => {
  it('pins each object, under a name from the folder of its id and its file name', () => {
    const { members, size, id, etag } = pinBundle([OBJECT, { ...OBJECT, id: 'x', versionId: 'v', filename: 'a/b' }]);
    const { lastModified: _, filename: __, ...pinned } = OBJECT;
    assert.deepEqual(members, [
      { ...pinned, name: 'runs/7/reads.bam', modifiedAtSeconds: 1_700_000_000 },
      { ...pinned, id: 'x', versionId: 'v', name: 'a_b', modifiedAtSeconds: 1_700_000_000 },
    ]);
    assert.equal(size, planTar(members).size);
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(etag, `"${id}"`);
  });

  it('keeps to times that a header can have', () => {
    const { lastModified: _, ...timeless } = OBJECT;
    for (const object of [timeless, { ...OBJECT, lastModified: new Date(-5000) }]) {
      assert.equal(pinBundle([object]).members[0]?.modifiedAtSeconds, 0);
    }
  });

  it('makes the same bundle of the same list', () => {
    const list = [OBJECT, { ...OBJECT, id: 'b' }];
    assert.deepEqual(pinBundle(list), pinBundle(list.map((object) => ({ ...object }))));
    const sameSecond = { ...OBJECT, lastModified: new Date(1_700_000_000_000) };
    assert.equal(pinBundle([sameSecond]).id, pinBundle([OBJECT]).id, 'a tar has whole seconds');
  });

  it('makes this bundle, as long as the bytes of a tar do not change', () => {
    assert.equal(pinBundle([OBJECT]).id, 'fd4b95bf6e385508543808079f13dfb2fe53181912e3e48112fbefb8295d625b');
  });

  const others: readonly (readonly [string, Partial<Bundleable>])[] = [
    ['id', { id: 'runs/7/other' }],
    ['store', { store: 'other' }],
    ['bucket', { bucket: 'other' }],
    ['key', { key: 'other' }],
    ['version id', { versionId: 'v' }],
    ['size', { size: 1001 }],
    ['ETag', { etag: '"other"' }],
    ['time', { lastModified: new Date(1_700_000_001_000) }],
    ['file name', { filename: 'other' }],
  ];
  for (const [what, change] of others) {
    it(`makes another bundle of another ${what}`, () => {
      assert.notEqual(pinBundle([{ ...OBJECT, ...change }]).id, pinBundle([OBJECT]).id);
    });
  }

  it('makes another bundle of another order', () => {
    const other = { ...OBJECT, id: 'b' };
    assert.notEqual(pinBundle([OBJECT, other]).id, pinBundle([other, OBJECT]).id);
  });
});
