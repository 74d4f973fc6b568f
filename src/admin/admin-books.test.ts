// The same answers from administration on the database and over HTTP: tokens, links, quotas, and what the ledger says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Kysely } from 'kysely';
import { createLinkKeys } from '../access/link-keys.ts';
import { createLinks } from '../access/links.ts';
import { createTokenStore } from '../access/token-store.ts';
import { createTokens } from '../access/tokens.ts';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { isSluiceError } from '../errors.ts';
import { createTransferIds } from '../ledger/transfer-id.ts';
import { HOUR_LATER, NOW, openDirect, openRemote, toContent } from './admin-trial.test-double.ts';

const isBadInput = (words: RegExp) => (error: unknown) =>
  isSluiceError(error, 'bad-input') && words.test(error.message);

const HOUR_MS = 3_600_000;

type Row = { readonly agoMs: number; readonly principal?: string; readonly object?: string; readonly bytes?: number };

/** Rows of the ledger, the oldest last. */
async function settle(database: Kysely<Schema>, ...rows: readonly Row[]): Promise<void> {
  const nextId = createTransferIds();
  const values = rows.map(({ agoMs, principal = 'ann', object = 'a', bytes = 10 }) => ({
    id: nextId(NOW.getTime() - agoMs),
    ...{ gateway: 'g', principal, credential: null, object, collection: 'default', method: 'GET', address: null },
    ...{ status: 206, ranges: '0-10,20-30', delivered_bytes: bytes, delivered_by: 'acknowledged' },
    ...{ received_bytes: bytes + 5, over_read_bytes: 5, resumed_count: 1, outcome: 'complete', error: null },
    ...{ started_at: NOW.getTime() - agoMs, duration_ms: 7 },
  }));
  await database.insertInto('transfers').values(values).execute();
}

