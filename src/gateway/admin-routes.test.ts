// Administration over a real socket: who may do it, what each route answers, and what is written down about it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { serveAdmin } from '../admin/admin-trial.test-double.ts';
import { openSqlite } from '../database/sqlite.ts';
import { GUARDED } from '../flow/http-trial.test-double.ts';
import { ask } from './admin-trial.test-double.ts';
import { startGateway } from './gateway-trial.test-double.ts';

const NEW = { store: 'archive', bucket: 'library', key: 'a' };

/** Every route that is for administrators. */
const ROUTES = [
  'GET /admin/collections',
  'GET /admin/collections/default',
  'PUT /admin/collections/a',
  'DELETE /admin/collections/a',
  'GET /admin/objects',
  'GET /admin/objects/a/b',
  'PUT /admin/objects/a/b',
  'DELETE /admin/objects/a/b',
  'POST /admin/import',
  'GET /admin/export',
  'GET /admin/manifest',
  'POST /admin/scans',
  'GET /admin/tokens',
  'POST /admin/tokens',
  'DELETE /admin/tokens/a',
  'POST /admin/links',
  'GET /admin/link-keys',
  'POST /admin/link-keys',
  'DELETE /admin/link-keys/a',
  'GET /admin/quotas',
  'PUT /admin/quotas/ann',
  'DELETE /admin/quotas/ann',
  'GET /admin/transfers',
  'GET /usage',
];

async function open(t: TestContext) {
  const database = await openSqlite(':memory:');
  const served = await serveAdmin(t, database);
  t.after(() => database.destroy());
  served.archive.put(NEW, Buffer.from('bytes'));
  const token = await served.tokenOf('ann', 'admin');
  const peer = await served.gateway.connect();
  return { ...served, database, token, ask: (target: string, asking = {}) => ask(peer, target, { token, ...asking }) };
}

