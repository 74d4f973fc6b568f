import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import type { StoreConfig } from './config.ts';
import { formatLocation, parseLocation } from './location.ts';

const S3: StoreConfig = {
  type: 's3',
  endpoint: undefined,
  region: 'r',
  pathStyle: false,
  credentials: undefined,
  maxConnections: 1,
  ca: undefined,
};
const DISK: StoreConfig = { type: 'file', root: '/data' };

const oneS3 = new Map<string, StoreConfig>([
  ['archive', S3],
  ['disk', DISK],
]);
const parse = (text: string, store?: string, stores: ReadonlyMap<string, StoreConfig> = oneS3) =>
  parseLocation(text, { stores, store });

describe('a location', () => {
  it('is read in each of its spellings', () => {
    const object = { store: 'archive', bucket: 'b', key: 'k/e y:1' };
    assert.deepEqual(parse('archive:b/k/e y:1'), object);
    assert.deepEqual(parse('s3://b/k/e y:1'), object);
    assert.deepEqual(parse('s3://b/k/e y:1', 'archive'), object);
    assert.deepEqual(parse('archive:b/k/e y:1', 'archive'), object);
    assert.deepEqual(parse('disk:runs/a.bam'), { store: 'disk', bucket: '', key: 'runs/a.bam' });
  });

  it('may be a whole bucket or store', () => {
    for (const text of ['s3://b', 's3://b/', 'archive:b', 'archive:b/']) {
      assert.deepEqual(parse(text), { store: 'archive', bucket: 'b', key: '' });
    }
    assert.deepEqual(parse('disk:'), { store: 'disk', bucket: '', key: '' });
  });

  it('is read back from how it is written', () => {
    const name = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(name, name, (bucket, key) => {
        fc.pre(!bucket.includes('/'));
        const s3 = { store: 'archive', bucket, key };
        const file = { store: 'disk', bucket: '', key };
        assert.deepEqual(parse(formatLocation(s3)), s3);
        assert.deepEqual(parse(formatLocation(file)), file);
      }),
    );
  });

  it('says what is wrong with it, and what would be right', () => {
    const twoS3 = new Map([...oneS3, ['second', S3] as const]);
    const noS3 = new Map([['disk', DISK] as const]);
    const cases: readonly (readonly [RegExp, () => unknown])[] = [
      [/there are several S3 stores; want --store archive or second$/, () => parse('s3://b/k', undefined, twoS3)],
      [/has no S3 store; want STORE:PATH with one of disk$/, () => parse('s3://b/k', undefined, noS3)],
      [/in the store disk, which is a folder; want disk:PATH$/, () => parse('s3://b/k', 'disk')],
      [/got the store "archiv", want archive$/, () => parse('archiv:b/k')],
      [/got the store "tape", want one of archive, disk$/, () => parse('s3://b/k', 'tape')],
      [/got "b\/k", want a store and a place in it, archive:BUCKET\/KEY$/, () => parse('b/k')],
      [/got "a\.bam", want a store and a place in it, disk:PATH$/, () => parse('a.bam', 'disk')],
      [/got the store disk in disk:a and archive after --store, want one store$/, () => parse('disk:a', 'archive')],
      [/got s3:\/\/, which names no bucket/, () => parse('s3://')],
      [/got archive:\/k, which names no bucket/, () => parse('archive:/k')],
    ];
    for (const [message, run] of cases) {
      assert.throws(run, (error) => isSluiceError(error, 'bad-input') && message.test(error.message));
    }
  });
});
