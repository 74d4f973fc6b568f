import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { planObject } from './plan-object.ts';
import type { ObjectPlan, ObjectRequest } from './plan-object.ts';
import { createSyntheticObject } from './synthetic-object.ts';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const OBJECT = createSyntheticObject({ key: 'k', size: 1000, seed: 1, partSizeBytes: 300 }, { bucket: 'b', now: NOW });
const EMPTY = createSyntheticObject({ key: 'e', size: 0, seed: 1 }, { bucket: 'b', now: NOW });
const LATER = 'Fri, 02 Jan 2026 03:04:06 GMT';
const THEN = 'Fri, 02 Jan 2026 03:04:05 GMT';
const EARLIER = 'Fri, 02 Jan 2026 03:04:04 GMT';

function plan(request: Partial<ObjectRequest>, object = OBJECT): ObjectPlan {
  const whole = { method: 'GET', range: undefined, conditions: {}, versionId: undefined, partNumber: undefined };
  return planObject({ ...whole, ...request }, object);
}

function statusOf(request: Partial<ObjectRequest>, object = OBJECT): number | string {
  try {
    return plan(request, object).status;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : assert.fail(String(error));
  }
}

describe('a range', () => {
  it('is answered by the bytes it names, where there are any', () => {
    const cases: readonly [string, string][] = [
      ['bytes=0-0', 'bytes 0-0/1000'],
      ['bytes=10-19', 'bytes 10-19/1000'],
      ['bytes=990-', 'bytes 990-999/1000'],
      ['bytes=990-2000', 'bytes 990-999/1000'],
      ['bytes=-10', 'bytes 990-999/1000'],
      ['bytes=-2000', 'bytes 0-999/1000'],
    ];
    for (const [range, contentRange] of cases) {
      const { status, headers, range: bytes } = plan({ range });
      assert.deepEqual([status, headers['Content-Range']], [206, contentRange], range);
      assert.equal(headers['Content-Length'], String(bytes.end - bytes.start));
    }
  });

  it('is refused where there are none', () => {
    for (const range of ['bytes=1000-', 'bytes=1000-1001', 'bytes=-0']) {
      assert.equal(statusOf({ range }), 'InvalidRange', range);
    }
    for (const range of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) assert.equal(statusOf({ range }, EMPTY), 'InvalidRange');
    assert.throws(() => plan({ range: 'bytes=1000-' }), {
      details: { RangeRequested: 'bytes=1000-', ActualObjectSize: 1000 },
      headers: { 'Content-Range': 'bytes */1000' },
    });
  });

  it('is ignored when it is malformed, or one of several', () => {
    for (const range of ['bytes=abc', 'bytes=5-2', 'items=0-1', 'bytes=0-1,5-6', '']) {
      const { status, headers } = plan({ range });
      assert.deepEqual([status, headers['Content-Length'], headers['Content-Range']], [200, '1000', undefined], range);
    }
  });
});

describe('a condition', () => {
  it('is heeded in the order of RFC 9110', () => {
    const { etag } = OBJECT;
    const cases: readonly [ObjectRequest['conditions'], number | string][] = [
      [{ ifMatch: etag }, 200],
      [{ ifMatch: etag.slice(1, -1) }, 200],
      [{ ifMatch: '*' }, 200],
      [{ ifMatch: '"x"' }, 'PreconditionFailed'],
      [{ ifMatch: etag, ifUnmodifiedSince: EARLIER }, 200],
      [{ ifUnmodifiedSince: EARLIER }, 'PreconditionFailed'],
      [{ ifUnmodifiedSince: THEN }, 200],
      [{ ifNoneMatch: etag }, 304],
      [{ ifNoneMatch: '"x"' }, 200],
      [{ ifNoneMatch: '"x"', ifModifiedSince: LATER }, 200],
      [{ ifModifiedSince: THEN }, 304],
      [{ ifModifiedSince: EARLIER }, 200],
    ];
    for (const [conditions, expected] of cases) {
      assert.equal(statusOf({ conditions }), expected, JSON.stringify(conditions));
    }
  });

  it('leaves the range alone when it is If-Range, which S3 does not know', () => {
    assert.equal(statusOf({ range: 'bytes=0-1', conditions: { ifRange: '"other"' } }), 206);
  });

  it('comes before the range', () => {
    assert.equal(statusOf({ range: 'bytes=2000-', conditions: { ifMatch: '"x"' } }), 'PreconditionFailed');
    assert.equal(statusOf({ range: 'bytes=2000-', conditions: { ifNoneMatch: '*' } }), 304);
  });
});

describe('a version', () => {
  it('is the current one, by its id or by the name of the only one', () => {
    assert.equal(plan({ versionId: 'null' }).status, 200);
    assert.equal(plan({ versionId: OBJECT.versionId }).headers['x-amz-version-id'], OBJECT.versionId);
    assert.equal(statusOf({ versionId: 'other' }), 'NoSuchVersion');
  });
});

describe('a part', () => {
  it('is a range of the object, and tells how many there are', () => {
    const { status, headers } = plan({ partNumber: '4' });
    assert.deepEqual(
      [status, headers['Content-Range'], headers['x-amz-mp-parts-count']],
      [206, 'bytes 900-999/1000', '4'],
    );
    assert.equal(plan({ partNumber: '1' }).headers['Content-Range'], 'bytes 0-299/1000');
  });

  it('is the whole of an object that has no parts', () => {
    const { status, headers, range } = plan({ partNumber: '1' }, EMPTY);
    assert.deepEqual([status, headers['Content-Range'], range], [206, undefined, { start: 0, end: 0 }]);
    assert.equal(statusOf({ partNumber: '2' }, EMPTY), 'InvalidPartNumber');
  });

  it('is refused when there is no such part, or with a range', () => {
    assert.equal(statusOf({ partNumber: '5' }), 'InvalidPartNumber');
    for (const partNumber of ['0', '10001', 'x', '']) assert.equal(statusOf({ partNumber }), 'InvalidArgument');
    assert.equal(statusOf({ partNumber: '1', range: 'bytes=0-1' }), 'InvalidRequest');
  });
});
