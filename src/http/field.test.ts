// Tokens, field values and media types.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFieldValue, isMediaType, isToken } from './field.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

test('a token is one or more of the characters of RFC 9110 §5.6.2', () => {
  assert.ok(isToken("!#$%&'*+-.^_`|~09AZaz"));
  for (const value of ['', ' ', 'a b', 'a,', 'a"', 'a/b', 'a:', 'é', 'a\n', 'a\r', 'a\0', '\u{7f}']) {
    assert.equal(isToken(value), false, JSON.stringify(value));
  }
});

test('a field value has no control character but the tab, and only octets', () => {
  for (const value of ['', 'a', ' a\tb ', 'é', '\x80\xff', '~']) assert.ok(isFieldValue(value), JSON.stringify(value));
  for (const value of ['\r', '\n', 'a\r\nb', 'a\n', '\0', '\x1f', '\x7f', '\u0100', '\u{1f600}']) {
    assert.equal(isFieldValue(value), false, JSON.stringify(value));
  }
});

test('a media type is two tokens and parameters', () => {
  for (const value of [
    'text/plain',
    'application/vnd.api+json',
    'text/plain;charset=utf-8',
    'text/plain ; charset="utf-8"\t;\ta=b',
    'text/plain;a="\\"\\\\ é\t;"',
    'text/plain;a=""',
    'text/plain;',
    'text/plain; ; a=b;',
  ]) {
    assert.ok(isMediaType(value), JSON.stringify(value));
  }
});

test('anything else is no media type', () => {
  for (const value of [
    '',
    'text',
    'text/',
    '/plain',
    'text /plain',
    'text/plain ',
    ' text/plain',
    'text/plain/x',
    'text/plain, text/html',
    'text/plain; a',
    'text/plain; a=',
    'text/plain; a =b',
    'text/plain; a="b',
    'text/plain; a="\\',
    'text/plain; a="\n"',
    'text/plain\r\nSet-Cookie: a=b',
  ]) {
    assert.equal(isMediaType(value), false, JSON.stringify(value));
  }
});

test('a media type with any quoted parameter is a field value and a media type', () => {
  const octets = fc.array(fc.integer({ min: 0x20, max: 0x7e })).map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(octets, (text) => {
      const value = `a/b; c="${text.replace(/["\\]/g, '\\$&')}"`;
      assert.ok(isMediaType(value) && isFieldValue(value));
    }),
  );
});

test('nothing throws, and a media type is always a field value', () => {
  fc.assert(
    fc.property(fc.string({ unit: character }), (value) => {
      isToken(value);
      if (isMediaType(`a/b${value}`)) assert.ok(isFieldValue(value));
    }),
  );
});

test('long hostile values are read in linear time', () => {
  const many = 200_000;
  for (const piece of [' ', ';', '; ', ' ;', '\t; \t', 'a', '\\', '\\"', ';a=', ';a="']) {
    assert.equal(isMediaType(`a/b;${piece.repeat(many)}\n`), false);
    assert.equal(isMediaType(`a/b;a="${piece.repeat(many)}\n`), false);
  }
});
