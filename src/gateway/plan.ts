// What to answer to a request for an object, decided without touching either: (request head, representation) →
// status, fields, and which bytes. HEAD gets what GET would, less the content; Range is for GET alone (RFC 9110 §14.2).
import { planByteranges } from '../http/byteranges.ts';
import { evaluateConditions } from '../http/conditional.ts';
import type { Conditions } from '../http/conditional.ts';
import { formatContentDisposition } from '../http/content-disposition.ts';
import { formatContentRange, formatUnsatisfiedRange } from '../http/content-range.ts';
import { formatReprDigest, parseWantReprDigest, selectDigests } from '../http/digest.ts';
import type { Digests } from '../http/digest.ts';
import { isMediaType } from '../http/field.ts';
import { formatHttpDate } from '../http/http-date.ts';
import { parseRange, resolveRanges } from '../http/range.ts';
import type { ByteRange } from '../http/range.ts';

const DEFAULT_MEDIA_TYPE = 'application/octet-stream';

/** The fields of a request that decide the answer, each as it came. */
export type RequestHead = Conditions & {
  readonly method: 'GET' | 'HEAD';
  readonly range?: string | undefined;
  readonly wantReprDigest?: string | undefined;
};

/** One version of an object, as a client is to see it. */
export type Representation = {
  readonly size: number;
  readonly etag: string;
  readonly lastModified?: Date | undefined;
  readonly mediaType?: string | undefined;
  /** Where there is one, clients are told to save the object under this name. */
  readonly filename?: string | undefined;
  readonly digests?: Digests | undefined;
  /** The size, in bytes, of the parts that it was uploaded in. */
  readonly partBytes?: number | undefined;
};

export type Fields = Readonly<Record<string, string>>;

/** Bytes of our own, or a range of the object. */
export type PlannedSegment = Uint8Array | ByteRange;

export type Plan =
  /** An answer without content: to HEAD, and 304. */
  | { readonly kind: 'head'; readonly status: 200 | 304; readonly fields: Fields }
  | { readonly kind: 'problem'; readonly status: 412 | 416; readonly title: string; readonly fields: Fields }
  | {
      readonly kind: 'content';
      readonly status: 200 | 206;
      readonly fields: Fields;
      readonly segments: readonly PlannedSegment[];
    };

/** Plans the answer. `makeBoundary` gives what separates the parts, should there be several. */
export function planResponse(request: RequestHead, representation: Representation, makeBoundary: () => string): Plan {
  const { size, etag, lastModified } = representation;
  const evaluation = evaluateConditions({ method: request.method, conditions: request, etag, lastModified });
  if (evaluation.kind === 'not-modified') return { kind: 'head', status: 304, fields: toValidators(representation) };
  if (evaluation.kind === 'failed') {
    return {
      kind: 'problem',
      status: 412,
      title: 'The object is not the version that was asked for',
      fields: toValidators(representation),
    };
  }
  const ranges = evaluation.rangeApplies ? toRanges(request.range, size) : undefined;
  if (ranges?.length === 0) {
    const fields = {
      ...toValidators(representation),
      'content-range': formatUnsatisfiedRange(size),
      'accept-ranges': 'bytes',
    };
    return { kind: 'problem', status: 416, title: `No such range in ${size} bytes`, fields };
  }
  return planContent(request, representation, { fields: toFields(request, representation), ranges, makeBoundary });
}

/** The ranges to send, none if none can be, `undefined` for the whole. */
function toRanges(field: string | undefined, size: number): readonly ByteRange[] | undefined {
  const parsed = parseRange(field);
  if (parsed.kind !== 'ranges') return undefined;
  const resolved = resolveRanges(parsed.specs, size);
  if (resolved.kind === 'whole') return undefined;
  return resolved.kind === 'satisfiable' ? resolved.ranges : [];
}

/** What every answer for a representation carries; a catalog gives the same one for every request of a while. */
const FIELDS = new WeakMap<Representation, Fields>();

function toFields({ wantReprDigest }: RequestHead, representation: Representation): Fields {
  if (wantReprDigest !== undefined) return makeFields(representation, parseWantReprDigest(wantReprDigest));
  let fields = FIELDS.get(representation);
  if (!fields) {
    fields = makeFields(representation, undefined);
    FIELDS.set(representation, fields);
  }
  return fields;
}

function makeFields(representation: Representation, wanted: ReadonlyMap<string, number> | undefined): Fields {
  const { filename, digests = {}, mediaType = DEFAULT_MEDIA_TYPE } = representation;
  const reprDigest = formatReprDigest(selectDigests(digests, wanted));
  return {
    'accept-ranges': 'bytes',
    ...toValidators(representation),
    'content-type': isMediaType(mediaType) ? mediaType : DEFAULT_MEDIA_TYPE,
    'x-content-type-options': 'nosniff',
    ...(filename === undefined ? {} : { 'content-disposition': formatContentDisposition('attachment', filename) }),
    ...(reprDigest ? { 'repr-digest': reprDigest } : {}),
  };
}

function toValidators({ etag, lastModified }: Representation): Fields {
  return { etag, ...(lastModified ? { 'last-modified': formatHttpDate(lastModified) } : {}) };
}

function planContent(
  { method }: RequestHead,
  { size }: Representation,
  answer: {
    readonly fields: Fields;
    readonly ranges: readonly ByteRange[] | undefined;
    readonly makeBoundary: () => string;
  },
): Plan {
  const { fields, ranges, makeBoundary } = answer;
  const whole = { ...fields, 'content-length': String(size) };
  if (method === 'HEAD') return { kind: 'head', status: 200, fields: whole };
  if (!ranges) {
    return { kind: 'content', status: 200, fields: whole, segments: size === 0 ? [] : [{ start: 0, end: size }] };
  }
  const [range] = ranges;
  if (range && ranges.length === 1) {
    const partial = {
      ...fields,
      'content-length': String(range.end - range.start),
      'content-range': formatContentRange(range, size),
    };
    return { kind: 'content', status: 206, fields: partial, segments: [range] };
  }
  const mediaType = fields['content-type'] ?? DEFAULT_MEDIA_TYPE;
  const multipart = planByteranges({ ranges, size, mediaType, boundary: makeBoundary() });
  return {
    kind: 'content',
    status: 206,
    fields: { ...fields, 'content-type': multipart.contentType, 'content-length': String(multipart.contentLength) },
    segments: [...multipart.parts.flatMap((part) => [part.head, part.range]), multipart.closing],
  };
}
