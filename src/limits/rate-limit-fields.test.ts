import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toRateLimitFields, toRetryAfterSeconds } from './rate-limit-fields.ts';

const TRANSFERS = { limit: 'transfers', quota: 8, left: 3, resetMs: 1000 } as const;
const DAY = { limit: 'bytes-per-day', quota: 5_000_000, left: 1_234, resetMs: 3_600_001 } as const;

describe('toRateLimitFields()', () => {
  it('has none for somebody who is not limited', () => {
    assert.deepEqual(toRateLimitFields([]), {});
  });

  it('names each limit, its unit, what is left, and until when', () => {
    assert.deepEqual(toRateLimitFields([TRANSFERS, DAY]), {
      'ratelimit-policy':
        '"transfers";q=8;qu="concurrent-requests", "bytes-per-day";q=5000000;qu="content-bytes";w=86400',
      ratelimit: '"transfers";r=3, "bytes-per-day";r=1234;t=3601',
    });
  });

  it('writes only integers that a structured field can have', () => {
    const figure = fc.double({ min: -1e3, max: 2 ** 53, noNaN: true });
    fc.assert(
      fc.property(figure, figure, figure, (quota, left, resetMs) => {
        for (const value of Object.values(toRateLimitFields([{ limit: 'bytes-per-day', quota, left, resetMs }])))
          for (const [, integer] of value.matchAll(/[qrtw]=([^;]*)/g)) assert.match(integer!, /^\d{1,15}$/);
      }),
    );
  });
});

describe('toRetryAfterSeconds()', () => {
  it('is never earlier than the end of the window, and never at once', () => {
    assert.deepEqual(
      [0, 1, 1000, 1001].map((resetMs) => toRetryAfterSeconds({ resetMs })),
      [1, 1, 1, 2],
    );
  });
});
