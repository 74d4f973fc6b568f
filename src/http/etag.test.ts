// Entity tags, their lists and their comparisons.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isStrongEntityTag, parseEntityTag, parseEntityTagList, strongMatch, weakMatch } from './etag.ts';
import type { EntityTag } from './etag.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

const strong = (opaque: string): EntityTag => ({ opaque, weak: false });
const weak = (opaque: string): EntityTag => ({ opaque, weak: true });

const etagc = fc.oneof(fc.constant(0x21), fc.integer({ min: 0x23, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }));
const opaque = fc.array(etagc).map((codes) => `"${String.fromCharCode(...codes)}"`);
const entityTag: fc.Arbitrary<EntityTag> = fc.record({ opaque, weak: fc.boolean() }, { noNullPrototype: true });
const format = (tag: EntityTag) => `${tag.weak ? 'W/' : ''}${tag.opaque}`;

test('reads a tag with its quotes, strong or weak', () => {
  assert.deepEqual(parseEntityTag('"a"'), strong('"a"'));
  assert.deepEqual(parseEntityTag('""'), strong('""'));
  assert.deepEqual(parseEntityTag('W/"a"'), weak('"a"'));
  assert.deepEqual(parseEntityTag('"W/,\\\xe9*"'), strong('"W/,\\\xe9*"'));
});

test('anything else is no tag', () => {
  for (const value of [
    '',
    'a',
    '"',
    '"a',
    'a"',
    '"a" ',
    ' "a"',
    'w/"a"',
    'W/',
    'W/a',
    'W/W/"a"',
    '"a b"',
    '"a"b"',
    '"\x7f"',
    '"\n"',
    '"a"\n',
    '"Ā"',
    '*',
  ]) {
    assert.equal(parseEntityTag(value), undefined, JSON.stringify(value));
  }
});

test('reads lists and the asterisk', () => {
  assert.equal(parseEntityTagList('*'), '*');
  assert.equal(parseEntityTagList(' *\t'), '*');
  assert.deepEqual(parseEntityTagList('"a"'), [strong('"a"')]);
  assert.deepEqual(parseEntityTagList(', "a,b" ,\tW/"c",,"*"'), [strong('"a,b"'), weak('"c"'), strong('"*"')]);
});

test('a list with anything else in it is malformed', () => {
  for (const value of ['', ',', 'a', '"a" "b"', '"a""b"', '"a", b', '*, "a"', '"a", *', '**', '"a";"b"', '"a', 'W/']) {
    assert.equal(parseEntityTagList(value), undefined, JSON.stringify(value));
  }
});

test('compares as the table of RFC 9110 §8.8.3.2 says', () => {
  const cases = [
    [weak('"1"'), weak('"1"'), false, true],
    [weak('"1"'), weak('"2"'), false, false],
    [weak('"1"'), strong('"1"'), false, true],
    [strong('"1"'), weak('"1"'), false, true],
    [strong('"1"'), strong('"1"'), true, true],
    [strong('"1"'), strong('"2"'), false, false],
  ] as const;
  for (const [a, b, strongly, weakly] of cases) {
    assert.equal(strongMatch(a, b), strongly);
    assert.equal(weakMatch(a, b), weakly);
  }
});

test('tells strong tags from weak ones and from what is none', () => {
  assert.equal(isStrongEntityTag('"a"'), true);
  assert.equal(isStrongEntityTag('W/"a"'), false);
  assert.equal(isStrongEntityTag('a'), false);
});

test('what is written is read back, alone and in a list', () => {
  fc.assert(
    fc.property(fc.array(entityTag, { minLength: 1 }), fc.constantFrom(',', ', ', ' ,,\t'), (tags, separator) => {
      for (const tag of tags) assert.deepEqual(parseEntityTag(format(tag)), tag);
      assert.deepEqual(parseEntityTagList(tags.map(format).join(separator)), tags);
    }),
  );
});

test('garbage never throws', () => {
  const garbage = fc.oneof(fc.string({ unit: character }), fc.stringMatching(/^[W/"a,* \t]*$/));
  fc.assert(
    fc.property(garbage, (value) => {
      const tag = parseEntityTag(value);
      assert.ok(tag === undefined || format(tag) === value);
      parseEntityTagList(value);
    }),
    { numRuns: 3000 },
  );
});

test('long hostile values are read in linear time', () => {
  for (const piece of [' ', ',', ', ', '"', '""', 'W/', '"a",', '"a" ']) {
    assert.equal(parseEntityTagList(`${piece.repeat(100_000)}\n`), undefined);
    assert.equal(parseEntityTagList(` ${piece.repeat(100_000)}*x`), undefined);
  }
});