for (const [name, open] of Object.entries({ direct: openDirect, 'over HTTP': openRemote })) {
  onEveryDatabase(`administration of the books, ${name}`, (openDatabase) => {
    describe('tokens', () => {
      it('are made, prove what they say, are listed without their secrets, and taken back', async (t) => {
        const { admin, work, database } = await open(t, await openDatabase());
        const wanted = { principal: 'bob', collections: ['default' as const], expiresAt: HOUR_LATER };
        const { token, ...entry } = await admin.createToken(wanted, work);
        assert.deepEqual(entry, { ...entry, ...wanted, scopes: ['read'], createdAt: NOW.toISOString() });
        const verdict = await createTokens(createTokenStore(database), { now: () => NOW.getTime() }).verify(token);
        assert.equal(verdict.kind === 'genuine' && verdict.principal.name, 'bob');
        const { items } = await admin.tokens({ principal: 'bob' }, work);
        assert.deepEqual(items, [entry]);
        assert.equal(await admin.revokeToken(entry.id, work), true);
        const [revoked] = (await admin.tokens({ principal: 'bob' }, work)).items;
        assert.equal(revoked?.revokedAt, NOW.toISOString());
        assert.equal(await admin.revokeToken('nothing', work), false);
      });

      it('are listed page by page', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        for (const principal of ['b', 'b', 'b']) await admin.createToken({ principal }, work);
        const first = await admin.tokens({ principal: 'b', limit: 2 }, work);
        const second = await admin.tokens({ principal: 'b', limit: 2, after: first.next! }, work);
        const ids = [...first.items, ...second.items].map(({ id }) => id);
        assert.deepEqual([first.items.length, second.items.length, second.next], [2, 1, undefined]);
        assert.deepEqual(ids, ids.toSorted());
      });

      it('are for collections that are there, and not for nobody', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await assert.rejects(
          admin.createToken({ principal: 'b', collections: ['x'] }, work),
          isBadInput(/collection x/),
        );
        await assert.rejects(admin.createToken({ principal: 'anonymous' }, work), isBadInput(/principal/));
        const past = { principal: 'b', expiresAt: '2026-11-23T09:00:00Z' };
        await assert.rejects(admin.createToken(past, work), isBadInput(/future/));
        const leap = { principal: 'b', expiresAt: '2026-12-31T23:59:60Z' };
        await assert.rejects(admin.createToken(leap, work), isBadInput(/2026-12-31T23:59:60Z/));
      });
    });

    describe('links', () => {
      it('are signed for one object, in the name of whoever asks', async (t) => {
        const { admin, work, database } = await open(t, await openDatabase());
        await admin.importObjects(toContent({ id: 'a/b?', store: 's', key: 'k', size: 1, etag: '"e"' }), work);
        const link = await admin.createLink({ id: 'a/b?', expiresAt: HOUR_LATER, address: '192.0.2.0/24' }, work);
        const [path, query] = link.path.split('?');
        assert.deepEqual([path, link.expiresAt], ['/data/a/b%3F', HOUR_LATER]);
        const links = createLinks(createLinkKeys(database, { maxLifetimeMs: HOUR_MS }), { now: () => NOW.getTime() });
        const asked = { method: 'GET', id: 'a/b?', query: query!, headers: {}, remoteAddress: '192.0.2.7' };
        const verdict = await links.verify(asked);
        assert.equal(verdict.kind === 'genuine' && verdict.principal.name, 'link:ann');
      });

      it('are refused for what is not there, for too long, and for no address', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await admin.importObjects(toContent({ id: 'a', store: 's', key: 'k', size: 1, etag: '"e"' }), work);
        const end = { expiresAt: HOUR_LATER };
        await assert.rejects(admin.createLink({ id: 'x', ...end }, work), isBadInput(/no object "x"/));
        await assert.rejects(
          admin.createLink({ id: 'a', expiresAt: '2027-11-23T10:00:00Z' }, work),
          isBadInput(/expires/),
        );
        await assert.rejects(admin.createLink({ id: 'a', ...end, address: 'x' }, work), isBadInput(/address/));
      });

      it('have keys that are retired and removed', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        const first = await admin.rotateLinkKey(work);
        const second = await admin.rotateLinkKey(work);
        const keys = await admin.linkKeys(work);
        assert.deepEqual(
          keys.find(({ id }) => id === first.id),
          { ...first, retiredAt: NOW.toISOString() },
        );
        assert.deepEqual([keys.length, Object.keys(second)], [2, ['id', 'createdAt']]);
        assert.equal(await admin.removeLinkKey(first.id, work), true);
        assert.equal(await admin.removeLinkKey(first.id, work), false);
      });
    });

    describe('quotas', () => {
      it('are given, replaced, listed and taken away, whatever a principal is called', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        for (const principal of ['https://issuer/ünï?x#y', 'a/b', '100%']) {
          const quota = { transfers: 3, bytesPerDay: 2 ** 40 };
          assert.deepEqual(await admin.putQuota(principal, quota, work), { principal, ...quota, isNew: true });
        }
        assert.deepEqual(await admin.putQuota('a/b', {}, work), { principal: 'a/b', isNew: false });
        const first = await admin.quotas({ limit: 2 }, work);
        assert.deepEqual([first.items.map(({ principal }) => principal), first.next], [['100%', 'a/b'], 'a/b']);
        const { items } = await admin.quotas({ after: 'a/b' }, work);
        assert.deepEqual(items, [{ principal: 'https://issuer/ünï?x#y', transfers: 3, bytesPerDay: 2 ** 40 }]);
        assert.equal(await admin.removeQuota('a/b', work), true);
        assert.equal(await admin.removeQuota('a/b', work), false);
      });
    });

    describe('the ledger', () => {
      it('is summed up by principal, object and day, of a time', async (t) => {
        const { admin, work, database } = await open(t, await openDatabase());
        await settle(
          database,
          { agoMs: HOUR_MS },
          { agoMs: 2 * HOUR_MS, object: 'b', bytes: 100 },
          { agoMs: 24 * HOUR_MS, principal: 'bob' },
          { agoMs: 40 * 24 * HOUR_MS, bytes: 1000 },
        );
        const keys = async (query: Parameters<typeof admin.usage>[0]) =>
          (await admin.usage(query, work)).items.map(({ key, deliveredBytes }) => [key, deliveredBytes]);
        assert.deepEqual(await keys({}), [
          ['ann', 110],
          ['bob', 10],
        ]);
        assert.deepEqual(await keys({ by: 'object', limit: 1 }), [['b', 100]]);
        assert.deepEqual(await keys({ by: 'day' }), [
          ['2026-11-22', 10],
          ['2026-11-23', 110],
        ]);
        assert.deepEqual(await keys({ since: '2026-01-01T00:00:00Z', principal: 'ann' }), [['ann', 1110]]);
        const { items, since, until } = await admin.usage({ by: 'collection' }, work);
        assert.deepEqual([since, until], ['2026-10-24T10:00:00.000Z', NOW.toISOString()]);
        assert.deepEqual(items, [
          {
            ...{ key: 'default', transfers: 3, complete: 3, clientGone: 0, sourceFailed: 0, cutShort: 0, underWay: 0 },
            ...{ deliveredBytes: 120, receivedBytes: 135, overReadBytes: 15, resumed: 3 },
            ...{ firstAt: '2026-11-22T10:00:00.000Z', lastAt: '2026-11-23T09:00:00.000Z' },
          },
        ]);
      });

      it('knows no time that ends before it begins', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        const query = { since: HOUR_LATER, until: NOW.toISOString() };
        await assert.rejects(admin.usage(query, work), isBadInput(/ends before/));
      });

      it('tells of transfers one by one, the newest first', async (t) => {
        const { admin, work, database } = await open(t, await openDatabase());
        await settle(database, { agoMs: 1 }, { agoMs: 2, principal: 'bob' }, { agoMs: 3 });
        const first = await admin.transfers({ limit: 2 }, work);
        const second = await admin.transfers({ limit: 2, before: first.next! }, work);
        const all = [...first.items, ...second.items];
        assert.deepEqual(
          all.map(({ principal }) => principal),
          ['ann', 'bob', 'ann'],
        );
        assert.deepEqual([all[0]?.ranges, all[0]?.outcome, second.next], ['0-10,20-30', 'complete', undefined]);
        assert.equal((await admin.transfers({ principal: 'bob' }, work)).items.length, 1);
      });
    });
  });
}
