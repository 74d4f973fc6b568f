import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import type { Access, AccessRequest } from './access.ts';
import { bearer, decide, decidePrincipal, inCollection, toRequest } from './access-trial.test-double.ts';
import { createAccess } from './create-access.ts';
import type { CreateAccessOptions, Denial } from './create-access.ts';
import { Failures } from './failures.ts';
import { toPrincipal } from './principal.ts';
import type { Verdict, Verifier } from './verdict.ts';

/** Knows credentials by what they are called. */
class NamedVerifier<Shown> implements Verifier<Shown> {
  readonly verified: string[] = [];
  readonly remembered = new Set<string>();
  readonly #nameOf: (shown: Shown) => string;

  constructor(nameOf: (shown: Shown) => string) {
    this.#nameOf = nameOf;
  }

  verify(shown: Shown): Verdict | Promise<Verdict> {
    const name = this.#nameOf(shown);
    this.verified.push(name);
    if (name.includes('away')) return Promise.reject(new SluiceError('unavailable', 'away'));
    if (name.includes('unfit')) return { kind: 'unfit', principal: name, reason: 'Not for this' };
    if (!name.includes('good')) return { kind: 'worthless', why: 'unknown', credential: 'token:a' };
    const principal = toPrincipal({ name, credential: name, scopes: ['read'], collections: ['maps'] });
    return this.remembers(shown) ? { kind: 'genuine', principal } : Promise.resolve({ kind: 'genuine', principal });
  }

