// The evaluation held against the algorithm of RFC 9110 §13.2.2, written out a second time over known outcomes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluateConditions } from './conditional.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

const LAST_MODIFIED = new Date('2024-05-05T10:00:00Z');
const BEFORE = 'Sun, 05 May 2024 09:59:59 GMT';
const AFTER = 'Sunday, 05-May-24 10:00:01 GMT';

/** A field, and whether its condition is true; `undefined` if it is absent or ignored. */
const field = (...choices: readonly (readonly [string | undefined, boolean | undefined])[]) =>
  fc.constantFrom([undefined, undefined] as const, ...choices);

const scenario = {
  method: fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE'),
  ifMatch: field(['"now"', true], ['*', true], ['"old"', false], ['W/"now"', false], ['?', false]),
  ifUnmodifiedSince: field([BEFORE, false], [AFTER, true], ['?', undefined]),
  ifNoneMatch: field(['"now"', false], ['W/"now"', false], ['*', false], ['"old"', true], ['?', true]),
  ifModifiedSince: field([BEFORE, true], [AFTER, false], ['?', undefined]),
  ifRange: field(['"now"', true], ['"old"', false], ['W/"now"', false], ['?', false]),
};

test('follows RFC 9110 §13.2.2 for any combination of conditions', () => {
  fc.assert(
    fc.property(fc.record(scenario), ({ method, ...fields }) => {
      const isRead = method === 'GET' || method === 'HEAD';
      const [ifMatch, ifMatchHolds] = fields.ifMatch;
      const [ifUnmodifiedSince, ifUnmodifiedSinceHolds] = fields.ifUnmodifiedSince;
      const [ifNoneMatch, ifNoneMatchHolds] = fields.ifNoneMatch;
      const [ifModifiedSince, ifModifiedSinceHolds] = fields.ifModifiedSince;
      const [ifRange, ifRangeHolds] = fields.ifRange;
      const expected = () => {
        if (ifMatch !== undefined && !ifMatchHolds) return 'failed';
        if (ifMatch === undefined && ifUnmodifiedSinceHolds === false) return 'failed';
        if (ifNoneMatch !== undefined && !ifNoneMatchHolds) return isRead ? 'not-modified' : 'failed';
        if (isRead && ifNoneMatch === undefined && ifModifiedSinceHolds === false) return 'not-modified';
        return method === 'GET' && ifRangeHolds !== false ? 'with range' : 'without range';
      };
      const evaluation = evaluateConditions({
        method,
        etag: '"now"',
        lastModified: LAST_MODIFIED,
        conditions: { ifMatch, ifUnmodifiedSince, ifNoneMatch, ifModifiedSince, ifRange },
      });
      const actual =
        evaluation.kind === 'proceed' ? `${evaluation.rangeApplies ? 'with' : 'without'} range` : evaluation.kind;
      assert.equal(actual, expected());
    }),
    { numRuns: 5000 },
  );
});

test('garbage never throws', () => {
  const garbage = fc.option(fc.string({ unit: character }), { nil: undefined });
  const conditions = fc.record({
    ifMatch: garbage,
    ifNoneMatch: garbage,
    ifModifiedSince: garbage,
    ifUnmodifiedSince: garbage,
    ifRange: garbage,
  });
  fc.assert(
    fc.property(conditions, garbage, (fields, etag) => {
      evaluateConditions({ method: 'GET', conditions: fields, etag, lastModified: LAST_MODIFIED });
    }),
  );
});
