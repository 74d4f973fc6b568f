// S3's answers, told apart once: what failed becomes one of our codes, what succeeded must be what was asked for.
// Servers that speak S3 differ in all of this (docs/SEMANTICS.md), so nothing is taken on trust.
import { XMLParser } from 'fast-xml-parser';
import { SluiceError } from '../errors.ts';
import { parseContentRange } from '../http/content-range.ts';
import { parseHttpDate } from '../http/http-date.ts';
import type { Exchange } from '../wire/exchange.ts';
import type { ResponseHead } from '../wire/response-head.ts';
import { guessPartBytes } from './part-size.ts';
import type { ByteRange, Stat, Version } from './source.ts';

/** S3's error documents are under 1 KiB; a longer one is not read to its end. */
const MAX_ERROR_BYTES = 64 << 10;

/** An origin may ask for patience, but no client of ours waits longer than this for a first byte. */
const MAX_RETRY_AFTER_MS = 5_000;

/** Servers written in Go write a quote as `&#34;`; the parser decodes such numbers only together with HTML's names. */
const xml = new XMLParser({ parseTagValue: false, trimValues: false, htmlEntities: true });

/** The text of a whole body, for documents. Rejects with `origin-invalid` beyond `maxBytes`. */
export async function readText(exchange: Exchange, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let chunk = await exchange.read(); chunk; chunk = await exchange.read()) {
    bytes += chunk.bytes.length;
    parts.push(Buffer.from(chunk.bytes));
    chunk.release();
    if (bytes > maxBytes) throw new SluiceError('origin-invalid', `the origin's document is over ${maxBytes} bytes`);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A parsed XML document, or an empty object for what is none. */
export function parseXml(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = xml.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

/** S3's own word for what went wrong, such as `NoSuchKey`, where the answer has a document that says so. */
async function readErrorCode(exchange: Exchange): Promise<string | undefined> {
  try {
    const { Error: error } = parseXml(await readText(exchange, MAX_ERROR_BYTES));
    const code = typeof error === 'object' && error !== null && 'Code' in error ? error.Code : undefined;
    return typeof code === 'string' && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

function toRetryAfter(head: ResponseHead): { retryAfterMs?: number } {
  const value = head.fields.get('retry-after');
  return value && /^\d{1,6}$/.test(value) ? { retryAfterMs: Math.min(Number(value) * 1000, MAX_RETRY_AFTER_MS) } : {};
}

function classify(head: ResponseHead, code: string | undefined): SluiceError {
  const { status } = head;
  const said = `the origin answered ${status}${code ? ` ${code}` : ''}`;
  if (status === 404) return new SluiceError('not-found', said);
  // With If-Match, a range beyond the end means that the object has become shorter.
  if (status === 412 || status === 416) return new SluiceError('changed', said);
  if (status === 429 || status === 503) {
    return new SluiceError('origin-busy', said, { retryable: true, ...toRetryAfter(head) });
  }
  if (status >= 500) return new SluiceError('origin-failed', said, { retryable: true });
  if (status === 401 || status === 403) return new SluiceError('origin-denied', said);
  // ExpiredToken and its like, and AuthorizationHeaderMalformed: the signature is for another region.
  if (status === 400 && code && /Token|^Authorization/.test(code)) return new SluiceError('origin-denied', said);
  return new SluiceError('origin-invalid', said);
}

/** The error that an unsuccessful answer stands for. The exchange is closed. */
export async function toAnswerError(head: ResponseHead, exchange: Exchange): Promise<SluiceError> {
  const code = await readErrorCode(exchange);
  exchange.close();
  return classify(head, code);
}

/** The strong validator of an answer, in quotes. Throws `origin-invalid` where there is none. */
function toEtag(head: ResponseHead): string {
  const value = head.fields.get('etag');
  if (value === undefined) throw new SluiceError('origin-invalid', 'the origin gave no ETag');
  if (value.startsWith('W/'))
    throw new SluiceError('origin-invalid', 'the origin gave a weak ETag, which pins nothing');
  return value.startsWith('"') ? value : `"${value}"`;
}

/** What a successful HEAD says of the object. Throws `origin-invalid`. */
export function toStat(head: ResponseHead): Stat {
  const length = head.fields.get('content-length');
  if (length === undefined) throw new SluiceError('origin-invalid', 'the origin gave no Content-Length');
  const lastModified = parseHttpDate(head.fields.get('last-modified') ?? '');
  const mediaType = head.fields.get('content-type');
  const size = Number(length);
  const etag = toEtag(head);
  const partBytes = guessPartBytes(etag, size);
  return {
    size,
    etag,
    ...(lastModified ? { lastModified } : {}),
    ...(mediaType ? { mediaType } : {}),
    ...(partBytes === undefined ? {} : { partBytes }),
  };
}

/**
 * Holds a successful answer against what was asked and pinned. Throws `changed` or `origin-invalid`.
 * An answer may go on beyond the range, as s3rver's does when the first byte alone is asked for, and the body cuts
 * it off; one that begins elsewhere is of no use.
 */
export function checkAnswer(head: ResponseHead, range: ByteRange, version: Version): void {
  const etag = toEtag(head);
  if (etag !== version.etag) throw new SluiceError('changed', `the origin has ${etag}, not ${version.etag}`);
  let expectedBytes = range.end - range.start;
  if (head.status === 206) {
    const got = parseContentRange(head.fields.get('content-range') ?? '');
    const right =
      got.kind === 'range' &&
      got.range.start === range.start &&
      got.range.end >= range.end &&
      (got.size === undefined || got.size === version.size);
    if (!right) throw new SluiceError('origin-invalid', 'the origin answered with another range than was asked');
    expectedBytes = got.range.end - got.range.start;
  } else if (head.status !== 200) {
    throw new SluiceError('origin-invalid', `the origin answered ${head.status} to a GET`);
  } else if (expectedBytes !== version.size) {
    throw new SluiceError('origin-invalid', 'the origin ignored the range that was asked');
  }
  if (head.fields.get('content-length') !== String(expectedBytes)) {
    throw new SluiceError('origin-invalid', `the origin gave another Content-Length than ${expectedBytes}`);
  }
}
