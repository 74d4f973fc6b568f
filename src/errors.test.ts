import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError, isSluiceError } from './errors.ts';

describe('SluiceError', () => {
  it('says what went wrong, whether to try again, and from what it came', () => {
    const cause = new Error('ECONNREFUSED');
    const options = { retryable: true, retryAfterMs: 5, cause };
    const error = new SluiceError('origin-unreachable', 'no connection to the store', options);
    assert.ok(error instanceof Error);
    const { name, code, message, retryable, retryAfterMs } = error;
    assert.deepEqual(
      { name, code, message, retryable, retryAfterMs },
      {
        name: 'SluiceError',
        code: 'origin-unreachable',
        message: 'no connection to the store',
        retryable: true,
        retryAfterMs: 5,
      },
    );
    assert.equal(error.cause, cause);
    assert.match(String(error), /^SluiceError: no connection to the store$/);
  });

  it('is not worth trying again unless it says so, and has no cause unless there is one', () => {
    const error = new SluiceError('not-found', 'no such object');
    assert.deepEqual([error.retryable, error.retryAfterMs, 'cause' in error], [false, undefined, false]);
    assert.equal('cause' in new SluiceError('misuse', 'x', { cause: undefined }), false);
  });
});

describe('isSluiceError()', () => {
  const error = new SluiceError('changed', 'another version');

  it('tells ours from others', () => {
    assert.equal(isSluiceError(error), true);
    for (const other of [new Error('x'), { code: 'changed', name: 'SluiceError' }, 'changed', null, undefined]) {
      assert.equal(isSluiceError(other), false);
    }
  });

  it('tells one code from another', () => {
    assert.equal(isSluiceError(error, 'changed'), true);
    assert.equal(isSluiceError(error, 'not-found', 'changed'), true);
    assert.equal(isSluiceError(error, 'not-found'), false);
  });
});
