// Who may have what, and what the books say of it, with `sluice serve` in a process of its own: tokens, links and public
// collections; and a row for every transfer, also when the gateway is killed in the middle of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Kysely } from 'kysely';
import { createLinkKeys } from '../../src/access/link-keys.ts';
import { createLinks } from '../../src/access/links.ts';
import { createTokenStore } from '../../src/access/token-store.ts';
import { createCatalog } from '../../src/catalog/database-catalog.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { Schema } from '../../src/database/schema.ts';
import { listTransfers } from '../../src/ledger/transfer-list.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { openLeavingClient } from './leaving-client.ts';
import { BIG, followTransfers, startWorld, within } from './world.ts';
import type { World } from './world.ts';

const SMALL = { id: 'small', size: 1_000, seed: 4 };
const OPEN = { id: 'open', size: 2_000, seed: 5 };
const MEDIUM = { id: 'medium', size: 64 * 2 ** 20, seed: 6 };
const DAY_MS = 86_400_000;

describe('a gateway with access: granted', () => {
  let world: World;
  let database: Kysely<Schema>;
  let token: string;
  let tokenId: string;

  before(async () => {
    world = await startWorld({ objects: [SMALL, OPEN], config: { access: 'granted' } });
    database = await openDatabase(world.database);
    const catalog = createCatalog(database);
    await catalog.putCollection({ id: 'open', title: 'Open', isPublic: true });
    const entry = await catalog.find(OPEN.id);
    const { isPublic: _, ...rest } = entry!;
    await catalog.put({ ...rest, collection: 'open' });
    const created = await createTokenStore(database).create({
      principal: 'ann',
      scopes: ['read'],
      collections: ['default'],
    });
    token = created.text;
    tokenId = created.entry.id;
  });
  after(async () => {
    await database.destroy();
    await world.close();
  });

  const ask = (id: string, headers: Record<string, string> = {}) => fetch(world.urlOf(id), { headers });

  it('gives everybody what is public, and asks who it is for the rest, there or not', async () => {
    assert.equal((await (await ask(OPEN.id)).arrayBuffer()).byteLength, OPEN.size);
    const answers = await Promise.all(['small', 'unknown'].map((id) => ask(id)));
    const told = await Promise.all(
      answers.map(async (answer) => [answer.status, answer.headers.get('www-authenticate'), await answer.text()]),
    );
    assert.equal(told[0]![0], 401);
    assert.match(String(told[0]![1]), /^Bearer /);
    assert.deepEqual(told[0], told[1]);
  });

  it('knows a token in either field, and names its principal in the books', async () => {
    const follow = followTransfers(world.gateway);
    const seen = await follow();
    assert.equal(seen.id, OPEN.id);
    for (const headers of [{ authorization: `Bearer ${token}` }, { 'x-auth-token': token }] as const) {
      const answer = await ask(SMALL.id, headers);
      assert.equal((await answer.arrayBuffer()).byteLength, SMALL.size);
      await follow();
    }
    assert.equal((await ask('unknown', { 'x-auth-token': token })).status, 404);
    const wrong = `${token.slice(0, -8)}${token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'}`;
    assert.equal((await ask(SMALL.id, { authorization: `Bearer ${wrong}` })).status, 401);
    const rows = await untilRows(database, 3);
    assert.deepEqual(
      rows.map(({ principal, credential, object, outcome, deliveredBytes }) => [
        principal,
        credential !== undefined && credential.includes(tokenId),
        object,
        outcome,
        deliveredBytes,
      ]),
      [
        ['anonymous', false, OPEN.id, 'complete', OPEN.size],
        ['ann', true, SMALL.id, 'complete', SMALL.size],
        ['ann', true, SMALL.id, 'complete', SMALL.size],
      ],
    );
    const secret = token.split('_').at(-1)!;
    assert.ok(!world.gateway.messages.some((line) => line.includes(secret)), 'no secret in the log');
  });

  it('honours a link for its own object alone, and only as it was signed', async () => {
    const keys = createLinkKeys(database, { maxLifetimeMs: 7 * DAY_MS });
    const expiresAt = new Date(Date.now() + 3_600_000);
    const query = await createLinks(keys).sign({ id: SMALL.id, expiresAt, by: 'ann' });
    assert.equal((await fetch(`${world.urlOf(SMALL.id)}?${query}`)).status, 200);
    assert.notEqual((await fetch(`${world.urlOf(OPEN.id)}?${query}`)).status, 200);
    const tampered = query.replace(/[0-9]/, (digit) => String((Number(digit) + 1) % 10));
    assert.notEqual((await fetch(`${world.urlOf(SMALL.id)}?${tampered}`)).status, 200);
    const signature = new URLSearchParams(query).get('sig') ?? query;
    assert.ok(!world.gateway.messages.some((line) => line.includes(signature)), 'no signature in the log');
  });

  it('forgets a token that was taken back', async () => {
    await createTokenStore(database).revoke(tokenId);
    const untilRefused = async () => {
      while ((await ask(SMALL.id, { 'x-auth-token': token })).status === 200);
    };
    await within(untilRefused(), 'the token to be refused');
  });
});

describe('a gateway that is killed', () => {
  it('leaves its books to the next one, which settles what it had begun', async () => {
    const world = await startWorld({ objects: [BIG, MEDIUM] });
    const database = await openDatabase(world.database);
    try {
      const other = await world.startGateway(0);
      const whole = await fetch(`${other.url}/data/${MEDIUM.id}`);
      assert.equal((await whole.arrayBuffer()).byteLength, MEDIUM.size);
      const clients = await Promise.all([1, 2, 3].map(() => openLeavingClient(`${other.url}/data/${BIG.id}`)));
      await Promise.all(clients.map((client) => client.takeBody(100_000)));
      other.signal('SIGKILL');
      await other.ended;
      await Promise.all(clients.map((client) => within(client.readOn(), 'the end of the connection')));
      const next = await world.startGateway(0);
      const rows = await untilRows(database, 4);
      assert.deepEqual(rows.map(({ outcome, error = 'none' }) => `${outcome} ${error}`).toSorted(), [
        'complete none',
        'cut-short gateway-lost',
        'cut-short gateway-lost',
        'cut-short gateway-lost',
      ]);
      assert.equal(new Set(rows.map(({ id }) => id)).size, 4);
      for (const { outcome, deliveredBytes, receivedBytes } of rows) {
        assert.ok(deliveredBytes <= receivedBytes);
        assert.ok(deliveredBytes <= BIG.size && (outcome === 'cut-short' || deliveredBytes === MEDIUM.size));
      }
      await stop(next);
    } finally {
      await database.destroy();
    }
    await world.close();
  });
});

async function stop(gateway: GatewayProcess): Promise<void> {
  gateway.signal('SIGTERM');
  assert.equal(await within(gateway.ended, 'the gateway to stop'), 0);
}

/** The rows of the ledger, the oldest first, when so many have been settled. */
async function untilRows(database: Kysely<Schema>, count: number) {
  const look = async () => {
    for (;;) {
      const rows = await listTransfers(database, { limit: 100 });
      if (rows.filter(({ outcome }) => outcome !== undefined).length >= count) return rows.toReversed();
    }
  };
  return within(look(), `${count} rows`);
}
