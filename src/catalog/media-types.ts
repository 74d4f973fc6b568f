// What a filename's extension says of the bytes: a small table of what data libraries hold, since a listing of S3
// does not tell media types. Texts are given no charset: an extension does not tell it.

import { isMediaType } from './entry-check.ts';

export const DEFAULT_MEDIA_TYPE = 'application/octet-stream';

const GZIP = 'application/gzip';
const TEXT = 'text/plain';

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  // Sequences and variants, by the names that servers of GA4GH's htsget use.
  ['bam', 'application/vnd.ga4gh.bam'],
  ['cram', 'application/vnd.ga4gh.cram'],
  ['bcf', 'application/vnd.ga4gh.bcf'],
  ['vcf', 'text/vnd.ga4gh.vcf'],
  ['fasta', TEXT],
  ['fa', TEXT],
  ['fastq', TEXT],
  ['fq', TEXT],
  ['sam', 'text/vnd.ga4gh.sam'],
  ['bed', TEXT],
  ['gff', TEXT],
  ['gtf', TEXT],
  // Images, films and arrays.
  ['tif', 'image/tiff'],
  ['tiff', 'image/tiff'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['fits', 'image/fits'],
  ['dcm', 'application/dicom'],
  ['mp4', 'video/mp4'],
  ['mov', 'video/quicktime'],
  ['webm', 'video/webm'],
  ['mkv', 'video/matroska'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['h5', 'application/x-hdf5'],
  ['hdf5', 'application/x-hdf5'],
  ['nc', 'application/netcdf'],
  ['parquet', 'application/vnd.apache.parquet'],
  ['arrow', 'application/vnd.apache.arrow.file'],
  // Texts and documents.
  ['csv', 'text/csv'],
  ['tsv', 'text/tab-separated-values'],
  ['txt', TEXT],
  ['log', TEXT],
  ['md', 'text/markdown'],
  ['json', 'application/json'],
  ['ndjson', 'application/x-ndjson'],
  ['jsonl', 'application/x-ndjson'],
  ['geojson', 'application/geo+json'],
  ['xml', 'application/xml'],
  ['yaml', 'application/yaml'],
  ['yml', 'application/yaml'],
  ['pdf', 'application/pdf'],
  // Containers. A compressed file is what its last extension says: fastq.gz is gzip, whatever is within.
  ['gz', GZIP],
  ['tgz', GZIP],
  ['bgz', GZIP],
  ['zst', 'application/zstd'],
  ['bz2', 'application/x-bzip2'],
  ['xz', 'application/x-xz'],
  ['zip', 'application/zip'],
  ['tar', 'application/x-tar'],
  ['7z', 'application/x-7z-compressed'],
  ['sqlite', 'application/vnd.sqlite3'],
]);

/** What S3 and others say of an object that was uploaded without a type: it tells nothing. */
const UNTOLD = new Set(['', 'binary/octet-stream', DEFAULT_MEDIA_TYPE]);

/** The media type that a store tells, if it tells one that can be a header; else what the filename says. */
export function mediaTypeOf(told: string | undefined, filename: string): string {
  return told !== undefined && !UNTOLD.has(told.toLowerCase()) && isMediaType(told) ? told : guessMediaType(filename);
}

/** The media type of a file of this name. Large and small letters are one; a name of nothing but `.bam` counts. */
export function guessMediaType(filename: string): string {
  const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  return (filename.includes('.') && MEDIA_TYPES.get(extension)) || DEFAULT_MEDIA_TYPE;
}
