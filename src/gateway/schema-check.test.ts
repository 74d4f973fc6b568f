import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { SchemaMismatch, compileCheck } from './schema-check.ts';

const closed = { additionalProperties: false } as const;

function check(schema: TSchema, value: unknown, httpPart = 'body') {
  const route = { schema, method: 'GET', url: '/', httpPart };
  return compileCheck(route)(value) as { readonly value?: unknown; readonly error?: Error };
}

const SCHEMA = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z]+$' }),
    count: Type.Optional(Type.Integer({ minimum: 1 })),
    kinds: Type.Optional(Type.Array(Type.Union([Type.Literal('*'), Type.String({ pattern: '^k' })]))),
    by: Type.Optional(Type.Enum(['day', 'object'])),
  },
  closed,
);

describe('compileCheck()', () => {
  for (const [value, words] of [
    [{}, 'it must have "name"'],
    [{ name: 'A' }, '"name" must match pattern "^[a-z]+$"'],
    [{ name: 'a', count: '1' }, '"count" must be integer'],
    [{ name: 'a', count: 0 }, '"count" must be >= 1'],
    [{ name: 'a', kinds: 'k' }, '"kinds" must be array'],
    [{ name: 'a', kinds: ['x'] }, '"kinds.0" must match pattern "^k"'],
    [{ name: 'a', by: 'week' }, '"by" must be day or object'],
    [{ name: 'a', more: 1 }, 'it must not have "more"'],
    [undefined, 'it must be object'],
    [null, 'it must be object'],
  ] as const) {
    it(`says what is wrong with ${JSON.stringify(value)}`, () => {
      const { error } = check(SCHEMA, value);
      assert.ok(error instanceof SchemaMismatch);
      assert.equal(error.message, words);
    });
  }

  it('gives what is right as it came', () => {
    const value = { name: 'a', count: 1, kinds: ['*'] };
    assert.equal(check(SCHEMA, value).value, value);
  });

  it('takes a number in a query by its digits alone', () => {
    assert.deepEqual(check(SCHEMA, { name: 'a', count: '17' }, 'querystring').value, { name: 'a', count: 17 });
    for (const count of ['', ' 1', '1 ', '+1', '1e1', '0x1', '1.0', '9'.repeat(16), ['1', '2']]) {
      assert.ok(check(SCHEMA, { name: 'a', count }, 'querystring').error, String(count));
    }
  });

  it('has few words, whatever is sent', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const { error } = check(SCHEMA, value);
        assert.ok((error?.message.length ?? 0) <= 300);
      }),
    );
  });
});
