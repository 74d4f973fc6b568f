// Requests, and what is asked of a decision, for the tests of access.
import assert from 'node:assert/strict';
import type { AccessRequest, Decision, Access, Principal } from './access.ts';
import type { Verdict } from './verdict.ts';

/** 2026-11-23T12:00:00Z: a whole second, so that what expires does so to the millisecond. */
export const NOON_MS = Date.UTC(2026, 10, 23, 12);

export const HOUR_MS = 3_600_000;

export function toRequest(request: Partial<AccessRequest> = {}): AccessRequest {
  return { method: 'GET', id: 'book/1', query: '', headers: {}, remoteAddress: '192.0.2.1', ...request };
}

export function bearer(token: string): AccessRequest {
  return toRequest({ headers: { authorization: `Bearer ${token}` } });
}

export async function decide(access: Access, request: AccessRequest): Promise<Decision> {
  return access.decide(request, { signal: new AbortController().signal });
}

export async function decidePrincipal(access: Access, request: AccessRequest): Promise<Principal> {
  const decision = await decide(access, request);
  assert.ok(decision.kind === 'known', JSON.stringify(decision));
  return decision.principal;
}

export function principalOf(verdict: Verdict): Principal {
  assert.ok(verdict.kind === 'genuine', JSON.stringify(verdict));
  return verdict.principal;
}

/** The verdict in a word: why it is worthless, or what it is. */
export function wordOf(verdict: Verdict): string {
  return verdict.kind === 'worthless' ? verdict.why : verdict.kind;
}

export const inCollection = (collection: string, isPublic = false) => ({ id: 'book/1', collection, isPublic });
