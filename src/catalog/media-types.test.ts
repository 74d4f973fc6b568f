import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isMediaType } from './entry-check.ts';
import { guessMediaType, mediaTypeOf } from './media-types.ts';

it('knows the types of the field by their last extension', () => {
  const types = {
    'sample.bam': 'application/vnd.ga4gh.bam',
    'sample.CRAM': 'application/vnd.ga4gh.cram',
    'calls.vcf': 'text/vnd.ga4gh.vcf',
    'reads.fastq.gz': 'application/gzip',
    'slide.tif': 'image/tiff',
    'table.parquet': 'application/vnd.apache.parquet',
    'array.h5': 'application/x-hdf5',
    'film.mp4': 'video/mp4',
    'x.json': 'application/json',
    'x.csv': 'text/csv',
    'x.txt': 'text/plain',
    '.bam': 'application/vnd.ga4gh.bam',
  };
  for (const [name, type] of Object.entries(types)) {
    assert.equal(guessMediaType(name), type);
    assert.ok(isMediaType(type));
  }
});

it('claims nothing of what it does not know', () => {
  for (const name of ['bam', 'x', 'x.', 'x.unheard', '', 'x.__proto__', 'x.constructor']) {
    assert.equal(guessMediaType(name), 'application/octet-stream');
  }
});

it('believes a store that tells a type, and not one that says it does not know', () => {
  assert.equal(mediaTypeOf('text/x', 'a.bam'), 'text/x');
  for (const told of [undefined, '', 'binary/octet-stream', 'Application/Octet-Stream', 'no type', 'a/b\r\nX: y']) {
    assert.equal(mediaTypeOf(told, 'a.bam'), 'application/vnd.ga4gh.bam');
  }
});
