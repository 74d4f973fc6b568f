import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_OBJECT_ID_BYTES, isObjectId } from '../catalog/object-id.ts';
import { parseObjectPath } from './object-path.ts';

describe('parseObjectPath()', () => {
  for (const [target, id] of [
    ['/data/genome', 'genome'],
    ['/data/runs/2026/genome.bam', 'runs/2026/genome.bam'],
    ['/data/a?download=1', 'a'],
    ['/data/a?b?c', 'a'],
    ['/data/a%3Fb', 'a?b'],
    ['/data/100%25', '100%'],
    ['/data/%C3%BC', 'ü'],
    ['/data/a+b', 'a+b'],
    ['/data/a%2Fb', 'a/b'],
    [`/data/${'%41'.repeat(MAX_OBJECT_ID_BYTES)}`, 'A'.repeat(MAX_OBJECT_ID_BYTES)],
  ] as const) {
    it(`reads ${target.slice(0, 40)}`, () => assert.equal(parseObjectPath(target), id));
  }

  for (const target of [
    '/data/',
    '/data/?x',
    '/data/../etc/passwd',
    '/data/a/../b',
    '/data/%2e%2e/etc',
    '/data/a//b',
    '/data/a/',
    '/data/./a',
    '/data/a%00b',
    '/data/a%0d%0ab',
    '/data/a%5cb',
    '/data/%',
    '/data/%zz',
    '/data/%ff%fe',
    '/data/%c0%ae',
    '/data/%ed%a0%80',
    `/data/${'a'.repeat(MAX_OBJECT_ID_BYTES + 1)}`,
    `/data/${'a'.repeat(10_240)}`,
    `/data/${'%'.repeat(10_240)}`,
  ]) {
    it(`refuses ${target.slice(0, 40)}`, () => {
      assert.throws(() => parseObjectPath(target), { name: 'SluiceError', code: 'bad-input' });
    });
  }

  it('reads back every id, however it is encoded', () => {
    const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => isObjectId(text));
    fc.assert(
      fc.property(id, (text) => {
        assert.equal(parseObjectPath(`/data/${encodeURIComponent(text)}`), text);
        const everyByte = Buffer.from(text).toString('hex').replaceAll(/../g, '%$&');
        assert.equal(parseObjectPath(`/data/${everyByte}?query`), text);
      }),
    );
  });

  it('gives an id or refuses, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[%./0-9a-f]*$/)), (text) => {
        try {
          assert.ok(isObjectId(parseObjectPath(`/data/${text}`)));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'bad-input');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
