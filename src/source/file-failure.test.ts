import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../errors.ts';
import { toFileError } from './file-failure.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it failed`), { code });
}

for (const [systemCode, code, retryable] of [
  ['ENOENT', 'not-found', false],
  ['ENOTDIR', 'not-found', false],
  ['EISDIR', 'not-found', false],
  ['ELOOP', 'not-found', false],
  ['ENAMETOOLONG', 'not-found', false],
  ['EACCES', 'origin-denied', false],
  ['EPERM', 'origin-denied', false],
  ['EMFILE', 'overloaded', true],
  ['ENFILE', 'overloaded', true],
  ['EIO', 'origin-failed', false],
] as const) {
  test(`${systemCode} is ${code}`, () => {
    const cause = systemError(systemCode);
    const error = toFileError(cause, 'a/b');
    assert.deepEqual([error.code, error.retryable, error.cause], [code, retryable, cause]);
    assert.match(error.message, /a\/b could not be read/);
  });
}

test('what is not a system error is origin-failed, and an error of ours stays what it is', () => {
  assert.equal(toFileError('odd', 'a').code, 'origin-failed');
  const ours = new SluiceError('changed', 'it has changed');
  assert.equal(toFileError(ours, 'a'), ours);
});
