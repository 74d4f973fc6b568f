import assert from 'node:assert/strict';
import { it } from 'node:test';
import { filenameOf } from './filename.ts';

it('is the last segment, fit to be shown', () => {
  const names = { 'a/b.txt': 'b.txt', 'a/b/': 'b', '/': 'object', 'a\nb': 'a_b', '\ud800': '\ufffd', ü: 'ü' };
  for (const [key, name] of Object.entries(names)) assert.equal(filenameOf(key), name);
});
