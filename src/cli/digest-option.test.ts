import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import { addDigest } from './digest-option.ts';

const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 });

it('reads hex in either case, and base64 with and without its padding', () => {
  fc.assert(
    fc.property(sha256, (digest) => {
      const bytes = Buffer.from(digest);
      const base64 = bytes.toString('base64');
      for (const text of [
        bytes.toString('hex'),
        bytes.toString('hex').toUpperCase(),
        base64,
        base64.replace('=', ''),
      ]) {
        assert.deepEqual(addDigest(`sha-256=${text}`, {}), { 'sha-256': bytes });
      }
    }),
  );
});

it('adds to what was said before, and the later of two counts', () => {
  const first = addDigest(`sha-256=${'0'.repeat(64)}`, {});
  const both = addDigest(`SHA-512=${'1'.repeat(128)}`, first);
  assert.deepEqual(Object.keys(both), ['sha-256', 'sha-512']);
  assert.deepEqual(addDigest(`sha-256=${'2'.repeat(64)}`, first)['sha-256'], Buffer.alloc(32, 0x22));
});

it('refuses another algorithm, another length and what is neither hex nor base64', () => {
  const wrong = [
    '',
    'x',
    '=00',
    'md5=00',
    '__proto__=00',
    'sha-256',
    'sha-256=',
    'sha-256=00',
    `sha-256=${'g'.repeat(64)}`,
  ];
  for (const text of [
    ...wrong,
    `sha-256=${'0'.repeat(65)}`,
    `sha-256=${'A'.repeat(42)}?=`,
    `sha-512=${'0'.repeat(64)}`,
  ]) {
    assert.throws(
      () => addDigest(text, {}),
      (error) => isSluiceError(error, 'bad-input'),
      text,
    );
  }
});
