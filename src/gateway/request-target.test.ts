import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toOriginForm } from './request-target.ts';

describe('toOriginForm()', () => {
  for (const [target, expected] of [
    ['/data/a', '/data/a'],
    ['/data/a?b=http://c', '/data/a?b=http://c'],
    ['//host/data/a', '//host/data/a'],
    ['http://host/data/a', '/data/a'],
    ['HTTPS://host:8443/data/a%2Fb?c=d?e', '/data/a%2Fb?c=d?e'],
    ['http://[::1]:80/data/a', '/data/a'],
    ['http://user:word@host/data/a', '/data/a'],
    ['http://host//data/a', '//data/a'],
    ['http://host/../data/a', '/../data/a'],
    ['http://host', '/'],
    ['http://host?/data/a', '/?/data/a'],
  ] as const) {
    it(`takes ${target} for ${expected}`, () => assert.equal(toOriginForm(target), expected));
  }

  for (const target of [
    '',
    '*',
    'host:443',
    'data/a',
    'ftp://host/data/a',
    'http:/data/a',
    'http:///data/a',
    'http://?/data/a',
    ' http://host/data/a',
    '/data/a#b',
    '/data/a?b#c',
    'http://host/data/a#b',
    'http://host#/data/a',
  ]) {
    it(`refuses "${target}"`, () => assert.equal(toOriginForm(target), undefined));
  }
});
