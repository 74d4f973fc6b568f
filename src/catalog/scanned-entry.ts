// A listed object as an entry of the catalog, or why it cannot be one.
import { createHash } from 'node:crypto';
import type { ListedObject } from '../source/source.ts';
import type { CatalogEntry } from './catalog.ts';
import { isStorableText, isStrongEtag } from './entry-check.ts';
import { filenameOf } from './filename.ts';
import { mediaTypeOf } from './media-types.ts';
import { isObjectId } from './object-id.ts';

/** 22 characters of base64url are 132 bits: no two keys of any library share them. */
const KEY_HASH_LENGTH = 22;

/** What a scan is of, and what it makes of that. */
export type ScanPlace = {
  /** The name under which the catalog knows the source. */
  readonly store: string;
  readonly bucket: string;
  /** Only keys that begin with it. */
  readonly prefix: string;
  /** What every id begins with; it may be empty. */
  readonly idPrefix: string;
  /** The id of the collection that the entries come into. */
  readonly collection: string;
};

export function reasonToRefuse({ etag, size, key }: ListedObject): string | undefined {
  if (etag === '') return 'the store gives no ETag, so one version cannot be told from another';
  if (!isStrongEtag(etag)) return `the store's ETag ${JSON.stringify(etag)} is not a strong one in quotes`;
  if (!Number.isSafeInteger(size) || size < 0) return `the store gives the size ${size}`;
  if (key === '') return 'its key is empty';
  return isStorableText(key) ? undefined : 'its key is no Unicode, or has a NUL';
}

/** `id` is what `idOf` gives for it. */
export function toScannedEntry(object: ListedObject, place: ScanPlace & { readonly id: string }): CatalogEntry {
  const { key, size, etag, partBytes, lastModified, mediaType } = object;
  const filename = filenameOf(key);
  return {
    id: place.id,
    collection: place.collection,
    store: place.store,
    bucket: place.bucket,
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

type IdPlace = Pick<ScanPlace, 'idPrefix' | 'bucket'>;

/** The id of an object: its key, if that can be one; else a hash of where it is, the same at each scan. */
export function idOf(key: string, place: IdPlace): string {
  const plain = place.idPrefix + key;
  return isObjectId(plain) ? plain : hashedId(key, place);
}

export function hashedId(key: string, { idPrefix, bucket }: IdPlace): string {
  const hash = createHash('sha256').update(`${bucket}/${key}`).digest('base64url');
  return `${idPrefix}${HASH_SIGN}${hash.slice(0, KEY_HASH_LENGTH)}`;
}

/** What a hashed id has after its prefix, and before its hash. */
export const HASH_SIGN = '~';
