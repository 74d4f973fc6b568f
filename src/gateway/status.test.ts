import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { toProblemAnswer } from './status.ts';

/** What every code is to a client, and whether it is worth coming back. Exhaustive by type. */
const EXPECTED: Record<ErrorCode, readonly [status: number, retry: boolean]> = {
  'bad-input': [400, false],
  'bad-config': [500, false],
  'not-found': [404, false],
  changed: [502, false],
  'origin-denied': [502, false],
  'origin-unreachable': [502, true],
  'origin-timeout': [504, true],
  'origin-busy': [503, true],
  'origin-failed': [502, true],
  'origin-invalid': [502, false],
  truncated: [502, true],
  stalled: [504, true],
  closed: [503, true],
  overloaded: [503, true],
  limited: [429, true],
  unavailable: [503, true],
  'disk-failed': [500, false],
  mismatch: [502, false],
  misuse: [500, false],
};

describe('toProblemAnswer()', () => {
  for (const [code, [status, retry]] of Object.entries(EXPECTED) as [ErrorCode, readonly [number, boolean]][]) {
    it(`answers ${code} with ${status}${retry ? ' and when to come back' : ''}`, () => {
      const { problem, retryAfterSeconds } = toProblemAnswer(new SluiceError(code, 'SECRET words for the operator'));
      assert.equal(problem.status, status);
      assert.equal(retryAfterSeconds !== undefined, retry);
      assert.doesNotMatch(JSON.stringify(problem), /SECRET/);
      assert.ok(problem.title.length > 0);
    });
  }

  it('passes on for how long an origin wants to be left alone, in whole seconds', () => {
    for (const [retryAfterMs, seconds] of [
      [1, 1],
      [1000, 1],
      [1001, 2],
      [90_000, 90],
    ] as const) {
      const error = new SluiceError('origin-busy', 'slow down', { retryAfterMs });
      assert.equal(toProblemAnswer(error).retryAfterSeconds, seconds);
    }
  });

  it('says nothing of when to come back where that would not help, whatever the origin said', () => {
    const error = new SluiceError('not-found', 'gone', { retryAfterMs: 5000 });
    assert.equal(toProblemAnswer(error).retryAfterSeconds, undefined);
  });

  it('tells a client nothing of what else was thrown', () => {
    for (const thrown of [new Error('SECRET'), 'SECRET', undefined, null, { code: 'not-found', message: 'SECRET' }]) {
      const { problem } = toProblemAnswer(thrown);
      assert.deepEqual(problem, { type: 'about:blank', title: 'The gateway has failed', status: 500 });
    }
  });
});
