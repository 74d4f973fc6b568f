// Objects made of synthetic bytes: from what a person asks for to a stored object, with every mistake named.

import { createHash } from 'node:crypto';

import { SluiceError } from '../../errors.ts';
import { isMediaType } from '../../http/field.ts';
import { DEFAULT_MEDIA_TYPE, MAX_KEY_BYTES } from './stored-object.ts';
import type { StoredObject } from './stored-object.ts';
import { countParts, fillSynthetic, seedOf, syntheticEtag } from './synthetic-bytes.ts';

export type SyntheticSpec = {
  readonly key: string;
  /** In bytes: 0 to 5 TiB. */
  readonly size: number;
  /** A safe integer, 0 or more. Default: one that the key and the bucket always get. */
  readonly seed?: number | undefined;
  /** Default: S3's own, `binary/octet-stream`. */
  readonly mediaType?: string | undefined;
  /** As if uploaded in parts of this size: the ETag ends in `-N`, and `partNumber` works. */
  readonly partSizeBytes?: number | undefined;
  /** Default: the moment it was put. */
  readonly lastModified?: Date | undefined;
};

export type SyntheticObject = StoredObject & { readonly seed: number };

/** "Amazon S3 multipart upload limits": the largest object, and the most parts that an object has. */
export const MAX_OBJECT_BYTES = 5 * 2 ** 40;
const MAX_PARTS = 10_000;

export function createSyntheticObject(
  spec: SyntheticSpec,
  { bucket, now }: { bucket: string; now: Date },
): SyntheticObject {
  checkSpec(spec);
  const { key, size, partSizeBytes, mediaType = DEFAULT_MEDIA_TYPE, lastModified = now } = spec;
  const seed = spec.seed ?? seedOf(`${bucket}/${key}`);
  const etag = syntheticEtag({ seed, size, ...(partSizeBytes !== undefined && { partSizeBytes }) });
  return {
    key,
    size,
    seed,
    etag,
    mediaType,
    partSizeBytes,
    // S3 keeps whole seconds: what a Last-Modified field can say.
    lastModified: new Date(Math.floor(lastModified.getTime() / 1000) * 1000),
    versionId: createHash('sha256').update(`${key} ${etag}`).digest('base64url').slice(0, 32),
    open: () => ({
      read(target, offset) {
        fillSynthetic(target, { seed, offset });
        return true;
      },
      close() {},
    }),
  };
}

function checkSpec({ key, size, seed, mediaType, partSizeBytes, lastModified }: SyntheticSpec): void {
  const keyBytes = Buffer.byteLength(key);
  if (!key.isWellFormed() || keyBytes < 1 || keyBytes > MAX_KEY_BYTES) {
    throw new SluiceError(
      'bad-input',
      `a key is 1 to ${MAX_KEY_BYTES} bytes of UTF-8; "${key.slice(0, 40)}" is ${keyBytes}`,
    );
  }
  if (!isWholeNumber(size, { from: 0, to: MAX_OBJECT_BYTES })) {
    throw new SluiceError(
      'bad-input',
      `the size of "${key}" must be 0 to ${MAX_OBJECT_BYTES} bytes (5 TiB), not ${size}`,
    );
  }
  if (seed !== undefined && !isWholeNumber(seed, { from: 0, to: Number.MAX_SAFE_INTEGER })) {
    throw new SluiceError('bad-input', `the seed of "${key}" must be a whole number from 0 to 2^53 - 1, not ${seed}`);
  }
  if (mediaType !== undefined && !isMediaType(mediaType)) {
    throw new SluiceError('bad-input', `the media type of "${key}" must be like text/plain, not "${mediaType}"`);
  }
  if (lastModified !== undefined && Number.isNaN(lastModified.getTime())) {
    throw new SluiceError('bad-input', `the time of "${key}" is not a valid date`);
  }
  if (partSizeBytes === undefined) return;
  if (!isWholeNumber(partSizeBytes, { from: 1, to: MAX_OBJECT_BYTES })) {
    throw new SluiceError(
      'bad-input',
      `the part size of "${key}" must be a whole number of bytes, not ${partSizeBytes}`,
    );
  }
  const parts = countParts(size, partSizeBytes);
  if (parts > MAX_PARTS) {
    const smallest = Math.ceil(size / MAX_PARTS);
    const wish = `S3 allows ${MAX_PARTS}; take a part size of at least ${smallest} bytes`;
    throw new SluiceError('bad-input', `"${key}" would have ${parts} parts; ${wish}`);
  }
}

function isWholeNumber(value: number, { from, to }: { readonly from: number; readonly to: number }): boolean {
  return Number.isInteger(value) && value >= from && value <= to;
}
