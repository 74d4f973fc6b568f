// What somebody might try on administration: each is denied or does nothing, and none is a failure of ours.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { serveAdmin, toContent } from '../admin/admin-trial.test-double.ts';
import { openSqlite } from '../database/sqlite.ts';
import { GUARDED } from '../flow/http-trial.test-double.ts';
import { ask } from './admin-trial.test-double.ts';
import type { Asking } from './admin-trial.test-double.ts';

const WORK = { principal: 'ann', signal: new AbortController().signal };

async function open(t: TestContext) {
  const database = await openSqlite(':memory:');
  const served = await serveAdmin(t, database);
  t.after(() => database.destroy());
  const token = await served.tokenOf('ann', 'admin');
  await served.admin.importObjects(toContent({ id: 'a', store: 'archive', key: 'k', size: 1, etag: '"e"' }), WORK);
  return {
    ...served,
    token,
    database,
    // Each on a connection of its own: a refusal may end it.
    ask: async (target: string, asking: Asking = {}) =>
      ask(await served.gateway.connect(), target, { token, ...asking }),
  };
}

describe('attacks on administration', GUARDED, () => {
  it('SQL in a name is a name', async (t) => {
    const { ask, admin, gateway } = await open(t);
    const sql = encodeURIComponent(`x'; drop table objects; --`);
    for (const [target, body] of [
      [`GET /admin/objects/${sql}`],
      [`DELETE /admin/objects/${sql}`],
      [`GET /admin/objects?prefix=${sql}&after=${sql}`],
      [`DELETE /admin/tokens/${sql}`],
      [`GET /admin/tokens?principal=${sql}&after=${sql}`],
      [`DELETE /admin/link-keys/${sql}`],
      [`PUT /admin/quotas/${sql}`, {}],
      [`DELETE /admin/quotas/${sql}`],
      [`GET /usage?principal=${sql}`],
      [`GET /admin/transfers?principal=${sql}&before=${sql}`],
      ['GET /usage?by=principal%27--'],
      ['POST /admin/scans', { store: `'`, bucket: `'; drop table objects`, collection: 'default' }],
    ] as const) {
      const { status, text } = await ask(target, { body });
      assert.ok([200, 201, 204, 400, 404, 422].includes(status), `${target} gave ${status} ${text}`);
    }
    assert.equal((await admin.objects({}, WORK)).items.length, 1, 'nothing was dropped');
    assert.deepEqual(gateway.log, []);
  });

  it('a path that leads elsewhere leads nowhere', async (t) => {
    const { ask, admin } = await open(t);
    for (const path of [
      '/admin/objects/../collections',
      '/admin/objects/%2e%2e/collections',
      '/admin/objects/..%2fcollections',
      '/admin/objects/x/../a',
      '/admin/objects/x/%2e%2e/a',
      '/admin/objects//a',
      '/admin/objects/a/',
      '/admin/objects/./a',
      '/admin/objects/a%00',
      '/admin/objects/a%5c..',
      '/admin/objects/%ff',
      '/admin/objects/%',
      '/admin/objects/',
      '/%61dmin/objects/a',
      '/admin/%6fbjects/a',
      '/admin/objects%2fa',
      '//admin/objects/a',
      '/./admin/objects/a',
      '/ADMIN/objects/a',
      '/admin;x/objects/a',
      `/admin/objects/${'a'.repeat(4000)}`,
    ]) {
      const { status } = await ask(`DELETE ${path}`);
      assert.ok([400, 404].includes(status), `${path} gave ${status}`);
    }
    assert.ok(await admin.object('a', WORK), 'it is there still');
  });

  it('an id that was encoded twice is decoded once', async (t) => {
    const { ask, admin } = await open(t);
    assert.equal((await ask('DELETE /admin/objects/%2561')).status, 404);
    assert.ok(await admin.object('a', WORK));
  });

  it('a text that would end a field is in none', async (t) => {
    const { ask, admin } = await open(t);
    const hostile = 'x\r\nSet-Cookie: a=b';
    assert.equal((await ask('PUT /admin/collections/b', { body: { title: hostile } })).status, 422);
    for (const principal of [hostile, 'a\u0000b', '\u202eann', ' ann', 'link:ann', 'anonymous', '']) {
      const { status } = await ask('POST /admin/tokens', { body: { principal } });
      assert.ok([400, 422].includes(status), `${JSON.stringify(principal)} gave ${status}`);
    }
    const line = { id: 'b', store: 'archive', key: 'k', size: 1, etag: '"e"\r\nX: y', filename: hostile };
    const imported = await ask('POST /admin/import', {
      content: `${JSON.stringify(line)}\n`,
      fields: ['Content-Type: application/x-ndjson'],
    });
    assert.equal(imported.status, 422);
    const link = await ask('POST /admin/links', { body: { id: hostile, expiresAt: '2030-01-01T00:00:00Z' } });
    assert.deepEqual([link.status, link.fields['set-cookie']], [422, undefined]);
    assert.equal(await admin.object('b', WORK), undefined);
  });

  it('JSON that means to be more than data is refused', async (t) => {
    const { ask } = await open(t);
    for (const content of [
      '{"principal":"b","__proto__":{"scopes":["admin"]}}',
      '{"principal":"b","constructor":{"prototype":{"isAdmin":true}}}',
      '{"__proto__":{"principal":"b"}}',
      '[]',
      'null',
      '"b"',
      '{"principal":["b"]}',
      '{"principal":{"toString":"b"}}',
      '{"principal":"b","scopes":{"0":"admin"}}',
      '{"principal":"b"',
      '\ufeff{"principal":"b"} x',
      '',
      '['.repeat(100_000),
    ]) {
      const { status } = await ask('POST /admin/tokens', { content, fields: ['Content-Type: application/json'] });
      assert.equal(status, 400, content.slice(0, 60));
    }
  });

  it('content that is too much, or of another kind, is refused', async (t) => {
    const { ask } = await open(t);
    const big = await ask('POST /admin/tokens', { body: { principal: 'b'.repeat(300 << 10) } });
    assert.equal(big.status, 413);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const content = '{"principal":"b"}';
      assert.equal((await ask('POST /admin/tokens', { content, fields: [`Content-Type: ${type}`] })).status, 415, type);
    }
    assert.equal((await ask('POST /admin/tokens', { content: '{"principal":"b"}' })).status, 415);
    assert.equal((await ask('POST /admin/import', { body: {} })).status, 415);
    assert.equal(
      (await ask('PUT /admin/quotas/b', { content: '{}', fields: ['Content-Type: application/x-ndjson'] })).status,
      415,
    );
    const lines = { content: 'x'.repeat(200 << 10), fields: ['Content-Type: application/x-ndjson'] };
    const long = await ask('POST /admin/import', lines);
    assert.deepEqual([long.status, /too long/.test(String(long.json['detail']))], [422, true]);
    assert.equal((await ask(`GET /admin/objects?prefix=${'x'.repeat(2000)}`)).status, 400);
  });

  it('a query is what it says once', async (t) => {
    const { ask } = await open(t);
    for (const query of [
      'limit=1&limit=2',
      'limit=1e3',
      'limit=0x1',
      'limit=-1',
      'limit=',
      'limit=1.0',
      '__proto__=1',
    ]) {
      assert.equal((await ask(`GET /admin/objects?${query}`)).status, 400, query);
    }
  });

  it('a method is the one that was sent', async (t) => {
    const { ask, admin } = await open(t);
    const override = ['X-HTTP-Method-Override: DELETE', 'X-Method-Override: DELETE'];
    assert.equal((await ask('GET /admin/objects/a?_method=DELETE', { fields: override })).status, 200);
    for (const [target, allow] of [
      ['PATCH /admin/collections/default', 'DELETE, GET, HEAD, PUT'],
      ['POST /admin/objects/a', 'DELETE, GET, HEAD, PUT'],
      ['DELETE /admin/collections', 'GET, HEAD'],
      ['GET /admin/import', 'POST'],
      ['OPTIONS /admin/tokens', 'GET, HEAD, POST'],
      ['PROPFIND /admin/tokens', 'GET, HEAD, POST'],
      ['DELETE /usage', 'GET, HEAD'],
      ['POST /openapi.json', 'GET, HEAD'],
      ['POST /healthz', 'GET, HEAD'],
    ] as const) {
      const { status, fields } = await ask(target);
      assert.deepEqual([status, fields['allow']?.split(', ').toSorted().join(', ')], [405, allow], target);
    }
    assert.ok(await admin.object('a', WORK));
  });

  it('a page of another site can do nothing: there are no cookies, and it may read no answer', async (t) => {
    const { gateway, token } = await open(t);
    const fields = ['Origin: https://evil.example', `Cookie: token=${token}`, 'Content-Type: text/plain'];
    const simple = await ask(await gateway.connect(), 'POST /admin/link-keys', { content: '{}', fields });
    assert.deepEqual([simple.status, simple.fields['set-cookie']], [401, undefined]);
    const preflight = ['Origin: https://evil.example', 'Access-Control-Request-Method: DELETE'];
    for (const target of ['OPTIONS /admin/tokens/x', 'GET /admin/tokens', 'GET /usage/me']) {
      const { fields: got } = await ask(await gateway.connect(), target, { token, fields: preflight });
      const cors = Object.keys(got).filter((name) => name.startsWith('access-control'));
      assert.deepEqual(cors, [], target);
    }
  });

  it('a token in the query is none', async (t) => {
    const { gateway, token } = await open(t);
    for (const name of ['access_token', 'token', 'authorization']) {
      const { status } = await ask(await gateway.connect(), `GET /admin/tokens?${name}=${token}`);
      assert.equal(status, 401, name);
    }
    assert.equal(JSON.stringify([gateway.log, gateway.noted]).includes(token), false);
  });
});
