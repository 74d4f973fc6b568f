// The ways in that attackers try, each of them closed, and nothing that is said about it has a secret in it.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { AccessRequest, Decision } from './access.ts';
import { HOUR_MS, bearer, decide, toRequest } from './access-trial.test-double.ts';
import { buildWorld } from './attacked-world.test-double.ts';
import type { World } from './attacked-world.test-double.ts';
import { JWT_ATTACKS, jwtWith } from './attacks-jwt.test-double.ts';
import { LINK_ATTACKS, withLink } from './attacks-link.test-double.ts';
import { TOKEN_ATTACKS } from './attacks-token.test-double.ts';
import { createAccess } from './create-access.ts';
import { createJwtVerifier } from './jwt.ts';
import { createTokens } from './tokens.ts';

type Shown = {
  readonly authorization: string | readonly string[] | undefined;
  readonly 'x-auth-token': string | undefined;
  readonly query: readonly (readonly [string, string])[];
};

const encodeJson = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');

describe('an attack with', () => {
  let world: World;
  before(async () => {
    world = await buildWorld();
  });
  after(() => world.end());
  afterEach(() => {
    world.denials.length = 0;
  });

  /** The secrets of a request: no text that comes of it may have as much as eight characters of one in a row. */
  function assertSilent(request: AccessRequest, said: unknown): void {
    const text = JSON.stringify(said);
    const shown = JSON.stringify([request.query, request.headers]);
    const secrets = [...shown.matchAll(/[\w-]{43,}/g)].map(([secret]) => secret.replace(/^sluice_[a-z2-7]{16}_/, ''));
    for (const secret of secrets) {
      for (let at = 0; at + 8 <= secret.length; at += 8) assert.ok(!text.includes(secret.slice(at, at + 8)), text);
    }
  }

  async function assertDenied(request: AccessRequest): Promise<Decision> {
    const decision = await decide(world.access, request);
    assert.equal(decision.kind, 'unauthenticated', JSON.stringify(decision));
    assert.ok(decision.kind === 'unauthenticated');
    assert.match(
      decision.challenge,
      /^Bearer realm="sluice"(?:, error="invalid_(?:token|request)")?(?:, error_description="More than one credential")?$/,
    );
    assertSilent(request, [decision, world.denials]);
    return decision;
  }

  it('nothing at all wrong gets in, so that the rest is worth something', async () => {
    const jwt = await jwtWith({})(world);
    const token = toRequest({ headers: { 'x-auth-token': world.token } });
    for (const request of [bearer(world.token), token, bearer(world.expiring), jwt, withLink(world.link)]) {
      const decision = await decide(world.access, request);
      assert.equal(decision.kind, 'known');
      assertSilent(request, [decision, world.denials]);
    }
  });

  for (const [what, [why, attack]] of Object.entries({ ...JWT_ATTACKS, ...TOKEN_ATTACKS, ...LINK_ATTACKS })) {
    it(`${what} is denied: ${why}`, async () => {
      await assertDenied(await attack(world));
      assert.deepEqual(
        world.denials.map((denial) => denial.why),
        why === 'unread' ? [] : [why],
      );
    });
  }

  it('anything that comes to hand is denied, and breaks nothing', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.base64String());
    const jwt = fc.tuple(fc.json(), fc.json(), text).map(([header, claims, signature]) => {
      const [first, second] = [header, claims].map((part) => Buffer.from(part).toString('base64url'));
      return `${first}.${second}.${signature}`;
    });
    const header = fc.record({
      alg: fc.constantFrom('RS256', 'none', 'HS256'),
      kid: fc.anything(),
      crit: fc.anything(),
    });
    const jwtOfKey = header.map((fields) => `${encodeJson(fields)}.${encodeJson(world.claims)}.AAAA`);
    const token = fc.oneof(
      text,
      jwt,
      jwtOfKey,
      text.map((tail) => world.token.slice(0, 24) + tail),
    );
    const query = fc.array(fc.tuple(fc.constantFrom('expires', 'by', 'addresses', 'key', 'sig', 'x'), text));
    const field = fc.oneof(
      fc.constant(undefined),
      text,
      fc.array(text),
      token.map((shown) => `Bearer ${shown}`),
    );
    const shown = fc.record({ authorization: field, 'x-auth-token': fc.oneof(fc.constant(undefined), token), query });
    const isDenied = async ({ query: pairs, ...headers }: Shown) => {
      world.denials.length = 0;
      await assertDenied(toRequest({ headers, query: pairs.map((pair) => pair.join('=')).join('&') }));
    };
    await fc.assert(fc.asyncProperty(shown, isDenied), { numRuns: 200 });
  });

  it('addresses of keys in headers asks for nothing there', () => {
    const paths = ['/.well-known/openid-configuration', '/keys'];
    assert.deepEqual([...new Set(world.issuer.asked)], paths);
  });

  it('a link from other addresses is denied, with what it is for and no more', async () => {
    const request = withLink(world.addressLink);
    const decision = await decide(world.access, request);
    const reason = 'This signed link is for other addresses';
    assert.deepEqual(decision, { kind: 'forbidden', principal: 'link:alice', reason });
  });

  it('all that was ever good is denied when it has expired, though it was remembered', async () => {
    const requests = [bearer(world.expiring), await jwtWith({})(world), withLink(world.link)];
    for (const request of requests) assert.equal((await decide(world.access, request)).kind, 'known');
    await world.clock.advance(HOUR_MS);
    for (const request of requests) await assertDenied(request);
    assert.deepEqual(
      world.denials.map(({ why }) => why),
      ['expired', 'expired', 'expired'],
    );
  });

  it('anything at all, while what it is compared with is away, says no secret either', async () => {
    const failing = { verify: () => Promise.reject(new Error('away')), remembers: () => false };
    const find = async () => Promise.reject(new Error('away'));
    const tokens = createTokens({ find }, { clock: world.clock });
    world.issuer.fault = (response) => void response.destroy();
    const jwt = createJwtVerifier({ issuer: world.issuer.url, audience: 'sluice' }, { clock: world.clock });
    const access = createAccess({ tokens, jwt, links: failing, anonymous: 'denied' });
    for (const request of [bearer(world.token), await jwtWith({})(world)]) {
      const isSilent = (error: Error & { code?: string }) => {
        assert.equal(error.code, 'unavailable');
        assertSilent(request, [error.message, error.stack, String(error.cause)]);
        return true;
      };
      await assert.rejects(decide(access, request), isSilent);
    }
  });
});
