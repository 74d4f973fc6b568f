// Preconditions, one by one and in their order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateConditions } from './conditional.ts';
import type { Conditions, ConditionalRequest } from './conditional.ts';

const ETAG = '"now"';
const LAST_MODIFIED = new Date('2024-05-05T10:00:00.900Z');
const BEFORE = 'Sun, 05 May 2024 09:59:59 GMT';
const EXACTLY = 'Sun, 05 May 2024 10:00:00 GMT';
const AFTER = 'Sun, 05 May 2024 10:00:01 GMT';

const FAILED = { kind: 'failed' };
const NOT_MODIFIED = { kind: 'not-modified' };
const WITH_RANGE = { kind: 'proceed', rangeApplies: true };
const WITHOUT_RANGE = { kind: 'proceed', rangeApplies: false };

const evaluate = (conditions: Conditions, changes: Partial<ConditionalRequest> = {}) =>
  evaluateConditions({ method: 'GET', etag: ETAG, lastModified: LAST_MODIFIED, conditions, ...changes });

test('without conditions a request proceeds, and only a GET with its range', () => {
  assert.deepEqual(evaluate({}), WITH_RANGE);
  assert.deepEqual(evaluate({}, { etag: undefined, lastModified: undefined }), WITH_RANGE);
  assert.deepEqual(evaluate({}, { method: 'HEAD' }), WITHOUT_RANGE);
  assert.deepEqual(evaluate({}, { method: 'POST' }), WITHOUT_RANGE);
});

test('If-Match compares strongly', () => {
  for (const ifMatch of ['*', '"now"', '"old", "now"']) assert.deepEqual(evaluate({ ifMatch }), WITH_RANGE, ifMatch);
  for (const ifMatch of ['"old"', 'W/"now"', '"old", W/"now"'])
    assert.deepEqual(evaluate({ ifMatch }), FAILED, ifMatch);
  assert.deepEqual(evaluate({ ifMatch: '"now"' }, { etag: 'W/"now"' }), FAILED);
  assert.deepEqual(evaluate({ ifMatch: '"now"' }, { method: 'HEAD' }), WITHOUT_RANGE);
});

test('If-Match of something unknown fails, unless anything will do', () => {
  assert.deepEqual(evaluate({ ifMatch: '"now"' }, { etag: undefined }), FAILED);
  assert.deepEqual(evaluate({ ifMatch: '*' }, { etag: undefined }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifMatch: '"now"' }, { etag: 'not a tag' }), FAILED);
});

test('a malformed If-Match fails', () => {
  for (const ifMatch of ['', 'now', '"now" "now"', '*, "now"'])
    assert.deepEqual(evaluate({ ifMatch }), FAILED, ifMatch);
});

test('If-Unmodified-Since fails after a modification', () => {
  assert.deepEqual(evaluate({ ifUnmodifiedSince: BEFORE }), FAILED);
  assert.deepEqual(evaluate({ ifUnmodifiedSince: EXACTLY }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifUnmodifiedSince: AFTER }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifUnmodifiedSince: BEFORE }, { method: 'PUT' }), FAILED);
});

test('If-Unmodified-Since is ignored beside If-Match, as no date, and without a modification date', () => {
  assert.deepEqual(evaluate({ ifUnmodifiedSince: BEFORE, ifMatch: '"now"' }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifUnmodifiedSince: 'yesterday' }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifUnmodifiedSince: BEFORE }, { lastModified: undefined }), WITH_RANGE);
});

test('If-None-Match compares weakly', () => {
  for (const ifNoneMatch of ['*', '"now"', 'W/"now"', '"old", W/"now"']) {
    assert.deepEqual(evaluate({ ifNoneMatch }), NOT_MODIFIED, ifNoneMatch);
    assert.deepEqual(evaluate({ ifNoneMatch }, { etag: 'W/"now"' }), NOT_MODIFIED, ifNoneMatch);
    assert.deepEqual(evaluate({ ifNoneMatch }, { method: 'HEAD' }), NOT_MODIFIED, ifNoneMatch);
    assert.deepEqual(evaluate({ ifNoneMatch }, { method: 'PUT' }), FAILED, ifNoneMatch);
  }
  assert.deepEqual(evaluate({ ifNoneMatch: '"old"' }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifNoneMatch: '"now"' }, { etag: undefined }), WITH_RANGE);
});

