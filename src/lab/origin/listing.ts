// One page of ListObjectsV2, as a pure function of the sorted objects and what was asked.

import { encodeKey, queryValue } from './aws-uri.ts';
import type { Query } from './aws-uri.ts';
import { S3Error } from './s3-error.ts';
import type { ObjectSummary } from './stored-object.ts';
import type { XmlElement } from './xml.ts';

export type ListRequest = {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Only what comes after this key, or after all that begins with it when it is a common prefix. */
  readonly startAfter: string;
  readonly continuationToken: string | undefined;
  readonly encodingType: 'url' | undefined;
};

export type ListPage = {
  readonly contents: readonly ObjectSummary[];
  readonly commonPrefixes: readonly string[];
  /** Undefined on the last page. */
  readonly nextContinuationToken: string | undefined;
};

/** "ListObjectsV2": the action returns up to 1,000 key names. */
const MAX_KEYS = 1000;

export function parseListRequest(query: Query): ListRequest {
  const encodingType = queryValue(query, 'encoding-type');
  if (encodingType !== undefined && encodingType !== 'url') {
    throw invalidArgument('encoding-type', encodingType, 'Invalid Encoding Method specified in Request');
  }
  const maxKeys = queryValue(query, 'max-keys') ?? String(MAX_KEYS);
  if (!/^\d{1,10}$/.test(maxKeys)) {
    throw invalidArgument('max-keys', maxKeys, 'Provided max-keys not an integer or within integer range');
  }
  return {
    prefix: queryValue(query, 'prefix') ?? '',
    delimiter: queryValue(query, 'delimiter') ?? '',
    maxKeys: Math.min(MAX_KEYS, Number(maxKeys)),
    startAfter: queryValue(query, 'start-after') ?? '',
    continuationToken: queryValue(query, 'continuation-token'),
    encodingType,
  };
}

/** `objects` are in the order of their keys' bytes. */
export function planListPage(objects: readonly ObjectSummary[], request: ListRequest): ListPage {
  const { prefix, delimiter, maxKeys } = request;
  const after = readPosition(request);
  const contents: ObjectSummary[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  for (let index = findAfter(objects, after); index < objects.length; index += 1) {
    const object = objects[index]!;
    if (!object.key.startsWith(prefix)) continue;
    const commonPrefix = commonPrefixOf(object.key, { prefix, delimiter });
    // What a common prefix has told already, on this page or on the one before, is told once.
    if (commonPrefix !== undefined && (commonPrefix === last || commonPrefix === after)) continue;
    if (contents.length + commonPrefixes.length >= maxKeys) {
      return { contents, commonPrefixes, nextContinuationToken: last === undefined ? undefined : toToken(last) };
    }
    last = commonPrefix ?? object.key;
    if (commonPrefix === undefined) contents.push(object);
    else commonPrefixes.push(commonPrefix);
  }
  return { contents, commonPrefixes, nextContinuationToken: undefined };
}

export function toListElement(bucket: string, request: ListRequest, page: ListPage): XmlElement {
  const write = (key: string): string => (request.encodingType === 'url' ? encodeKey(key) : key);
  return [
    'ListBucketResult',
    [
      ['Name', bucket],
      ['Prefix', write(request.prefix)],
      ['Delimiter', request.delimiter === '' ? undefined : write(request.delimiter)],
      ['StartAfter', request.startAfter === '' ? undefined : write(request.startAfter)],
      ['ContinuationToken', request.continuationToken],
      ['NextContinuationToken', page.nextContinuationToken],
      ['KeyCount', page.contents.length + page.commonPrefixes.length],
      ['MaxKeys', request.maxKeys],
      ['EncodingType', request.encodingType],
      ['IsTruncated', page.nextContinuationToken !== undefined],
      ...page.contents.map(({ key, lastModified, etag, size }): XmlElement => [
        'Contents',
        [
          ['Key', write(key)],
          ['LastModified', lastModified.toISOString()],
          ['ETag', etag],
          ['Size', size],
          ['StorageClass', 'STANDARD'],
        ],
      ]),
      ...page.commonPrefixes.map((prefix): XmlElement => ['CommonPrefixes', [['Prefix', write(prefix)]]]),
    ],
  ];
}

/** Where the page begins: a token goes before a start-after, for it is further on. */
function readPosition({ continuationToken, startAfter }: ListRequest): string {
  if (continuationToken === undefined) return startAfter;
  const position = Buffer.from(continuationToken, 'base64url').toString();
  if (position === '' || toToken(position) !== continuationToken) {
    throw invalidArgument('continuation-token', continuationToken, 'The continuation token provided is incorrect');
  }
  return position;
}

function toToken(position: string): string {
  return Buffer.from(position).toString('base64url');
}

function commonPrefixOf(key: string, { prefix, delimiter }: { prefix: string; delimiter: string }): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** The index of the first object whose key comes after `position`, by halving. */
function findAfter(objects: readonly ObjectSummary[], position: string): number {
  const bytes = Buffer.from(position);
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(Buffer.from(objects[middle]!.key), bytes) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', { ArgumentName: name, ArgumentValue: value }, { message });
}
