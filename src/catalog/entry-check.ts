// What must hold of an entry before it is kept: the gateway writes its texts into response headers as they are.
import { SluiceError } from '../errors.ts';
import type { CatalogEntry } from './catalog.ts';
import { isObjectId, OBJECT_ID_RULE } from './object-id.ts';

/** The digests of RFC 9530 §5 that are neither deprecated nor reserved, with their lengths in bytes. */
export const DIGEST_LENGTHS: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-512': 64 };

/** RFC 9110 §8.8.3: quotes around visible ASCII without a quote, and bytes above it; without `W/` it is strong. */
const STRONG_ETAG = /^"[\u0021\u0023-\u007e\u0080-\u00ff]*"$/;

/** RFC 9110 §8.3.1: a type, a subtype and parameters, each value a token or a quoted string without escapes. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"[\\t !#-\\[\\]-~]*"))*$`);

/** Whether the text is a strong entity tag, which a weak one and a tag without quotes are not. */
export function isStrongEtag(text: string): boolean {
  return STRONG_ETAG.test(text);
}

export function isMediaType(text: string): boolean {
  return text.length <= 255 && MEDIA_TYPE.test(text);
}

/** Throws `bad-input` with the first thing that keeps the entry from being served. */
export function checkEntry(entry: CatalogEntry): void {
  const problem = problemOf(entry);
  if (problem === undefined) return;
  throw new SluiceError('bad-input', `the entry ${JSON.stringify(entry.id.slice(0, 200))}: ${problem}`);
}

function problemOf(entry: CatalogEntry): string | undefined {
  const { id, store, key, size, etag, partBytes, lastModified, filename, mediaType } = entry;
  if (!isObjectId(id)) return `got this id, want ${OBJECT_ID_RULE}`;
  if (store === '') return 'got no store, want the name of one';
  if (key === '') return 'got no key, want the key of an object';
  const texts = [store, entry.bucket, key, entry.versionId ?? '', filename];
  if (!texts.every((text) => text.isWellFormed())) return 'got a text with half a character, want Unicode';
  if (!Number.isSafeInteger(size) || size < 0) return `got the size ${size}, want a number of bytes`;
  if (!isStrongEtag(etag)) return `got the ETag ${JSON.stringify(etag)}, want a strong one in quotes`;
  if (partBytes !== undefined && !(Number.isSafeInteger(partBytes) && partBytes > 0)) {
    return `got the part size ${partBytes}, want a number of bytes, 1 or more`;
  }
  if (lastModified && Number.isNaN(lastModified.getTime())) return 'got a last-modified that is no date, want one';
  if (filename === '') return 'got no filename, want one';
  if (!isMediaType(mediaType)) return `got the media type ${JSON.stringify(mediaType)}, want one like text/plain`;
  return problemOfDigests(entry.digests);
}

function problemOfDigests(digests: CatalogEntry['digests']): string | undefined {
  for (const [algorithm, digest] of Object.entries(digests)) {
    const want = Object.hasOwn(DIGEST_LENGTHS, algorithm) ? DIGEST_LENGTHS[algorithm] : undefined;
    if (want === undefined) return `got the digest ${algorithm}, want ${Object.keys(DIGEST_LENGTHS).join(' or ')}`;
    if (digest.length !== want) return `got ${digest.length} bytes of ${algorithm}, want ${want}`;
  }
  return undefined;
}
