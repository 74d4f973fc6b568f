import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { createKeys } from './issuer-keys.ts';
import type { PickKey } from './issuer-keys.ts';
import { Issuer, makeKey } from './issuer.test-double.ts';
import type { IssuerKey } from './issuer.test-double.ts';
import type { JwtOptions } from './jwt-options.ts';

const TOKEN = { payload: '', signature: '' };

describe('the keys of an issuer', () => {
  let one: IssuerKey;
  let other: IssuerKey;
  let issuer: Issuer;
  let clock: FakeClock;
  let pick: PickKey;
  before(async () => {
    [one, other] = await Promise.all([makeKey('one'), makeKey('other', 'RS256')]);
  });
  beforeEach(async () => {
    clock = new FakeClock();
    issuer = await Issuer.start(one);
    pick = make({ jwks: { url: `${issuer.url}/keys` } });
  });
  afterEach(async () => {
    assert.equal(clock.alarmCount, 0);
    await issuer.close();
  });
  const make = (options: Partial<JwtOptions>) =>
    createKeys(
      { issuer: issuer.url, audience: 'sluice', ...options },
      { maxAgeMs: 600_000, staleMs: 3_600_000, cooldownMs: 10_000, clock },
    );
  const pickFor = ({ kid, alg }: Pick<IssuerKey, 'kid' | 'alg'>) => pick({ kid, alg }, TOKEN);
  const breakDown = () => {
    issuer.fault = (response) => void response.destroy();
  };

  it('are fetched when they are first needed, once for all who need them', async () => {
    assert.deepEqual(issuer.asked, []);
    const keys = await Promise.all(Array.from({ length: 10 }, () => pickFor(one)));
    assert.ok(keys.every(({ type }) => type === 'public'));
    assert.deepEqual(issuer.asked, ['/keys']);
  });

  it('are where the issuer’s metadata says, when nothing else was said', async () => {
    pick = make({});
    await pickFor(one);
    assert.deepEqual(issuer.asked, ['/.well-known/openid-configuration', '/keys']);
  });

  for (const metadata of [
    { issuer: 'https://other.example' },
    { jwks_uri: 7 },
    { jwks_uri: 'http://192.0.2.1/keys' },
  ]) {
    it(`are not where metadata says that cannot be trusted: ${JSON.stringify(metadata)}`, async () => {
      issuer.metadata = metadata;
      pick = make({});
      await assert.rejects(pickFor(one), { code: 'unavailable' });
      assert.deepEqual(issuer.asked, ['/.well-known/openid-configuration']);
    });
  }

  it('are fetched again for a key that is not among them', async () => {
    await pickFor(one);
    issuer.keys = [one.jwk, other.jwk];
    await clock.advance(10_000);
    await Promise.all([pickFor(other), pickFor(other), pickFor(one)]);
    assert.deepEqual(issuer.asked, ['/keys', '/keys']);
  });

  it('are not fetched at the whim of whoever makes up names of keys', async () => {
    await pickFor(one);
    for (let count = 0; count < 100; count += 1) {
      await assert.rejects(pickFor({ kid: `guess-${count}`, alg: 'ES256' }), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
      await clock.advance(1000);
    }
    // Once in the cooldown: in 100 seconds ten times, and at the beginning.
    assert.ok(issuer.asked.length <= 11, String(issuer.asked.length));
  });

  it('are fetched again when they are old, and what was withdrawn is gone', async () => {
    await pickFor(one);
    issuer.keys = [other.jwk];
    await clock.advance(600_000);
    await pickFor(one);
    await clock.advance(1);
    await assert.rejects(pickFor(one), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    await pickFor(other);
  });

  it('stay in use while the issuer is away, for so long and no longer', async () => {
    await pickFor(one);
    breakDown();
    await clock.advance(3_600_000);
    await pickFor(one);
    await assert.rejects(pickFor(other), { code: 'unavailable' }, 'it may be a new one');
    await clock.advance(1);
    await assert.rejects(pickFor(one), { code: 'unavailable' });
  });

  it('are unavailable when none was ever known, and the issuer is not asked all the time', async () => {
    breakDown();
    for (let count = 0; count < 10; count += 1) {
      await assert.rejects(pickFor(one), { code: 'unavailable', retryable: true, retryAfterMs: 10_000 });
    }
    assert.equal(issuer.asked.length, 1);
    issuer.fault = undefined;
    await clock.advance(10_000);
    await pickFor(one);
  });

  it('stay as they were when what comes is no key set', async () => {
    await pickFor(one);
    issuer.fault = (response) => void response.end('{"keys":"none"}');
    await clock.advance(600_001);
    await pickFor(one);
  });

  it('may be given in the options, and are never fetched then', async () => {
    pick = make({ jwks: { document: JSON.stringify({ keys: [one.jwk] }) } });
    await pickFor(one);
    await assert.rejects(pickFor(other), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    assert.deepEqual(issuer.asked, []);
    for (const document of ['', '{}', '[]', '{"keys":{}}', 'keys']) {
      assert.throws(() => make({ jwks: { document } }), { code: 'bad-config' }, document);
    }
  });

  it('leave no connection open', async () => {
    await pickFor(one);
    assert.equal(await issuer.close(), 0);
    issuer = await Issuer.start();
  });
});
