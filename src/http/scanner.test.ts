// The cursor itself; what is read with it is tested with each grammar.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scanner } from './scanner.ts';

test('steps over what matches where it stands, and over nothing else', () => {
  const scanner = new Scanner('aab');
  assert.equal(scanner.take(/b/y), undefined);
  assert.equal(scanner.take(/a+/y), 'aa');
  assert.equal(scanner.atEnd, false);
  assert.equal(scanner.take(/b/y), 'b');
  assert.equal(scanner.atEnd, true);
  assert.equal(scanner.take(/b/y), undefined);
});

test('shares patterns with other scanners without being disturbed', () => {
  const pattern = /a/y;
  const one = new Scanner('aaa');
  const other = new Scanner('ab');
  assert.deepEqual([one.take(pattern), other.take(pattern), one.take(pattern)], ['a', 'a', 'a']);
  assert.equal(other.take(pattern), undefined);
  assert.equal(one.take(pattern), 'a');
});
