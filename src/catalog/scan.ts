// Streams a store's listing into a catalog, however many objects there are, in the memory of one batch.
import { createHash } from 'node:crypto';
import { SluiceError } from '../errors.ts';
import type { ListedObject, Source } from '../source/source.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { isStrongEtag } from './entry-check.ts';
import { mediaTypeOf } from './media-types.ts';
import { isObjectId, OBJECT_ID_RULE } from './object-id.ts';

/** As many as S3 lists in one answer; one transaction, so that a scan costs a thousandth of the disk's syncs. */
const BATCH_SIZE = 1_000;

/** 22 characters of base64url are 132 bits: no two keys of any library share them. */
const KEY_HASH_LENGTH = 22;

/** Controls, and U+2028 and U+2029, which end a line where a filename is shown. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

export type ScanProgress = {
  /** Objects listed so far. */
  readonly seen: number;
  readonly catalogued: number;
  readonly refused: number;
};

export type RefusedObject = { readonly key: string; readonly reason: string };

export type ScanOptions = {
  readonly source: Source;
  readonly catalog: Catalog;
  /** The name under which the catalog knows the source. */
  readonly store: string;
  readonly bucket: string;
  readonly prefix: string;
  /** What every id begins with; it may be empty. */
  readonly idPrefix: string;
  readonly signal: AbortSignal;
  /** Called after each batch. */
  readonly onProgress?: (progress: ScanProgress) => void;
  /** Called for each object that cannot be served, and so is not catalogued. */
  readonly onRefused?: (refused: RefusedObject) => void;
};

/** Catalogues every object below the prefix. What was catalogued before a failure or an abort stays. */
export async function scan(options: ScanOptions): Promise<ScanProgress> {
  const { source, catalog, bucket, prefix, idPrefix, signal } = options;
  if (!isObjectId(hashedId(idPrefix, { bucket, key: '' }))) {
    const want = `want the beginning of one: ${OBJECT_ID_RULE}`;
    throw new SluiceError('bad-input', `got ${JSON.stringify(idPrefix)} as the beginning of ids, ${want}`);
  }
  const count = { seen: 0, catalogued: 0, refused: 0 };
  let batch: CatalogEntry[] = [];
  const flush = async () => {
    signal.throwIfAborted();
    await catalog.putMany(batch);
    count.catalogued += batch.length;
    batch = [];
    options.onProgress?.({ ...count });
  };
  for await (const object of source.list({ bucket, prefix, signal })) {
    count.seen += 1;
    const reason = reasonToRefuse(object);
    if (reason === undefined) batch.push(toEntry(object, options));
    else {
      count.refused += 1;
      options.onRefused?.({ key: object.key, reason });
    }
    if (batch.length === BATCH_SIZE) await flush();
  }
  await flush();
  return count;
}

function reasonToRefuse({ etag, size, key }: ListedObject): string | undefined {
  if (etag === '') return 'the store gives no ETag, so one version cannot be told from another';
  if (!isStrongEtag(etag)) return `the store's ETag ${JSON.stringify(etag)} is not a strong one in quotes`;
  if (!Number.isSafeInteger(size) || size < 0) return `the store gives the size ${size}`;
  if (key === '') return 'its key is empty';
  return key.isWellFormed() ? undefined : 'its key is no Unicode';
}

function toEntry(object: ListedObject, { store, bucket, idPrefix }: ScanOptions): CatalogEntry {
  const { key, size, etag, partBytes, lastModified, mediaType } = object;
  const filename = filenameOf(key);
  return {
    id: idOf(idPrefix, { bucket, key }),
    store,
    bucket,
    key,
    size,
    etag,
    ...(partBytes === undefined ? {} : { partBytes }),
    ...(lastModified === undefined ? {} : { lastModified }),
    filename,
    mediaType: mediaTypeOf(mediaType, filename),
    digests: {},
  };
}

type Location = { readonly bucket: string; readonly key: string };

/** The id of an object: its key, if that can be one; else a hash of where it is, the same at each scan. */
function idOf(idPrefix: string, location: Location): string {
  const plain = idPrefix + location.key;
  return isObjectId(plain) ? plain : hashedId(idPrefix, location);
}

function hashedId(idPrefix: string, { bucket, key }: Location): string {
  const hash = createHash('sha256').update(`${bucket}/${key}`).digest('base64url');
  return `${idPrefix}~${hash.slice(0, KEY_HASH_LENGTH)}`;
}

/** The last segment of a key, made fit to be shown; a key that ends in `/` has its last segment before that. */
export function filenameOf(key: string): string {
  const name = key.split('/').findLast((segment) => segment !== '') ?? '';
  return name.toWellFormed().replaceAll(UNSHOWABLE, '_') || 'object';
}