describe('administration over HTTP', GUARDED, () => {
  it('is for administrators alone', async (t) => {
    const { gateway, tokenOf } = await open(t);
    const reader = await tokenOf('bob', 'read');
    for (const route of ROUTES) {
      const nobody = await ask(await gateway.connect(), route);
      assert.deepEqual([nobody.status, nobody.fields['www-authenticate']], [401, 'Bearer realm="sluice"'], route);
      const guessed = await ask(await gateway.connect(), route, { token: `${reader.slice(0, -1)}0` });
      assert.equal(guessed.status, 401, route);
      const other = await ask(await gateway.connect(), route, { token: reader });
      assert.deepEqual([other.status, other.json['title']], [403, 'This is for administrators'], route);
      for (const { fields } of [nobody, guessed, other]) {
        assert.deepEqual([fields['content-type'], fields['cache-control']], ['application/problem+json', 'no-store']);
      }
    }
    const asked = gateway.noted.filter((note) => 'path' in note && 'principal' in note && note.principal === 'bob');
    assert.equal(asked.length, ROUTES.length, 'whoever may not is written down');
  });

  it('tells everybody in particular of their own use, and nobody of that of others', async (t) => {
    const { gateway, tokenOf, admin } = await open(t);
    const peer = await gateway.connect();
    const token = await tokenOf('bob', 'read');
    const { status, json, fields } = await ask(peer, 'GET /usage/me?by=day', { token });
    assert.deepEqual([status, json['items'], fields['cache-control']], [200, [], 'no-store']);
    assert.equal((await ask(peer, 'GET /usage/me?principal=ann', { token })).status, 400);
    assert.equal((await ask(peer, 'GET /usage/me')).status, 401);
    const everybody = await startGateway(t, { admin });
    assert.equal(
      (await ask(await everybody.connect(), 'GET /usage/me')).status,
      403,
      'where everybody may read everything',
    );
  });

  it('answers by what was done', async (t) => {
    const { ask } = await open(t);
    const rows: readonly (readonly [string, unknown, number])[] = [
      ['GET /admin/collections', undefined, 200],
      ['PUT /admin/collections/a', {}, 201],
      ['PUT /admin/collections/a', { title: 'A' }, 200],
      ['GET /admin/collections/a', undefined, 200],
      ['GET /admin/collections/b', undefined, 404],
      ['PUT /admin/objects/a/b', { ...NEW, collection: 'a' }, 201],
      ['PUT /admin/objects/a%2Fb', { ...NEW, collection: 'a' }, 200],
      ['GET /admin/objects/a/b', undefined, 200],
      ['GET /admin/objects/b', undefined, 404],
      ['PUT /admin/objects/b', { ...NEW, key: 'x' }, 422],
      ['DELETE /admin/collections/a', undefined, 409],
      ['DELETE /admin/collections/default', undefined, 409],
      ['DELETE /admin/objects/a/b', undefined, 204],
      ['DELETE /admin/objects/a/b', undefined, 404],
      ['DELETE /admin/collections/a', undefined, 204],
      ['POST /admin/tokens', { principal: 'bob' }, 201],
      ['POST /admin/tokens', { principal: 'bob', scopes: ['root'] }, 400],
      ['DELETE /admin/tokens/x', undefined, 404],
      ['POST /admin/links', { id: 'x', expiresAt: '2030-01-01T00:00:00Z' }, 422],
      ['POST /admin/link-keys', undefined, 201],
      ['DELETE /admin/link-keys/x', undefined, 404],
      ['PUT /admin/quotas/bob', { transfers: 1 }, 201],
      ['PUT /admin/quotas/bob', {}, 200],
      ['DELETE /admin/quotas/bob', undefined, 204],
      ['DELETE /admin/quotas/bob', undefined, 404],
      ['GET /admin/objects?limit=0', undefined, 400],
      ['GET /admin/objects?limit=10&unknown=1', undefined, 400],
      ['GET /admin/transfers?limit=1', undefined, 200],
      ['POST /admin/scans', { store: 'nowhere', bucket: 'b' }, 422],
      ['HEAD /admin/collections', undefined, 200],
    ];
    for (const [target, body, status] of rows) {
      const answer = await ask(target, { body });
      assert.equal(answer.status, status, `${target} gave ${answer.text}`);
      assert.equal(answer.fields['cache-control'], 'no-store');
      if (status >= 400) assert.equal(answer.json['status'], status, 'a problem');
    }
  });

  it('says what was wrong, and where', async (t) => {
    const { ask } = await open(t);
    const { json } = await ask('POST /admin/tokens', { body: { principal: 'bob', scopes: ['root'] } });
    assert.equal(json['detail'], '"scopes.0" must be read or admin');
    const unknown = await ask('PUT /admin/quotas/bob', { body: { transfer: 1 } });
    assert.equal(unknown.json['detail'], 'it must not have "transfer"');
  });

  it('tells what is not there from what there is no such route for', async (t) => {
    const { ask } = await open(t);
    assert.equal((await ask('GET /admin/objects/x')).json['absent'], 'object');
    assert.equal((await ask('GET /admin/elsewhere')).json['absent'], undefined);
  });

  it('writes down every change: who, what and how it ended, and never a secret', async (t) => {
    const { ask, gateway, token } = await open(t);
    const { json } = await ask('POST /admin/tokens', { body: { principal: 'bob' } });
    await ask('PUT /admin/collections/a', { body: {} });
    await ask('DELETE /admin/collections/default');
    await ask('GET /admin/collections');
    const { credential } = gateway.noted[0] as { readonly credential: string };
    const common = { principal: 'ann', credential };
    assert.deepEqual(gateway.noted, [
      { ...common, action: 'createToken', subject: json['id'] },
      { ...common, action: 'putCollection', subject: 'a' },
      { ...common, action: 'removeCollection', subject: 'default', error: 'bad-input' },
    ]);
    const written = JSON.stringify([gateway.noted, gateway.log]);
    assert.equal(written.includes(String(json['token'])) || written.includes(token), false);
  });

  it('is not there where a gateway has none', async (t) => {
    const { connect } = await startGateway(t);
    for (const route of ['GET /admin/collections', 'GET /usage', 'GET /usage/me']) {
      assert.equal((await ask(await connect(), route)).status, 404);
    }
  });
});