test('a malformed If-None-Match is ignored', () => {
  for (const ifNoneMatch of ['', 'now', '"now" "now"']) assert.deepEqual(evaluate({ ifNoneMatch }), WITH_RANGE);
});

test('If-Modified-Since answers a read that has the newest', () => {
  assert.deepEqual(evaluate({ ifModifiedSince: BEFORE }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifModifiedSince: EXACTLY }), NOT_MODIFIED);
  assert.deepEqual(evaluate({ ifModifiedSince: AFTER }), NOT_MODIFIED);
  assert.deepEqual(evaluate({ ifModifiedSince: AFTER }, { method: 'HEAD' }), NOT_MODIFIED);
});

test('If-Modified-Since is ignored beside If-None-Match, for other methods, as no date, without a modification date', () => {
  assert.deepEqual(evaluate({ ifModifiedSince: AFTER, ifNoneMatch: '"old"' }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifModifiedSince: AFTER, ifNoneMatch: 'malformed' }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifModifiedSince: AFTER }, { method: 'PUT' }), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifModifiedSince: '2024-05-05' }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifModifiedSince: AFTER }, { lastModified: undefined }), WITH_RANGE);
});

test('the protecting conditions come before the saving ones', () => {
  assert.deepEqual(evaluate({ ifMatch: '"old"', ifNoneMatch: '"now"' }), FAILED);
  assert.deepEqual(evaluate({ ifUnmodifiedSince: BEFORE, ifNoneMatch: '"now"' }), FAILED);
  assert.deepEqual(evaluate({ ifUnmodifiedSince: BEFORE, ifModifiedSince: AFTER }), FAILED);
  assert.deepEqual(evaluate({ ifMatch: '"now"', ifNoneMatch: '"now"' }), NOT_MODIFIED);
  assert.deepEqual(evaluate({ ifMatch: '"now"', ifModifiedSince: AFTER }), NOT_MODIFIED);
  assert.deepEqual(evaluate({ ifNoneMatch: '"now"', ifRange: '"old"' }), NOT_MODIFIED);
});

test('If-Range lets the range apply to the same strong entity tag only', () => {
  assert.deepEqual(evaluate({ ifRange: '"now"' }), WITH_RANGE);
  assert.deepEqual(evaluate({ ifRange: '"now"' }, { method: 'HEAD' }), WITHOUT_RANGE);
  for (const ifRange of ['"old"', 'W/"now"', '"now", "now"', '*', '', 'now']) {
    assert.deepEqual(evaluate({ ifRange }), WITHOUT_RANGE, ifRange);
  }
  assert.deepEqual(evaluate({ ifRange: '"now"' }, { etag: undefined }), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifRange: '"now"' }, { etag: 'W/"now"' }), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifRange: 'W/"now"' }, { etag: 'W/"now"' }), WITHOUT_RANGE);
});

test('If-Range with a date lets the range apply only if the date is exact and vouched for', () => {
  const strong = { lastModifiedIsStrong: true };
  assert.deepEqual(evaluate({ ifRange: EXACTLY }), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifRange: EXACTLY }, { lastModifiedIsStrong: false }), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifRange: EXACTLY }, strong), WITH_RANGE);
  assert.deepEqual(evaluate({ ifRange: BEFORE }, strong), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifRange: AFTER }, strong), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifRange: 'yesterday' }, strong), WITHOUT_RANGE);
  assert.deepEqual(evaluate({ ifRange: EXACTLY }, { ...strong, lastModified: undefined }), WITHOUT_RANGE);
});

test('methods without a selected representation have no preconditions', () => {
  for (const method of ['CONNECT', 'OPTIONS', 'TRACE']) {
    assert.deepEqual(evaluate({ ifMatch: '"old"', ifNoneMatch: '*' }, { method }), WITHOUT_RANGE, method);
  }
});
