import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isToken } from '../http/field.ts';
import { CORS_FIELDS, DATA_METHODS, PREFLIGHT_FIELDS } from './cors.ts';
import { planResponse } from './plan.ts';

/** Fields that any page may read without being told so: Fetch Standard, CORS-safelisted response-header name. */
const SAFELISTED = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
];

function toList(value: string): readonly string[] {
  return value.split(', ').map((name) => name.toLowerCase());
}

describe('CORS', () => {
  it('lets a page read every field that an answer has for it', () => {
    const exposed = toList(CORS_FIELDS['access-control-expose-headers']);
    const representation = {
      size: 10,
      etag: '"v"',
      lastModified: new Date(),
      filename: 'a',
      digests: { 'sha-256': new Uint8Array(32) },
    };
    const { fields } = planResponse({ method: 'GET', range: 'bytes=0-1' }, representation, () => 'b');
    const readable = [...exposed, ...SAFELISTED];
    const forNobody = ['x-content-type-options'];
    const hidden = Object.keys(fields).filter((name) => !readable.includes(name) && !forNobody.includes(name));
    assert.deepEqual(hidden, []);
    assert.ok(exposed.includes('retry-after'));
  });

  it('lets a page send every field that a plan is made from, and its token', () => {
    const allowed = toList(PREFLIGHT_FIELDS['access-control-allow-headers']);
    for (const name of ['authorization', 'range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since']) {
      assert.ok(allowed.includes(name), name);
    }
    assert.ok(['if-unmodified-since', 'want-repr-digest'].every((name) => allowed.includes(name)));
  });

  it('is made of lists of tokens', () => {
    const lists = [...Object.values(CORS_FIELDS), ...Object.values(PREFLIGHT_FIELDS)];
    for (const value of lists) assert.ok(toList(value).every(isToken), value);
    assert.equal(PREFLIGHT_FIELDS.allow, DATA_METHODS);
  });
});
