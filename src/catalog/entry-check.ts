// What must hold of an entry before it is kept: the gateway writes its texts into response headers as they are.
import { SluiceError } from '../errors.ts';
import type { CatalogEntry } from './catalog.ts';
import { COLLECTION_ID_RULE, isCollectionId } from './collection-check.ts';
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

/** Whether a database can keep it: PostgreSQL takes no NUL, and neither database half a character. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Throws `bad-input` with everything that keeps the entry from being served. */
export function checkEntry(entry: CatalogEntry): void {
  const problems = problemsOf(entry);
  if (problems.length === 0) return;
  throw new SluiceError('bad-input', `the entry ${JSON.stringify(entry.id.slice(0, 200))}: ${problems.join('; ')}`);
}

/** Everything that keeps the entry from being served, each in words of its own. */
export function problemsOf(entry: CatalogEntry): readonly string[] {
  const { id, collection, store, bucket, key, versionId, size, etag, partBytes, filename, mediaType } = entry;
  const problems: string[] = [];
  if (!isObjectId(id)) problems.push(`got this id, want ${OBJECT_ID_RULE}`);
  if (!isCollectionId(collection)) {
    problems.push(`got the collection ${JSON.stringify(collection)}, want ${COLLECTION_ID_RULE}`);
  }
  if (store === '') problems.push('got no store, want the name of one');
  if (key === '') problems.push('got no key, want the key of an object');
  if (filename === '') problems.push('got no filename, want one');
  if (![store, bucket, key, versionId ?? '', filename].every(isStorableText)) {
    problems.push('got a text with half a character or a NUL, want Unicode without');
  }
  if (!isByteCount(size)) problems.push(`got the size ${size}, want a number of bytes`);
  if (!isStrongEtag(etag)) problems.push(`got the ETag ${JSON.stringify(etag)}, want a strong one in quotes`);
  if (partBytes !== undefined && !(isByteCount(partBytes) && partBytes > 0)) {
    problems.push(`got the part size ${partBytes}, want a number of bytes, 1 or more`);
  }
  if (!isDate(entry.lastModified)) problems.push('got a last-modified that is no date, want one');
  if (!isDate(entry.vanishedAt)) problems.push('got a vanished-at that is no date, want one');
  if (!isMediaType(mediaType)) {
    problems.push(`got the media type ${JSON.stringify(mediaType)}, want one like text/plain`);
  }
  return [...problems, ...problemsOfDigests(entry.digests)];
}

function isByteCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0;
}

function isDate(date: Date | undefined): boolean {
  return date === undefined || !Number.isNaN(date.getTime());
}

function problemsOfDigests(digests: CatalogEntry['digests']): readonly string[] {
  return Object.entries(digests).flatMap(([algorithm, digest]) => {
    const want = digestLengthOf(algorithm);
    if (want === undefined) return [`got the digest ${algorithm}, want ${Object.keys(DIGEST_LENGTHS).join(' or ')}`];
    return digest.length === want ? [] : [`got ${digest.length} bytes of ${algorithm}, want ${want}`];
  });
}

/** In bytes; `undefined` for what is no digest that is kept. */
export function digestLengthOf(algorithm: string): number | undefined {
  return Object.hasOwn(DIGEST_LENGTHS, algorithm) ? DIGEST_LENGTHS[algorithm] : undefined;
}