  remembers(shown: Shown): boolean {
    return this.remembered.has(this.#nameOf(shown));
  }
}

const INVALID = { kind: 'unauthenticated', challenge: 'Bearer realm="sluice", error="invalid_token"' };
const WHO = { kind: 'unauthenticated', challenge: 'Bearer realm="sluice"' };

describe('access', () => {
  let clock: FakeClock;
  let tokens: NamedVerifier<string>;
  let jwt: NamedVerifier<string>;
  let links: NamedVerifier<AccessRequest>;
  let denials: Denial[];
  let access: Access;
  const make = (options: Partial<CreateAccessOptions> = {}) =>
    createAccess({
      tokens,
      jwt,
      links,
      anonymous: 'public',
      failures: new Failures({ allowed: 3, clock }),
      report: (denial) => denials.push(denial),
      ...options,
    });
  const decideMany = async (count: number, request: AccessRequest) => {
    for (let decided = 0; decided < count; decided += 1) await decide(access, request);
  };
  beforeEach(() => {
    clock = new FakeClock();
    tokens = new NamedVerifier((text) => text);
    jwt = new NamedVerifier((text) => text);
    links = new NamedVerifier(({ query }) => query);
    denials = [];
    access = make();
  });

  it('lets nobody in particular read what is public, and challenges them for the rest', async () => {
    const principal = await decidePrincipal(access, toRequest());
    const { name, isAdmin, challenge } = principal;
    assert.deepEqual([name, isAdmin, challenge], ['anonymous', false, 'Bearer realm="sluice"']);
    assert.ok(principal.mayRead(inCollection('maps', true)));
    assert.ok(!principal.mayRead(inCollection('maps')));
  });

  it('lets nobody in without a credential where that was said', async () => {
    access = make({ anonymous: 'denied' });
    assert.deepEqual(await decide(access, toRequest()), WHO);
  });

  it('has each kind of credential verified by who knows it', async () => {
    assert.equal((await decidePrincipal(access, bearer('sluice_good'))).name, 'sluice_good');
    assert.equal((await decidePrincipal(access, bearer('good.j.w'))).name, 'good.j.w');
    assert.equal((await decidePrincipal(access, toRequest({ query: 'sig=good' }))).name, 'sig=good');
    assert.deepEqual([tokens.verified, jwt.verified, links.verified], [['sluice_good'], ['good.j.w'], ['sig=good']]);
  });

  it('denies kinds of credentials that it was not given', async () => {
    access = make({ jwt: undefined, links: undefined });
    assert.deepEqual(await decide(access, bearer('good.j.w')), INVALID);
    assert.deepEqual(await decide(access, toRequest({ query: 'sig=good' })), INVALID);
  });

  it('denies what proves nothing, even what is public, and reports why', async () => {
    assert.deepEqual(await decide(access, bearer('sluice_bad')), INVALID);
    assert.deepEqual(denials, [{ why: 'unknown', credential: 'token:a', remoteAddress: '192.0.2.1' }]);
  });

  it('says what is wrong with two credentials and with those of others, and holds neither against an address', async () => {
    const several = toRequest({ query: 'sig=good', headers: { authorization: 'Bearer sluice_good' } });
    const challenge = 'Bearer realm="sluice", error="invalid_request", error_description="More than one credential"';
    assert.deepEqual(await decide(access, several), { kind: 'unauthenticated', challenge });
    assert.deepEqual(await decide(access, toRequest({ headers: { authorization: 'Basic YTpi' } })), WHO);
    await decideMany(10, several);
    assert.equal((await decide(access, bearer('sluice_good'))).kind, 'known');
    assert.deepEqual([tokens.verified.length, denials], [1, []]);
  });

  it('tells whoever has a genuine credential that is not for this so', async () => {
    const forbidden = { kind: 'forbidden', principal: 'unfit.j.w', reason: 'Not for this' };
    assert.deepEqual(await decide(access, bearer('unfit.j.w')), forbidden);
    await decideMany(10, bearer('unfit.j.w'));
    assert.deepEqual(await decide(access, bearer('unfit.j.w')), forbidden, 'and is not slowed for it');
  });

  it('rejects where it cannot be found out, and holds that against nobody', async () => {
    for (let count = 0; count < 10; count += 1) {
      await assert.rejects(decide(access, bearer('sluice_away')), { code: 'unavailable' });
    }
    assert.equal((await decide(access, bearer('sluice_good'))).kind, 'known');
  });

  it('slows an address that keeps failing, longer each time, and verifies nothing of it meanwhile', async () => {
    await decideMany(3, bearer('sluice_bad'));
    const verified = tokens.verified.length;
    assert.deepEqual(await decide(access, bearer('sluice_bad')), { kind: 'slowed', retryAfterMs: 1000 });
    assert.deepEqual(await decide(access, bearer('sluice_good')), { kind: 'slowed', retryAfterMs: 1000 });
    assert.equal(tokens.verified.length, verified);
    assert.equal((await decide(access, { ...bearer('sluice_good'), remoteAddress: '192.0.2.2' })).kind, 'known');
    await clock.advance(1000);
    assert.deepEqual(await decide(access, bearer('sluice_bad')), INVALID);
    const slowed = await decide(access, bearer('sluice_bad'));
    assert.ok(slowed.kind === 'slowed' && slowed.retryAfterMs > 1000);
    assert.equal(denials.length, 4, 'what was not verified is not reported');
  });

  it('lets those who are known go on behind a slowed address, and those who show no credential', async () => {
    tokens.remembered.add('sluice_good').add('sluice_bad');
    await decideMany(3, bearer('sluice_other'));
    assert.equal((await decidePrincipal(access, bearer('sluice_good'))).name, 'sluice_good');
    assert.equal((await decidePrincipal(access, toRequest())).name, 'anonymous');
    const slowed = { kind: 'slowed', retryAfterMs: 1000 };
    assert.deepEqual(await decide(access, bearer('sluice_bad')), slowed, 'a guess is told no more than before');
    assert.deepEqual(await decide(access, bearer('sluice_bad')), slowed);
  });

  it('hinders nobody before that, and forgives no failures for a success', async () => {
    await decideMany(2, bearer('sluice_bad'));
    for (let count = 0; count < 10; count += 1) {
      assert.equal((await decide(access, bearer('sluice_good'))).kind, 'known');
    }
    await decideMany(1, bearer('sluice_bad'));
    assert.equal((await decide(access, bearer('sluice_good'))).kind, 'slowed');
  });

  it('slows nobody where addresses say nothing', async () => {
    access = make({ failures: undefined });
    await decideMany(100, bearer('sluice_bad'));
    assert.deepEqual(await decide(access, bearer('sluice_bad')), INVALID);
  });

  it('decides without a promise where nothing has to be looked up', () => {
    tokens.remembered.add('sluice_good');
    const { signal } = new AbortController();
    const requests = [toRequest(), bearer('sluice_good'), bearer('sluice_bad')];
    for (const request of requests) assert.ok(!(access.decide(request, { signal }) instanceof Promise));
  });
});
