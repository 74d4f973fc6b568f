// What S3 answers to a GET or HEAD of an object: status, headers and range, as a pure function that touches no socket.
// It describes S3 as it is, not HTTP as it should be: If-Range goes unheeded, and of several ranges none is.

import { evaluateConditions } from '../../http/conditional.ts';
import type { Conditions } from '../../http/conditional.ts';
import { formatContentRange, formatUnsatisfiedRange } from '../../http/content-range.ts';
import { formatHttpDate } from '../../http/http-date.ts';
import { parseRange, resolveRanges } from '../../http/range.ts';
import type { ByteRange } from '../../http/range.ts';
import { S3Error } from './s3-error.ts';
import type { StoredObject } from './stored-object.ts';
import { countParts } from './synthetic-bytes.ts';

export type ObjectRequest = {
  readonly method: string;
  readonly range: string | undefined;
  readonly conditions: Conditions;
  readonly versionId: string | undefined;
  readonly partNumber: string | undefined;
};

export type ObjectPlan = {
  readonly status: 200 | 206 | 304;
  readonly headers: Readonly<Record<string, string>>;
  /** Which bytes make the body; empty for a 304. */
  readonly range: ByteRange;
};

/** Throws the `S3Error` that S3 would answer with. */
export function planObject(request: ObjectRequest, object: StoredObject): ObjectPlan {
  const { versionId, conditions } = request;
  checkVersion(versionId, object);
  const validators = { ETag: object.etag, 'Last-Modified': formatHttpDate(object.lastModified) };
  const evaluation = evaluateConditions({
    method: request.method,
    conditions: toS3Conditions(conditions),
    etag: object.etag,
    lastModified: object.lastModified,
  });
  if (evaluation.kind === 'failed') {
    const condition = conditions.ifMatch === undefined ? 'If-Unmodified-Since' : 'If-Match';
    throw new S3Error('PreconditionFailed', { Condition: condition });
  }
  if (evaluation.kind === 'not-modified') return { status: 304, headers: validators, range: { start: 0, end: 0 } };
  const selected = selectRange(request, object);
  const range = selected ?? { start: 0, end: object.size };
  return {
    // A part of an empty object is a part all the same, but no Content-Range can describe it.
    status: selected === undefined ? 200 : 206,
    range,
    headers: {
      ...validators,
      'Accept-Ranges': 'bytes',
      'Content-Type': object.mediaType,
      'Content-Length': String(range.end - range.start),
      'x-amz-version-id': object.versionId,
      ...(selected && range.end > range.start && { 'Content-Range': formatContentRange(range, object.size) }),
      ...(request.partNumber !== undefined && toPartsCount(object)),
    },
  };
}

/** `null` is what S3 calls the one version of an object in a bucket that keeps none. */
export function checkVersion(versionId: string | undefined, object: StoredObject): void {
  if (versionId === undefined || versionId === 'null' || versionId === object.versionId) return;
  throw new S3Error('NoSuchVersion', { Key: object.key, VersionId: versionId });
}

/** S3 takes an ETag without its quotes too, and does not know If-Range. */
function toS3Conditions({ ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }: Conditions): Conditions {
  return { ifMatch: withQuotes(ifMatch), ifNoneMatch: withQuotes(ifNoneMatch), ifModifiedSince, ifUnmodifiedSince };
}

function withQuotes(tag: string | undefined): string | undefined {
  return tag === undefined || tag.includes('"') || tag.trim() === '*' ? tag : `"${tag.trim()}"`;
}

/** Undefined for the whole object. */
function selectRange({ range, partNumber }: ObjectRequest, object: StoredObject): ByteRange | undefined {
  if (partNumber !== undefined) {
    if (range === undefined) return selectPart(partNumber, object);
    throw new S3Error(
      'InvalidRequest',
      {},
      { message: 'Cannot specify both Range header and partNumber query parameter' },
    );
  }
  const parsed = parseRange(range);
  if (parsed.kind !== 'ranges' || parsed.specs.length > 1) return undefined;
  const resolved = resolveRanges(parsed.specs, object.size);
  if (resolved.kind === 'satisfiable') return resolved.ranges[0];
  throw new S3Error(
    'InvalidRange',
    { RangeRequested: range ?? '', ActualObjectSize: object.size },
    { headers: { 'Content-Range': formatUnsatisfiedRange(object.size) } },
  );
}

/** An object that was not uploaded in parts is its own first part. */
function selectPart(partNumber: string, { size, partSizeBytes = size }: StoredObject): ByteRange {
  const number = Number(partNumber);
  if (!/^\d{1,5}$/.test(partNumber) || number < 1 || number > 10_000) {
    const message = 'Part number must be an integer between 1 and 10000, inclusive';
    throw new S3Error('InvalidArgument', { ArgumentName: 'partNumber', ArgumentValue: partNumber }, { message });
  }
  const count = size === 0 ? 1 : countParts(size, partSizeBytes);
  if (number > count) {
    throw new S3Error('InvalidPartNumber', { PartNumberRequested: number, ActualPartCount: count });
  }
  return { start: (number - 1) * partSizeBytes, end: Math.min(size, number * partSizeBytes) };
}

function toPartsCount({ size, partSizeBytes }: StoredObject): Readonly<Record<string, string>> {
  return partSizeBytes === undefined ? {} : { 'x-amz-mp-parts-count': String(countParts(size, partSizeBytes)) };
}
