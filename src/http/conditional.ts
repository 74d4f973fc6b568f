// Preconditions: RFC 9110 §13. Evaluated against a representation that exists, in the order of §13.2.2, which the
// body of `evaluateConditions` follows step by step. Dates compare in whole seconds, as they are on the wire.

import { parseEntityTag, parseEntityTagList, strongMatch, weakMatch } from './etag.ts';
import type { EntityTag } from './etag.ts';
import { parseHttpDate } from './http-date.ts';

/** The fields of the request, each as it came, absent when it didn't. */
export type Conditions = {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
  readonly ifRange?: string | undefined;
};

export type ConditionalRequest = {
  readonly method: string;
  readonly conditions: Conditions;
  /** The entity tag of the representation now, in quotes, with `W/` if it is weak. */
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
  /**
   * Whether it is certain that the representation did not change twice within the second of `lastModified`: of an
   * immutable version of an object it is. Default: false. See `isRangeCurrent`.
   */
  readonly lastModifiedIsStrong?: boolean | undefined;
};

export type Evaluation =
  /** 412. */
  | { readonly kind: 'failed' }
  /** 304. */
  | { readonly kind: 'not-modified' }
  /** As if there were no preconditions. `rangeApplies`: whether a Range field, if there is one, is to be heeded. */
  | { readonly kind: 'proceed'; readonly rangeApplies: boolean };

/** §13.2.1: these do not select or modify a representation, so that preconditions are ignored. */
const UNCONDITIONAL_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'OPTIONS', 'TRACE']);

/** Says how the conditions of a request turn out. A malformed If-Match fails; any other malformed field is ignored. */
export function evaluateConditions(request: ConditionalRequest): Evaluation {
  const { method, conditions, lastModified } = request;
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const etag = request.etag === undefined ? undefined : parseEntityTag(request.etag);
  const isRead = method === 'GET' || method === 'HEAD';
  if (UNCONDITIONAL_METHODS.has(method)) return { kind: 'proceed', rangeApplies: false };

  // Steps 1 and 2. If-Match is there to protect: one that can't be read must not let the request through.
  if (ifMatch !== undefined) {
    if (!isListed(ifMatch, etag, strongMatch)) return { kind: 'failed' };
  } else if (isModifiedSince(lastModified, ifUnmodifiedSince) === true) {
    return { kind: 'failed' };
  }

  // Steps 3 and 4. An If-None-Match that can't be read still rules out If-Modified-Since (§13.1.3).
  if (ifNoneMatch !== undefined) {
    if (isListed(ifNoneMatch, etag, weakMatch)) return { kind: isRead ? 'not-modified' : 'failed' };
  } else if (isRead && isModifiedSince(lastModified, ifModifiedSince) === false) {
    return { kind: 'not-modified' };
  }

  // Step 5. GET is the only method that ranges are defined for (§14.2).
  return { kind: 'proceed', rangeApplies: method === 'GET' && isRangeCurrent(request, etag) };
}

/** Whether `field`, `*` or a list of entity tags, names the representation. A malformed one names nothing. */
function isListed(field: string, etag: EntityTag | undefined, matches: typeof strongMatch): boolean {
  const tags = parseEntityTagList(field);
  if (tags === '*') return true;
  return etag !== undefined && tags !== undefined && tags.some((tag) => matches(tag, etag));
}

/** `undefined` when the field must be ignored: it or the modification date is missing, or it is not a date. */
function isModifiedSince(lastModified: Date | undefined, field: string | undefined): boolean | undefined {
  const since = field === undefined ? undefined : parseHttpDate(field);
  return lastModified && since ? toSeconds(lastModified) > toSeconds(since) : undefined;
}

/**
 * If-Range, §13.1.5. A weak entity tag never matches, and a date must be exactly Last-Modified and strong besides.
 * By §8.8.2.2 a date is strong to an origin server only if the server reliably knows that the representation did
 * not change twice within that second. No age of the date makes up for that: an object that was written twice in
 * one second bears one date for two contents ever after. So a date matches only if the caller vouches for it; if
 * not, the client gets the whole, which is always right.
 */
function isRangeCurrent(request: ConditionalRequest, etag: EntityTag | undefined): boolean {
  const { lastModified, lastModifiedIsStrong = false } = request;
  const field = request.conditions.ifRange;
  if (field === undefined) return true;
  const tag = parseEntityTag(field);
  if (tag) return etag !== undefined && strongMatch(tag, etag);
  if (!lastModified || !lastModifiedIsStrong) return false;
  const date = parseHttpDate(field);
  return date !== undefined && toSeconds(date) === toSeconds(lastModified);
}

function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
