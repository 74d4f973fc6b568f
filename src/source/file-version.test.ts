import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasSameBytes, settledState, toVersion, type FileState } from './file-version.ts';

const state: FileState = { size: 10n, mtimeNs: 1n, ctimeNs: 2n, ino: 3n, nlink: 1n };

test('the size, either time and the inode each make another version; the links do not', () => {
  const { etag, size } = toVersion(state);
  assert.equal(size, 10);
  assert.match(etag, /^"[\w-]{22}"$/);
  for (const other of [{ size: 11n }, { mtimeNs: 9n }, { ctimeNs: 9n }, { ino: 9n }]) {
    assert.notEqual(toVersion({ ...state, ...other }).etag, etag);
  }
  assert.equal(toVersion({ ...state, nlink: 2n }).etag, etag);
});

test('bytes are the same while only the name has changed', () => {
  assert.ok(hasSameBytes(state, { ...state }));
  assert.ok(hasSameBytes(state, { ...state, nlink: 0n, ctimeNs: 9n }));
  for (const other of [{ size: 9n }, { mtimeNs: 9n }, { ctimeNs: 9n }, { ino: 9n }, { nlink: 0n, mtimeNs: 9n }]) {
    assert.ok(!hasSameBytes(state, { ...state, ...other }));
  }
});

test('a change within the last tick is waited out, and one in the future is not', async () => {
  const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;
  const fresh = { ...state, ctimeNs: nowNs() };
  let asked = 0;
  assert.equal(await settledState(async () => ((asked += 1), fresh)), fresh);
  assert.ok(asked >= 2, 'it was asked again');
  const future = { ...state, ctimeNs: nowNs() + 3_600_000_000_000n };
  assert.equal(await settledState(async () => future), future);
});
