import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPublicAccess } from './public.ts';

test('everybody may have everything, and nobody has a name', () => {
  const access = createPublicAccess();
  for (const headers of [{}, { authorization: 'Bearer x' }]) {
    const request = { method: 'GET', id: 'any', headers, remoteAddress: undefined };
    const decision = access.decide(request, { signal: new AbortController().signal });
    assert.deepEqual(decision, { kind: 'allow', principal: 'anonymous' }, 'decided at once, without a promise');
  }
});
