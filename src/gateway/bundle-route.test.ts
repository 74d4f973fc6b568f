// Requests for the tar of a bundle, over a real socket: what any object has, and who may have it when.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Decision } from '../access/access.ts';
import { buildNaiveTar } from '../bundle/naive-tar.test-double.ts';
import { SluiceError } from '../errors.ts';
import { GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { make } from './bundle-trial.test-double.ts';
import { OBJECT_BYTES, accessByName, startGateway } from './gateway-trial.test-double.ts';
import type { GatewayTrialOptions } from './gateway-trial.test-double.ts';
import type { TestContext } from 'node:test';

/** A gateway, a connection to it, and a bundle of two objects. */
async function begin(t: TestContext, options: GatewayTrialOptions = {}) {
  const trial = await startGateway(t, options);
  const peer = await trial.connect();
  const { id, url } = await make(peer, ['object', 'a/b']);
  const { members } = trial.bundles.kept.get(id)!;
  return { ...trial, peer, id, url, whole: buildNaiveTar(members, () => OBJECT_BYTES) };
}

describe('GET /bundles/{id}.tar', GUARDED, () => {
  it('is the tar, with every field of an object, and a line in the ledger', async (t) => {
    const { peer, id, url, whole, nextEntry } = await begin(t);
    peer.ask(`${url}?query`);
    const { status, fields, content } = await peer.answer();
    assert.equal(status, 200);
    assert.ok(content.equals(whole));
    const { date: _, connection: __, 'keep-alive': ___, ...told } = fields;
    assert.deepEqual(told, {
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': fields['access-control-expose-headers'],
      'content-disposition': `attachment; filename="bundle-${id.slice(0, 12)}.tar"`,
      'content-length': String(whole.length),
      'content-type': 'application/x-tar',
      etag: `"${id}"`,
      'x-content-type-options': 'nosniff',
    });
    const { startedAt, durationMs, deliveredBy, ...entry } = await nextEntry();
    assert.deepEqual(entry, {
      principal: 'anonymous',
      credential: undefined,
      collection: 'default',
      id: `bundles/${id}`,
      method: 'GET',
      remoteAddress: '127.0.0.1',
      status: 200,
      ranges: [{ start: 0, end: whole.length }],
      deliveredBytes: whole.length,
      receivedBytes: whole.length,
      overReadBytes: 0,
      resumedCount: 0,
      outcome: 'complete',
      error: undefined,
    });
    assert.ok(startedAt instanceof Date && durationMs >= 0);
    assert.match(deliveredBy, /^(?:acknowledged|accepted)$/);
    peer.ask(url, { method: 'HEAD' });
    const { date: ____, ...forHead } = (await peer.answer({ hasContent: false })).fields;
    assert.deepEqual(forHead, { ...told, connection: fields['connection'], 'keep-alive': fields['keep-alive'] });
  });

  it('has ranges and conditions', async (t) => {
    const { peer, id, url, whole } = await begin(t);
    const ask = async (...fields: readonly string[]) => {
      peer.ask(url, { fields });
      const { status, content, fields: told } = await peer.answer();
      return { status, content, range: told['content-range'] };
    };
    const across = await ask('Range: bytes=500-1600', `If-Range: "${id}"`);
    assert.deepEqual([across.status, across.range], [206, `bytes 500-1600/${whole.length}`]);
    assert.ok(across.content.equals(whole.subarray(500, 1601)));
    const last = await ask('Range: bytes=-1024');
    assert.ok(last.content.equals(Buffer.alloc(1024)));
    assert.equal((await ask('Range: bytes=0-0', 'If-Range: "other"')).content.length, whole.length);
    assert.equal((await ask(`Range: bytes=${whole.length}-`)).status, 416);
    assert.equal((await ask('If-Match: "other"')).status, 412);
    peer.ask(url, { fields: [`If-None-Match: "${id}"`] });
    assert.equal((await peer.answer({ hasContent: false })).status, 304);
  });

  for (const path of [
    `/bundles/${'0'.repeat(64)}.tar`,
    `/bundles/${'0'.repeat(63)}.tar`,
    `/bundles/${'A'.repeat(64)}.tar`,
    `/bundles/${'0'.repeat(64)}`,
    `/bundles/${'0'.repeat(64)}.tar/`,
    '/bundles/',
    '/bundles/%ff',
    '/bundles/../data/object',
  ]) {
    it(`has nothing at ${path.slice(0, 30)}… of ${path.length}`, async (t) => {
      const { connect, log } = await startGateway(t);
      const peer = await connect();
      peer.ask(path);
      const { status, fields } = await peer.answer();
      assert.deepEqual([status, fields['access-control-allow-origin'], log], [404, '*', []]);
    });
  }

  it('refuses other methods, and tells a page of any site what it may ask', async (t) => {
    const { peer, url, connect } = await begin(t);
    peer.ask(url, { method: 'OPTIONS' });
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['access-control-allow-methods']], [204, 'GET, HEAD, OPTIONS']);
    const other = await connect();
    other.ask(url, { method: 'POST', fields: ['Content-Length: 1000000000'] });
    assert.equal((await other.answer()).status, 405);
    await other.ended;
  });

  const changes: readonly (readonly [string, object | undefined])[] = [
    ['has another ETag', { etag: '"other"' }],
    ['is somewhere else', { key: 'other' }],
    ['names another version', { versionId: 'v' }],
    ['is no longer there', undefined],
  ];
  for (const [what, change] of changes) {
    it(`is gone when a member ${what}`, async (t) => {
      const { peer, url, catalog, ledger } = await begin(t);
      if (change) catalog.entries.set('a/b', { ...catalog.entries.get('a/b')!, ...change });
      else catalog.entries.delete('a/b');
      peer.ask(url);
      const { status, content, fields } = await peer.answer();
      const { ids, idCount } = JSON.parse(String(content)) as Record<string, unknown>;
      assert.deepEqual([status, ids, idCount, fields['cache-control']], [410, ['a/b'], 1, 'no-store']);
      assert.equal(ledger.entries.length, 0);
      const { url: renewed } = await make(peer, change ? ['object', 'a/b'] : ['object']);
      assert.notEqual(renewed, url);
    });
  }

  it('asks access for every member, each time, and tells who may not have one nothing', async (t) => {
    const known = new Set(['object', 'a/b']);
    const denied = new Set<string>();
    const seen: string[] = [];
    const access = accessByName(({ id }, name) => {
      seen.push(`${name} ${id}`);
      return known.has(id) && !denied.has(id);
    });
    const { peer, url, nextEntry, catalog } = await begin(t, { access });
    seen.length = 0;
    peer.ask(url, { method: 'HEAD', fields: ['X-Name: ann'] });
    assert.equal((await peer.answer({ hasContent: false })).status, 200);
    assert.deepEqual([seen, (await nextEntry()).principal], [['ann object', 'ann a/b'], 'ann']);
    denied.add('a/b');
    peer.ask(url);
    const refused = await peer.answer();
    peer.ask(`/bundles/${'0'.repeat(64)}.tar`);
    const unknown = await peer.answer();
    assert.deepEqual([refused.status, String(refused.content)], [unknown.status, String(unknown.content)]);
    assert.equal(refused.status, 404);
    // Nor does it say to them that something has changed.
    catalog.entries.delete('object');
    known.delete('object');
    peer.ask(url);
    assert.equal((await peer.answer()).status, 404);
  });

  it('wants to know who asks where access does', async (t) => {
    let isOpen = true;
    const decide = (): Decision =>
      isOpen
        ? { kind: 'known', principal: { name: 'ann', isAdmin: false, mayRead: () => true } }
        : { kind: 'unauthenticated', challenge: 'Bearer' };
    const { peer, url } = await begin(t, { access: { decide } });
    isOpen = false;
    peer.ask(url);
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['www-authenticate']], [401, 'Bearer']);
  });

  it('tells the operator of bundles that cannot be looked up', async (t) => {
    const { peer, url, bundles, log } = await begin(t);
    bundles.find = () => Promise.reject(new SluiceError('bad-input', 'SECRET is damaged'));
    peer.ask(url);
    const { status, content } = await peer.answer();
    assert.deepEqual([status, log.map(({ err }) => err.code)], [500, ['misuse']]);
    assert.doesNotMatch(String(content), /SECRET/);
    bundles.find = () => Promise.reject(new SluiceError('overloaded', 'locked'));
    peer.ask(url);
    assert.equal((await peer.answer()).status, 503);
  });

  it('lets go of the member that is open when the client leaves', async (t) => {
    const { connect, source, nextEntry, gateway } = await startGateway(t);
    const peer = await connect();
    const { url } = await make(peer, ['scripted', 'object']);
    peer.ask(url);
    const body = await source.nextBody();
    body.confirm();
    body.give(OBJECT_BYTES.subarray(0, 100));
    await body.untilRead();
    peer.socket.resetAndDestroy();
    await body.untilClosed();
    assert.equal((await nextEntry()).outcome, 'client-gone');
    await untilTrue('the transfer to end', () => gateway.transferCount === 0);
  });

  it('breaks off, and never continues with another version, when a member changes on its way', async (t) => {
    const { connect, source, nextEntry } = await startGateway(t);
    const peer = await connect();
    const { url } = await make(peer, ['object', 'scripted']);
    peer.ask(url);
    const body = await source.nextBody();
    body.confirm();
    body.give(OBJECT_BYTES.subarray(0, 100));
    await body.untilRead();
    body.fail(new SluiceError('changed', 'another version'));
    await peer.ended;
    const { outcome, error, status } = await nextEntry();
    assert.deepEqual([outcome, error, status], ['source-failed', 'changed', 200]);
  });

  it('answers 502 when a member has changed in its store before the first byte', async (t) => {
    const { connect, source } = await startGateway(t);
    const peer = await connect();
    const { url } = await make(peer, ['scripted']);
    peer.ask(url);
    (await source.nextBody()).fail(new SluiceError('not-found', 'gone'));
    assert.equal((await peer.answer()).status, 502);
  });
});
