// The dictionaries of RFC 9651, as far as digests need them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import { formatDictionary, parseDictionary, takeByteSequence, takeInteger } from './structured-field.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

const integers = (value: string) => parseDictionary(value, takeInteger);
const bytes = (value: string) => parseDictionary(value, takeByteSequence);

test('reads members, whitespace and repeated keys', () => {
  assert.deepEqual(integers(''), new Map());
  assert.deepEqual(integers('  '), new Map());
  assert.deepEqual(
    integers(' a=1,b=-22\t, \tc=999999999999999 \t'),
    new Map([
      ['a', 1],
      ['b', -22],
      ['c', 999_999_999_999_999],
    ]),
  );
  assert.deepEqual(
    integers('*a_1-.*=0,a=1,a=2'),
    new Map([
      ['*a_1-.*', 0],
      ['a', 2],
    ]),
  );
});

test('checks parameters and drops them', () => {
  for (const parameter of [
    'p',
    ' p',
    'p=1',
    'p=-1.125',
    'p=token/*:x',
    'p=*',
    'p="a \\" \\\\ ;,"',
    'p=""',
    'p=:AQI=:',
    'p=?1',
    'p=@1659578233',
    'p=%"f%c3%bc"',
    'p;q=2; r',
  ]) {
    assert.deepEqual(
      integers(`a=1;${parameter}, b=2`),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      parameter,
    );
  }
});

test('anything else is malformed', () => {
  for (const value of [
    'a',
    'a=',
    '=1',
    'A=1',
    '1=1',
    '-a=1',
    'a =1',
    'a= 1',
    'a=1,',
    ',a=1',
    'a=1,,b=2',
    'a=1 b=2',
    '\ta=1',
    'a=1\n',
    'a=1;',
    'a=1 ;p',
    'a=1;P',
    'a=1;p=',
    'a=1;p="',
    'a=1;p="é"',
    'a=1;p="\\a"',
    'a=1;p=%"%C3"',
    'a=1;p=%"%c"',
    'a=1;p=?2',
    'a=1;p=1.',
    'a=1;p=1.1234',
    'a=1;p=:a:b',
    'a=1;p=(1 2)',
    'a=1.5',
    'a=+1',
    'a=1000000000000000',
    'a="1"',
    'a=?1',
    'a=(1 2)',
    'a=:AQ==:',
  ]) {
    assert.equal(integers(value), undefined, JSON.stringify(value));
  }
});

test('reads byte sequences, with or without padding', () => {
  assert.deepEqual(
    bytes('a=::, b=:AQ==:, c=:AQ:, d=:AQI=:, e=:+/+/:'),
    new Map([
      ['a', Uint8Array.of()],
      ['b', Uint8Array.of(1)],
      ['c', Uint8Array.of(1)],
      ['d', Uint8Array.of(1, 2)],
      ['e', Uint8Array.of(0xfb, 0xff, 0xbf)],
    ]),
  );
  for (const value of ['a=AQ==', 'a=:AQ==', 'a=:A:', 'a=:A===:', 'a=:A=Q=:', 'a=:-_-_:', 'a=: AQ==:', 'a=1', 'a=":"']) {
    assert.equal(bytes(value), undefined, value);
  }
});

test('refuses to write a key that is none', () => {
  for (const key of ['', 'A', '1', 'a b', 'a\r\n', 'é', 'a=']) {
    assert.throws(
      () => formatDictionary([[key, Uint8Array.of(1)]]),
      (error) => error instanceof SluiceError && error.code === 'misuse',
    );
  }
});

test('what is written is read back', () => {
  const members = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z*][a-z0-9_.*-]*$/), fc.uint8Array()), {
    selector: ([key]) => key,
  });
  fc.assert(
    fc.property(members, (entries) => {
      assert.deepEqual(bytes(formatDictionary(entries)), new Map(entries));
    }),
  );
});

test('garbage never throws', () => {
  const garbage = fc.oneof(fc.string({ unit: character }), fc.stringMatching(/^(?:[a-c]=[0-9:"%?@ ,;=a]{0,9})*$/));
  fc.assert(
    fc.property(garbage, (value) => {
      bytes(value);
      integers(value);
    }),
  );
});

test('long hostile values are read in linear time', () => {
  const pieces = [
    ' ',
    ',',
    '"',
    '\\"',
    '%',
    '%"',
    ':',
    'a',
    'a=1,',
    'a=1;',
    ';p',
    ';p="',
    ';p="a"',
    ';p=:',
    '=',
    '1',
    'a=1;p="\\\\',
  ];
  for (const piece of pieces) {
    for (const prefix of ['', 'a=1;p=', 'a=1;p="', 'a=1;p=%"', 'a=:']) {
      assert.equal(integers(`${prefix}${piece.repeat(100_000)}\n`), undefined);
      assert.equal(bytes(`${prefix}${piece.repeat(100_000)}\n`), undefined);
    }
  }
});
