// ListObjectsV2, a page at a time: a bucket of any size is listed in the memory of one page.
import { SluiceError } from '../errors.ts';
import { guessPartBytes } from './part-size.ts';
import { parseXml } from './s3-answer.ts';
import type { ListedObject } from './source.ts';

/** A page of 1,000 keys of 1 KiB, percent-encoded, with all its other fields, stays under this. */
export const MAX_PAGE_BYTES = 8 << 20;

export type ListPage = {
  readonly objects: readonly ListedObject[];
  /** For the next request; absent on the last page. */
  readonly continuationToken?: string;
};

/** Where a page begins: after a key, where the one before has ended, or with the first key. */
export type ListPosition = { readonly after?: string | undefined; readonly continuationToken?: string | undefined };

/** The query that asks for one page. */
export function toListQuery(prefix: string, position: ListPosition): Record<string, string> {
  const { after, continuationToken } = position;
  return {
    'list-type': '2',
    // XML 1.0 cannot carry every character of a key; encoded it can.
    'encoding-type': 'url',
    ...(prefix ? { prefix } : {}),
    ...(continuationToken === undefined ? {} : { 'continuation-token': continuationToken }),
    // A token says it already, and not every server takes both.
    ...(after === undefined || continuationToken !== undefined ? {} : { 'start-after': after }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw new SluiceError('origin-invalid', 'the origin listed a key that is not percent-encoded', { cause });
  }
}

function toListed(item: unknown, isEncoded: boolean): ListedObject {
  if (!isRecord(item)) throw new SluiceError('origin-invalid', 'the origin listed an object without fields');
  const key = toText(item['Key']);
  const sizeText = toText(item['Size']).trim();
  if (key === '' || !/^\d{1,15}$/.test(sizeText)) {
    throw new SluiceError('origin-invalid', 'the origin listed an object without a key or a size');
  }
  const size = Number(sizeText);
  const etagText = toText(item['ETag']).trim();
  const etag = /^$|^"|^W\//.test(etagText) ? etagText : `"${etagText}"`;
  const lastModified = new Date(toText(item['LastModified']).trim());
  const partBytes = guessPartBytes(etag, size);
  return {
    key: isEncoded ? decodeKey(key) : key,
    size,
    etag,
    ...(Number.isNaN(lastModified.getTime()) ? {} : { lastModified }),
    ...(partBytes === undefined ? {} : { partBytes }),
  };
}

/** Reads one page. Throws `origin-invalid` for what is no listing, rather than take it for an empty bucket. */
export function parseListPage(text: string): ListPage {
  const { ListBucketResult: result } = parseXml(text);
  if (!isRecord(result)) throw new SluiceError('origin-invalid', 'the origin answered a listing with something else');
  const contents = result['Contents'] ?? [];
  const items: readonly unknown[] = Array.isArray(contents) ? contents : [contents];
  const isEncoded = toText(result['EncodingType']).trim() === 'url';
  const token = toText(result['NextContinuationToken']);
  const isTruncated = toText(result['IsTruncated']).trim() === 'true';
  if (isTruncated && token === '') {
    throw new SluiceError('origin-invalid', 'the origin cut a listing short and gave no way to go on');
  }
  return {
    objects: items.map((item) => toListed(item, isEncoded)),
    ...(isTruncated ? { continuationToken: token } : {}),
  };
}
