import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPublicAccess } from './public.ts';

test('everybody may have everything, and nobody has a name', () => {
  const access = createPublicAccess();
  for (const headers of [{}, { authorization: 'Bearer x' }]) {
    const request = { method: 'GET', id: 'any', query: '', headers, remoteAddress: undefined };
    const decision = access.decide(request, { signal: new AbortController().signal });
    assert.ok(!(decision instanceof Promise) && decision.kind === 'known', 'decided at once');
    const { principal } = decision;
    assert.deepEqual([principal.name, principal.isAdmin, principal.challenge], ['anonymous', false, undefined]);
    assert.ok(principal.mayRead({ id: 'any', collection: 'default', isPublic: false }));
  }
});
