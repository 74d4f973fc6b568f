// The list syntax of RFC 9110 §5.6.1.2.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseList } from './list.ts';

const parse = (text: string) => parseList(text, (scanner) => scanner.take(/[a-z]+/y));

test('reads elements between commas, with optional whitespace and empty elements', () => {
  assert.deepEqual(parse('a'), ['a']);
  assert.deepEqual(parse('a,b'), ['a', 'b']);
  assert.deepEqual(parse(' \ta \t,\t ,,b, '), ['a', 'b']);
  assert.deepEqual(parse(',a'), ['a']);
});

test('is malformed without an element, without a comma between two, or with anything else', () => {
  for (const text of ['', ' ', ',', ', ,', 'a b', 'a;b', 'a, B', 'aB', 'a\n', 'a,\nb']) {
    assert.equal(parse(text), undefined, JSON.stringify(text));
  }
});

test('gives back any elements that were joined by any gaps', () => {
  const gap = fc
    .array(fc.constantFrom(' ', '\t', ','), { maxLength: 5 })
    .map((before) => `${before.join('')},`)
    .chain((start) => fc.constantFrom('', ' ', '\t,').map((end) => start + end));
  const element = fc.stringMatching(/^[a-z]+$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(element, gap), { minLength: 1 }), (pairs) => {
      assert.deepEqual(
        parse(pairs.flat().join('')),
        pairs.map(([text]) => text),
      );
    }),
  );
});
