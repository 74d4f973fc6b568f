import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { HOUR_MS, NOON_MS, inCollection, principalOf, wordOf } from './access-trial.test-double.ts';
import { Issuer, makeKey, signJwt } from './issuer.test-double.ts';
import type { IssuerKey } from './issuer.test-double.ts';
import type { JwtOptions } from './jwt-options.ts';
import { createJwtVerifier } from './jwt.ts';
import type { Verifier } from './verdict.ts';

const NOON = NOON_MS / 1000;

describe('JWTs', () => {
  let keys: Readonly<Record<'ES256' | 'RS256' | 'PS256' | 'EdDSA' | 'ES384', IssuerKey>>;
  let issuer: Issuer;
  let clock: FakeClock;
  let jwts: Verifier<string>;
  before(async () => {
    const make = (alg: string) => makeKey(alg, alg);
    const [ES256, RS256, PS256, EdDSA, ES384] = await Promise.all(
      ['ES256', 'RS256', 'PS256', 'EdDSA', 'ES384'].map(make),
    );
    keys = { ES256: ES256!, RS256: RS256!, PS256: PS256!, EdDSA: EdDSA!, ES384: ES384! };
  });
  beforeEach(async () => {
    clock = new FakeClock();
    issuer = await Issuer.start(...Object.values(keys));
    jwts = make({ clockToleranceMs: 0 });
  });
  afterEach(async () => {
    assert.equal(clock.alarmCount, 0);
    await issuer.close();
  });
  const make = (options: Partial<JwtOptions>, running: Parameters<typeof createJwtVerifier>[1] = {}) =>
    createJwtVerifier(
      { issuer: issuer.url, audience: 'sluice', collectionsClaim: 'groups', ...options },
      { now: () => NOON_MS + clock.now(), clock, ...running },
    );
  const claims = () => ({ iss: issuer.url, aud: 'sluice', sub: 'alice', groups: ['maps'], exp: NOON + 3600 });
  const sign = (changed: Readonly<Record<string, unknown>> = {}, header?: Readonly<Record<string, unknown>>) =>
    signJwt(keys.ES256, { ...claims(), ...changed }, header);

  it('are verified for who has them and what they may', async () => {
    const principal = principalOf(await jwts.verify(await sign()));
    const { name, credential, isAdmin } = principal;
    assert.deepEqual([name, credential, isAdmin], ['alice', `jwt:${issuer.url}`, false]);
    assert.deepEqual(
      ['maps', 'books'].map((id) => principal.mayRead(inCollection(id))),
      [true, false],
    );
  });

  it('are signed with one of the algorithms that are allowed', async () => {
    for (const key of [keys.ES256, keys.RS256, keys.PS256, keys.EdDSA]) {
      assert.equal(wordOf(await jwts.verify(await signJwt(key, claims()))), 'genuine', key.alg);
    }
    assert.equal(wordOf(await jwts.verify(await signJwt(keys.ES384, claims()))), 'algorithm');
    jwts = make({ algorithms: ['ES384'] });
    assert.equal(wordOf(await jwts.verify(await signJwt(keys.ES384, claims()))), 'genuine');
    assert.equal(wordOf(await jwts.verify(await sign())), 'algorithm');
  });

  it('are for one of several audiences', async () => {
    jwts = make({ audience: ['sluice', 'other'] });
    assert.equal(wordOf(await jwts.verify(await sign({ aud: ['x', 'other'] }))), 'genuine');
    assert.equal(wordOf(await jwts.verify(await sign({ aud: ['x', 'y'] }))), 'audience');
  });

  it('are of the type that was agreed, if one was', async () => {
    jwts = make({ type: 'at+jwt' });
    assert.equal(wordOf(await jwts.verify(await sign({}, { typ: 'at+jwt' }))), 'genuine');
    assert.equal(wordOf(await jwts.verify(await sign({}, { typ: 'JWT' }))), 'claims');
    assert.equal(wordOf(await jwts.verify(await sign())), 'claims');
  });

  it('are verified once, and then without a promise until they expire', async () => {
    const token = await sign();
    assert.ok(!jwts.remembers(token));
    const [first, same] = [jwts.verify(token), jwts.verify(token)];
    assert.equal(first, same, 'one verification for two that ask at once');
    await first;
    assert.ok(!(jwts.verify(token) instanceof Promise));
    assert.ok(jwts.remembers(token));
    assert.ok(!jwts.remembers(token.slice(0, -4)));
    await clock.advance(HOUR_MS);
    assert.ok(!jwts.remembers(token));
    assert.equal(wordOf(await jwts.verify(token)), 'expired');
  });

  it('expire to the millisecond when they are remembered, and what the clocks may differ by is added', async () => {
    jwts = make({ clockToleranceMs: 30_000 });
    const token = await sign({ exp: NOON + 10, nbf: NOON + 30 });
    assert.equal(wordOf(await jwts.verify(token)), 'genuine');
    await clock.advance(39_999);
    assert.equal(wordOf(await jwts.verify(token)), 'genuine');
    await clock.advance(1);
    assert.equal(wordOf(await jwts.verify(token)), 'expired');
  });

  it('are worthless when their key was withdrawn and what is remembered has grown old', async () => {
    const token = await sign();
    await jwts.verify(token);
    issuer.keys = [keys.RS256.jwk];
    await clock.advance(599_999);
    assert.equal(wordOf(await jwts.verify(token)), 'genuine');
    await clock.advance(2);
    assert.equal(wordOf(await jwts.verify(token)), 'unknown');
  });

  it('of a new key are verified as soon as it is in use', async () => {
    await jwts.verify(await sign());
    const next = await makeKey('next');
    issuer.keys = [next.jwk];
    await clock.advance(10_000);
    assert.equal(wordOf(await jwts.verify(await signJwt(next, claims()))), 'genuine');
  });

  it('are believed while the issuer is away if their key is known, and cannot be found out about otherwise', async () => {
    const [first, second] = [await sign(), await sign({ sub: 'bob' })];
    issuer.fault = (response) => void response.destroy();
    await assert.rejects(async () => jwts.verify(first), { code: 'unavailable' });
    issuer.fault = undefined;
    await clock.advance(10_000);
    assert.equal(wordOf(await jwts.verify(first)), 'genuine', 'a failure is not remembered');
    issuer.fault = (response) => void response.destroy();
    await clock.advance(600_001);
    assert.equal(wordOf(await jwts.verify(first)), 'genuine');
    assert.equal(wordOf(await jwts.verify(second)), 'genuine');
  });

  it('that are genuine and not for reading are told so', async () => {
    jwts = make({ read: { claim: 'scope', value: 'data' } });
    const verdict = await jwts.verify(await sign({ scope: 'openid' }));
    assert.deepEqual(verdict, { kind: 'unfit', principal: 'alice', reason: 'This token lacks the scope to read' });
    assert.equal(wordOf(await jwts.verify(await sign({ scope: 'openid data' }))), 'genuine');
  });

  it('name somebody, and when they end', async () => {
    for (const wrong of [{ sub: undefined }, { sub: 'anonymous' }, { exp: undefined }, { exp: 'soon' }]) {
      assert.equal(wordOf(await jwts.verify(await sign(wrong))), 'claims', JSON.stringify(wrong));
    }
  });

  it('are remembered in bounded number', async () => {
    jwts = make({}, { maxRemembered: 2 });
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => sign({ sub })));
    for (const token of tokens) await jwts.verify(token);
    assert.deepEqual(
      tokens.map((token) => jwts.remembers(token)),
      [false, true, true],
    );
  });
});
