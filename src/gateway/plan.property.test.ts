// Plans held against `buffer.subarray`: whatever a Range field asks for, the planned segments put together are exactly
// the body that the fields announce.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { patternBytes } from '../testing/pattern.ts';
import { planResponse } from './plan.ts';
import type { Plan, RequestHead } from './plan.ts';

const MAX_SIZE = 300;
const OBJECT = patternBytes({ start: 0, end: MAX_SIZE });
const BOUNDARY = 'b0undary';

type Content = Plan & { readonly kind: 'content' };

const position = fc.nat(MAX_SIZE + 20);
const spec = fc.oneof(
  position.map((first) => `${first}-`),
  position.map((length) => `-${length}`),
  fc.tuple(position, position).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
);
/** Well-formed for the most part; now and then broken by a character. */
const rangeField = fc.oneof(
  { weight: 6, arbitrary: fc.array(spec, { minLength: 1, maxLength: 5 }).map((specs) => `bytes=${specs.join(', ')}`) },
  { weight: 1, arbitrary: fc.tuple(spec, fc.string({ maxLength: 3 })).map(([text, junk]) => `bytes=${text}${junk}`) },
  { weight: 1, arbitrary: fc.string() },
);
const size = fc.integer({ min: 0, max: MAX_SIZE });

function plan(head: Partial<RequestHead>, objectSize: number): Plan {
  const representation = { size: objectSize, etag: '"v"', mediaType: 'text/plain' };
  return planResponse({ method: 'GET', ...head }, representation, () => BOUNDARY);
}

/** The body as the segments say. */
function assemble({ segments }: Content): Buffer {
  return Buffer.concat(
    segments.map((part) => (part instanceof Uint8Array ? part : OBJECT.subarray(part.start, part.end))),
  );
}

/** What each range spec asks for, by `subarray`; without those that ask for nothing that there is. */
function sliceAll(field: string, object: Buffer): readonly { readonly start: number; readonly bytes: Buffer }[] {
  return field
    .replace('bytes=', '')
    .split(', ')
    .map((text) => {
      const [first = '', last = ''] = text.split('-');
      const bytes =
        first === ''
          ? object.subarray(Math.max(0, object.length - Number(last)))
          : object.subarray(Number(first), last === '' ? undefined : Number(last) + 1);
      return { start: bytes.byteOffset - object.byteOffset, bytes };
    })
    .filter(({ bytes }) => bytes.length > 0);
}

/** A multipart body as RFC 2046 and RFC 9110 §14.6 put it, written out a second time. */
function toMultipart(slices: ReturnType<typeof sliceAll>, objectSize: number): Buffer {
  const parts = slices.flatMap(({ start, bytes }) => [
    Buffer.from(
      `\r\n--${BOUNDARY}\r\nContent-Type: text/plain\r\n` +
        `Content-Range: bytes ${start}-${start + bytes.length - 1}/${objectSize}\r\n\r\n`,
    ),
    bytes,
  ]);
  return Buffer.concat([...parts, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]).subarray(2);
}

describe('planResponse(), for any Range', () => {
  it('announces the length of exactly what it sends, and sends nothing that is not the object', () => {
    fc.assert(
      fc.property(rangeField, size, (range, objectSize) => {
        const planned = plan({ range }, objectSize);
        if (planned.kind !== 'content') {
          assert.deepEqual([planned.status, planned.fields['content-range']], [416, `bytes */${objectSize}`]);
          return;
        }
        assert.equal(assemble(planned).length, Number(planned.fields['content-length']));
        for (const segment of planned.segments) {
          if (segment instanceof Uint8Array) continue;
          assert.ok(segment.start >= 0 && segment.start < segment.end && segment.end <= objectSize);
        }
        if (planned.status === 200) assert.ok(assemble(planned).equals(OBJECT.subarray(0, objectSize)));
      }),
      { numRuns: 5000 },
    );
  });

  it('gives the bytes that were asked for, one range or many', () => {
    const specs = fc.array(spec, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(specs, fc.integer({ min: 1, max: MAX_SIZE }), (asked, objectSize) => {
        const range = `bytes=${asked.join(', ')}`;
        const planned = plan({ range }, objectSize);
        const object = OBJECT.subarray(0, objectSize);
        const slices = sliceAll(range, object);
        if (planned.kind === 'problem') {
          // Nothing that there is, or more overlapping ranges than an honest client asks for.
          assert.ok(slices.length === 0 || slices.length > 2);
          return;
        }
        assert.ok(planned.kind === 'content' && planned.status === 206);
        const [only] = slices;
        if (slices.length === 1 && only) {
          assert.ok(assemble(planned).equals(only.bytes));
          const last = only.start + only.bytes.length - 1;
          assert.equal(planned.fields['content-range'], `bytes ${only.start}-${last}/${objectSize}`);
        } else {
          assert.equal(assemble(planned).toString('latin1'), toMultipart(slices, objectSize).toString('latin1'));
          assert.equal(planned.fields['content-type'], `multipart/byteranges; boundary=${BOUNDARY}`);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('never throws, and never answers with a failure of ours, whatever the fields say', () => {
    const garbage = fc.option(fc.oneof(fc.string(), rangeField, fc.constantFrom('"v"', '*', 'W/"v"')), {
      nil: undefined,
    });
    const head = fc.record({
      method: fc.constantFrom('GET' as const, 'HEAD' as const),
      range: garbage,
      ifMatch: garbage,
      ifNoneMatch: garbage,
      ifModifiedSince: garbage,
      ifUnmodifiedSince: garbage,
      ifRange: garbage,
      wantReprDigest: garbage,
    });
    fc.assert(
      fc.property(head, size, (request, objectSize) => {
        const planned = plan(request, objectSize);
        assert.ok([200, 206, 304, 412, 416].includes(planned.status));
        for (const value of Object.values(planned.fields)) assert.match(value, /^[\t\x20-\x7e\x80-\xff]*$/);
        if (request.method === 'HEAD') assert.notEqual(planned.kind, 'content');
      }),
      { numRuns: 5000 },
    );
  });
});
