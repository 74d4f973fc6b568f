// The answer to GetObjectAttributes: the facts of an object that were asked for, its parts a page at a time.

import { S3Error } from './s3-error.ts';
import type { StoredObject } from './stored-object.ts';
import { countParts } from './synthetic-bytes.ts';
import type { XmlElement } from './xml.ts';

export type AttributesRequest = {
  /** The value of `x-amz-object-attributes`. */
  readonly wanted: string | undefined;
  readonly maxParts: string | undefined;
  readonly partNumberMarker: string | undefined;
};

const ATTRIBUTES = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']);

/** "GetObjectAttributes": the most parts of one answer. */
const MAX_PARTS = 1000;

export function toAttributesElement(object: StoredObject, request: AttributesRequest): XmlElement {
  const wanted = new Set((request.wanted ?? '').split(',').map((name) => name.trim()));
  const unknown = [...wanted].find((name) => !ATTRIBUTES.has(name));
  if (unknown !== undefined) {
    const details = { ArgumentName: 'x-amz-object-attributes', ArgumentValue: request.wanted ?? '' };
    throw new S3Error('InvalidArgument', details, { message: 'Invalid attribute name specified.' });
  }
  const { size, partSizeBytes } = object;
  const hasParts = wanted.has('ObjectParts') && partSizeBytes !== undefined;
  return [
    'GetObjectAttributesResponse',
    [
      ['ETag', wanted.has('ETag') ? object.etag.slice(1, -1) : undefined],
      ['ObjectParts', hasParts ? formatParts({ size, partSizeBytes }, request) : undefined],
      ['StorageClass', wanted.has('StorageClass') ? 'STANDARD' : undefined],
      ['ObjectSize', wanted.has('ObjectSize') ? size : undefined],
    ],
  ];
}

type Parts = { readonly size: number; readonly partSizeBytes: number };

function formatParts({ size, partSizeBytes }: Parts, request: AttributesRequest): readonly XmlElement[] {
  const count = countParts(size, partSizeBytes);
  const marker = parseNumber('x-amz-part-number-marker', request.partNumberMarker ?? '0');
  const maxParts = Math.min(MAX_PARTS, parseNumber('x-amz-max-parts', request.maxParts ?? String(MAX_PARTS)));
  const last = Math.min(count, marker + maxParts);
  const numbers = Array.from({ length: Math.max(0, last - marker) }, (_, index) => marker + 1 + index);
  return [
    ['PartsCount', count],
    ['PartNumberMarker', marker],
    ['NextPartNumberMarker', last],
    ['MaxParts', maxParts],
    ['IsTruncated', last < count],
    ...numbers.map((number): XmlElement => [
      'Part',
      [
        ['PartNumber', number],
        ['Size', Math.min(partSizeBytes, size - (number - 1) * partSizeBytes)],
      ],
    ]),
  ];
}

function parseNumber(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new S3Error('InvalidArgument', { ArgumentName: name, ArgumentValue: value });
}
