import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../errors.ts';
import { toOwnFailure } from './own-failure.ts';

test('that a store of ours is overloaded is passed on as it is', () => {
  const overloaded = new SluiceError('overloaded', 'locked', { retryable: true });
  assert.equal(toOwnFailure(overloaded, 'the catalog failed'), overloaded);
});

test('any other failure of it is ours, and never the client’s', () => {
  for (const cause of [
    new SluiceError('bad-input', 'no database'),
    new SluiceError('not-found', 'no file'),
    'thrown',
  ]) {
    const failure = toOwnFailure(cause, 'the catalog failed');
    assert.deepEqual([failure.code, failure.message, failure.cause], ['misuse', 'the catalog failed', cause]);
  }
});
