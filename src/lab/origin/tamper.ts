// The faults that make an answer lie: another ETag, another Content-Range. The bytes stay those that were asked for.

import { createHash } from 'node:crypto';

import { formatContentRange, parseContentRange } from '../../http/content-range.ts';
import type { Answer } from './answer.ts';
import type { Fault } from './fault-rules.ts';

export function tamper(answer: Answer, { changedEtag, wrongContentRange }: Fault): Answer {
  const { ETag: etag, 'Content-Range': contentRange } = answer.headers;
  return {
    ...answer,
    headers: {
      ...answer.headers,
      ...(changedEtag && etag !== undefined && { ETag: toOtherEtag(etag) }),
      ...(wrongContentRange && contentRange !== undefined && { 'Content-Range': toOtherRange(contentRange) }),
    },
  };
}

/** Of the same form, parts and all. */
function toOtherEtag(etag: string): string {
  const digest = createHash('md5').update(etag).digest('hex');
  return etag.replace(/^"[^"-]*/, `"${digest}`);
}

/** The range beside, as long as the right one; of an object that is asked for whole, one of a longer object. */
function toOtherRange(contentRange: string): string {
  const parsed = parseContentRange(contentRange);
  if (parsed.kind !== 'range' || parsed.size === undefined) return contentRange;
  const { range, size } = parsed;
  const shift = range.start > 0 ? -1 : 1;
  const other = { start: range.start + shift, end: range.end + shift };
  return formatContentRange(other, Math.max(size, other.end));
}
