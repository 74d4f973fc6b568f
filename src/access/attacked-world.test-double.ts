// What everything is attacked in: tokens, an issuer and links, each with a credential that is good.
import assert from 'node:assert/strict';
import { FakeClock } from '../clock.test-double.ts';
import { openSqlite } from '../database/sqlite.ts';
import type { Access, AccessRequest } from './access.ts';
import { HOUR_MS, NOON_MS } from './access-trial.test-double.ts';
import { createAccess } from './create-access.ts';
import type { Denial } from './create-access.ts';
import { Issuer, makeKey } from './issuer.test-double.ts';
import type { IssuerKey } from './issuer.test-double.ts';
import { createJwtVerifier } from './jwt.ts';
import { createLinkKeys } from './link-keys.ts';
import { createLinks } from './links.ts';
import { createTokenStore } from './token-store.ts';
import { createTokens } from './tokens.ts';
import type { DenialReason } from './verdict.ts';

export type World = {
  readonly clock: FakeClock;
  readonly access: Access;
  readonly denials: Denial[];
  readonly issuer: Issuer;
  readonly key: IssuerKey;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly token: string;
  readonly tokenId: string;
  readonly expiring: string;
  readonly revoked: string;
  readonly link: string;
  readonly addressLink: string;
  readonly removedLink: string;
  end(): Promise<void>;
};

export async function buildWorld(): Promise<World> {
  const clock = new FakeClock();
  const now = () => NOON_MS + clock.now();
  const database = await openSqlite(':memory:');
  const key = await makeKey('one', 'RS256');
  const issuer = await Issuer.start(key);
  const store = createTokenStore(database, { now });
  const linkKeys = createLinkKeys(database, { maxLifetimeMs: 24 * HOUR_MS, now });
  const links = createLinks(linkKeys, { maxLifetimeMs: 24 * HOUR_MS, now, clock });
  const jwtOptions = { issuer: issuer.url, audience: 'sluice', clockToleranceMs: 0, collections: ['*'] };
  const denials: Denial[] = [];
  const access = createAccess({
    tokens: createTokens(store, { now, clock }),
    jwt: createJwtVerifier(jwtOptions, { now, clock }),
    links,
    anonymous: 'denied',
    report: (denial) => denials.push(denial),
  });
  const entry = { principal: 'alice', scopes: ['read'], collections: ['*'] } as const;
  const made = await store.create(entry);
  const expiresAt = new Date(NOON_MS + HOUR_MS);
  const revoked = await store.create(entry);
  await store.revoke(revoked.entry.id);
  const terms = { id: 'book/1', by: 'alice', expiresAt };
  const removedLink = await links.sign(terms);
  await linkKeys.remove((await linkKeys.current()).id);
  return {
    clock,
    access,
    denials,
    issuer,
    key,
    claims: { iss: issuer.url, aud: 'sluice', sub: 'alice', exp: (NOON_MS + HOUR_MS) / 1000 },
    token: made.text,
    tokenId: made.entry.id,
    expiring: (await store.create({ ...entry, expiresAt })).text,
    revoked: revoked.text,
    link: await links.sign(terms),
    addressLink: await links.sign({ ...terms, addresses: '198.51.100.0/24' }),
    removedLink,
    end: async () => {
      assert.equal(clock.alarmCount, 0);
      await issuer.close();
      await database.destroy();
    },
  };
}

/** Makes the request of an attack, and says for what it must be denied: `unread` where no credential is even verified. */
export type Attacks = Readonly<
  Record<string, readonly [DenialReason | 'unread', (world: World) => AccessRequest | Promise<AccessRequest>]>
>;
