import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { toDatabaseError } from './sqlite-errors.ts';

const resulting = (errcode: number): Error => Object.assign(new Error('why'), { errcode });

/** By https://sqlite.org/rescode.html; the upper bits refine a code. */
const ROWS: readonly (readonly [errcode: number, code: ErrorCode, text: RegExp])[] = [
  [3, 'bad-input', /may not be opened; want/],
  [5, 'overloaded', /is locked by another process/],
  [5 | (2 << 8), 'overloaded', /is locked by another process/],
  [6, 'overloaded', /is locked within/],
  [7, 'unavailable', /needs more memory/],
  [8, 'bad-input', /cannot be written; want/],
  [10 | (1 << 8), 'unavailable', /its disk fails/],
  [11, 'bad-input', /is damaged; want/],
  [13, 'unavailable', /its disk is full/],
  [14, 'bad-input', /cannot be opened; want/],
  [26, 'bad-input', /is not an SQLite database; want/],
  [19, 'misuse', /: why$/],
];

describe('toDatabaseError()', () => {
  it('says what is wrong, what would be right, and whether to try again', () => {
    for (const [errcode, code, text] of ROWS) {
      const cause = resulting(errcode);
      const error = toDatabaseError(cause, 'a.db');
      assert.equal(error.code, code, String(errcode));
      assert.match(error.message, /^a\.db/);
      assert.match(error.message, text);
      assert.equal(error.cause, cause);
      assert.equal(error.retryable, code === 'unavailable' || code === 'overloaded', String(errcode));
    }
  });

  it('leaves an error of ours as it is', () => {
    const error = new SluiceError('bad-input', 'ours');
    assert.equal(toDatabaseError(error, 'a.db'), error);
  });
});
