// Repr-Digest and Want-Repr-Digest.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatReprDigest, parseReprDigest, parseWantReprDigest, selectDigests } from './digest.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

const hash = (algorithm: string) => new Uint8Array(createHash(algorithm).update('{"hello": "world"}\n').digest());
const SHA256 = hash('sha256');
const SHA512 = hash('sha512');
const MD5 = hash('md5');
const AVAILABLE = { md5: MD5, 'sha-256': SHA256, 'sha-512': SHA512 };

test('writes and reads the example of RFC 9530', () => {
  const value = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:';
  assert.equal(formatReprDigest({ 'sha-256': SHA256 }), value);
  assert.deepEqual(parseReprDigest(value), { 'sha-256': SHA256 });
});

test('writes and reads several, and none', () => {
  assert.deepEqual(parseReprDigest(formatReprDigest(AVAILABLE)), AVAILABLE);
  assert.equal(formatReprDigest({}), '');
  assert.deepEqual(parseReprDigest(''), {});
});

test('a digest that is no byte sequence makes the field malformed', () => {
  for (const value of ['sha-256', 'sha-256=1', 'sha-256=abc', 'SHA-256=:AQ==:', 'sha-256=:AQ==:, md5=1']) {
    assert.equal(parseReprDigest(value), undefined, value);
  }
});

test('reads wanted algorithms with weights from 0 to 10', () => {
  assert.deepEqual(
    [...parseWantReprDigest('sha-512=3, sha-256=10;q=1, unixsum=0')!],
    [
      ['sha-512', 3],
      ['sha-256', 10],
      ['unixsum', 0],
    ],
  );
  for (const value of ['sha-256=11', 'sha-256=-1', 'sha-256=1.5', 'sha-256', 'sha-256=?1', 'sha-256=1, md5=99']) {
    assert.equal(parseWantReprDigest(value), undefined, value);
  }
});

const selected = (wanted: string | undefined) =>
  Object.keys(selectDigests(AVAILABLE, wanted === undefined ? undefined : parseWantReprDigest(wanted)));

test('offers only what is not deprecated when nothing is wanted', () => {
  assert.deepEqual(selected(undefined), ['sha-256', 'sha-512']);
  assert.deepEqual(selectDigests({ md5: MD5 }, undefined), {});
  assert.deepEqual(selectDigests({ 'sha-256': SHA256 }, undefined), { 'sha-256': SHA256 });
});

test('offers what is wanted, most wanted first, and never what has weight 0', () => {
  assert.deepEqual(selected('sha-256=1, sha-512=9'), ['sha-512', 'sha-256']);
  assert.deepEqual(selected('sha-256=9, sha-512=1, md5=5'), ['sha-256', 'md5', 'sha-512']);
  assert.deepEqual(selected('sha-512=0, sha-256=1, unixsum=10'), ['sha-256']);
  assert.deepEqual(selected('sha-512=5, sha-256=5'), ['sha-256', 'sha-512']);
  assert.deepEqual(selected('constructor=5'), []);
  assert.deepEqual(selected(''), []);
});

test('garbage never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: character }), (value) => {
      parseReprDigest(value);
      parseWantReprDigest(value);
    }),
  );
});
