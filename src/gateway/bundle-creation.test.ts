// Making bundles, over a real socket: who may, of what, and how often; and everything that is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessRequest, Decision } from '../access/access.ts';
import { SluiceError } from '../errors.ts';
import { GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { make, post } from './bundle-trial.test-double.ts';
import { OBJECT_BYTES, accessByName, startGateway } from './gateway-trial.test-double.ts';

const toProblem = (content: Buffer) => JSON.parse(String(content)) as Record<string, unknown>;

describe('POST /bundles', GUARDED, () => {
  it('makes a bundle, tells what is in it, and makes the same one again', async (t) => {
    const { connect, bundles } = await startGateway(t);
    const peer = await connect();
    const content = JSON.stringify({ ids: ['object', 'a/b'] });
    const { status, fields, content: answer } = await post(peer, content);
    const made = JSON.parse(String(answer)) as Awaited<ReturnType<typeof make>>;
    assert.equal(status, 201);
    assert.deepEqual(
      [fields['location'], fields['content-type'], fields['access-control-allow-origin']],
      [`/bundles/${made.id}.tar`, 'application/json; charset=utf-8', '*'],
    );
    const size = OBJECT_BYTES.length;
    const kept = bundles.kept.get(made.id)!;
    assert.deepEqual(made, {
      id: kept.id,
      url: `/bundles/${kept.id}.tar`,
      size: kept.size,
      etag: kept.etag,
      members: [
        { id: 'object', name: 'object.bin', size },
        { id: 'a/b', name: 'a/object.bin', size },
      ],
    });
    const again = await post(peer, content);
    assert.deepEqual([again.status, String(again.content), bundles.kept.size], [200, String(answer), 1]);
  });

  it('takes an id that is named twice for one', async (t) => {
    const { connect } = await startGateway(t);
    const { members } = await make(await connect(), ['object', 'a/b', 'object']);
    assert.deepEqual(
      members.map(({ id }) => id),
      ['object', 'a/b'],
    );
  });

  it('tells which ids are not there, or not for who asks, and not which is which', async (t) => {
    const access = accessByName(({ id }) => !id.startsWith('a/'));
    const { connect, catalog, bundles, log } = await startGateway(t, { access });
    const peer = await connect();
    const ids = ['object', 'a/b', 'a/unknown', 'unknown', '../x', '\ud800'];
    const { status, fields, content } = await post(peer, JSON.stringify({ ids }));
    assert.deepEqual([status, fields['content-type']], [422, 'application/problem+json']);
    assert.deepEqual(toProblem(content), {
      type: 'about:blank',
      title: 'Some of the ids are not there, or not for you',
      status: 422,
      ids: ids.slice(1),
      idCount: 5,
    });
    const looked = ['object', 'a/b', 'a/unknown', 'unknown'];
    assert.deepEqual([catalog.asked, bundles.kept.size, log], [looked, 0, []]);
  });

  it('names a hundred ids at most', async (t) => {
    const { connect, bundles } = await startGateway(t);
    Object.assign(bundles, { maxMembers: 1000 });
    const ids = Array.from({ length: 100 }, (_, index) => `unknown-${index}`);
    const { content } = await post(await connect(), JSON.stringify({ ids }));
    const { ids: named, idCount } = toProblem(content) as { ids: string[]; idCount: number };
    assert.deepEqual([named.length, idCount], [100, 100]);
  });

  it('asks access once, with the fields of the request', async (t) => {
    const seen: AccessRequest[] = [];
    const { connect } = await startGateway(t, { access: accessByName(undefined, seen) });
    await make(await connect(), ['object', 'a/b'], ['Authorization: Bearer x']);
    assert.deepEqual(
      seen.map(({ headers, ...asked }) => ({ ...asked, authorization: headers['authorization'] })),
      [{ method: 'POST', id: undefined, query: '', remoteAddress: '127.0.0.1', authorization: 'Bearer x' }],
    );
  });

  it('wants to know who asks where access does', async (t) => {
    const decide = (): Decision => ({ kind: 'unauthenticated', challenge: 'Bearer realm="data"' });
    const { connect, catalog } = await startGateway(t, { access: { decide } });
    const { status, fields } = await post(await connect(), '{"ids":["object"]}');
    assert.deepEqual([status, fields['www-authenticate'], catalog.asked], [401, 'Bearer realm="data"', []]);
    assert.equal(fields['access-control-allow-origin'], '*');
  });

  for (const [what, content, status, fields] of [
    ['no JSON', '{"ids":', 400, []],
    ['no object', '["object"]', 400, []],
    ['no ids', '{"ids":[]}', 400, []],
    ['an id alone', '{"ids":"object"}', 400, []],
    ['ids that are none', '{"ids":[1]}', 400, []],
    ['a member more', '{"ids":["object"],"name":"x"}', 400, []],
    ['too many', JSON.stringify({ ids: Array.from({ length: 101 }, (_, index) => `${index}`) }), 400, []],
    ['a prototype', '{"ids":["object"],"__proto__":{"x":1}}', 400, []],
    ['too long an id', JSON.stringify({ ids: ['x'.repeat(1025)] }), 400, []],
    ['nothing', '', 400, []],
    ['another media type', '{"ids":["object"]}', 415, ['Content-Type: text/xml']],
    ['too much', '', 413, ['Content-Length: 2000000']],
  ] as const) {
    it(`refuses ${what} with ${status}`, async (t) => {
      const { connect, log, bundles } = await startGateway(t);
      const peer = await connect();
      const own = fields.map((field) => field.split(':')[0]);
      const plain = ['Content-Type: application/json', `Content-Length: ${content.length}`];
      const all = [...fields, ...plain.filter((field) => !own.includes(field.split(':')[0]))];
      peer.ask('/bundles', { method: 'POST', fields: all });
      peer.socket.write(content);
      const answer = await peer.answer();
      assert.deepEqual([answer.status, answer.fields['content-type']], [status, 'application/problem+json']);
      assert.equal(answer.fields['connection'], 'close');
      await peer.ended;
      assert.deepEqual([log, bundles.kept.size], [[], 0]);
    });
  }

  it('says when the objects are too large for one bundle', async (t) => {
    const { connect, bundles, log } = await startGateway(t);
    bundles.pin = () => {
      throw new SluiceError('bad-input', 'more than 2^53');
    };
    const { status, content } = await post(await connect(), '{"ids":["object"]}');
    assert.deepEqual([status, log], [422, []]);
    assert.match(String(content), /too many or too large/);
  });

  it('tells the operator of bundles and of a catalog that fail, and the client nothing of it', async (t) => {
    const { connect, bundles, catalog, log } = await startGateway(t);
    bundles.keep = () => Promise.reject(new SluiceError('bad-input', 'SECRET is read-only'));
    const first = await post(await connect(), '{"ids":["object"]}');
    catalog.answer = () => Promise.reject(new TypeError('SECRET'));
    const second = await post(await connect(), '{"ids":["object"]}');
    for (const { status, content } of [first, second]) {
      assert.equal(status, 500);
      assert.doesNotMatch(String(content), /SECRET/);
    }
    assert.deepEqual(
      log.map(({ err, id }) => [err.code, id]),
      [
        ['misuse', '/bundles'],
        ['misuse', '/bundles'],
      ],
    );
  });

  it('makes so many at a time and no more, and others again when those are done', async (t) => {
    const { connect, catalog } = await startGateway(t);
    const gate = Promise.withResolvers<undefined>();
    catalog.answer = () => gate.promise;
    const peers = await Promise.all(Array.from({ length: 33 }, connect));
    const answers = peers.slice(0, 32).map((peer) => post(peer, '{"ids":["object"]}'));
    await untilTrue('the catalog to be asked', () => catalog.asked.length === 32);
    const { status, fields } = await post(peers[32]!, '{"ids":["object"]}');
    assert.deepEqual([status, fields['retry-after']], [503, '2']);
    gate.resolve(undefined);
    for (const answer of answers) assert.equal((await answer).status, 422);
    catalog.answer = undefined;
    assert.equal((await post(peers[0]!, '{"ids":["object"]}')).status, 201);
  });

  it('gives up what a client has left, and counts it no more', async (t) => {
    const signals: AbortSignal[] = [];
    let isHeld = true;
    const decide = (_request: AccessRequest, { signal }: { readonly signal: AbortSignal }) => {
      if (!isHeld) return { kind: 'known', principal: { name: 'ann', isAdmin: false, mayRead: () => true } } as const;
      signals.push(signal);
      return new Promise<Decision>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('given up')));
      });
    };
    const { connect, catalog, bundles, log } = await startGateway(t, { access: { decide } });
    for (let count = 0; count < 40; count += 1) {
      const peer = await connect();
      void post(peer, '{"ids":["object","a/b"]}').catch(() => undefined);
      await untilTrue('access to be asked', () => signals.length > count);
      peer.socket.destroy();
      await untilTrue('access to be told', () => signals[count]!.aborted);
    }
    isHeld = false;
    assert.equal((await post(await connect(), '{"ids":["object"]}')).status, 201);
    assert.deepEqual([catalog.asked, bundles.kept.size, log], [['object'], 1, []]);
  });

  it('counts what it refused no more either', async (t) => {
    const { connect } = await startGateway(t);
    const peer = await connect();
    for (let count = 0; count < 40; count += 1) assert.equal((await post(peer, '{"ids":["unknown"]}')).status, 422);
    for (let count = 0; count < 40; count += 1) assert.equal((await post(await connect(), '{')).status, 400);
    assert.equal((await post(peer, '{"ids":["object"]}')).status, 201);
  });

  it('tells which methods there are', async (t) => {
    const { connect } = await startGateway(t);
    const peer = await connect();
    peer.ask('/bundles', { method: 'OPTIONS' });
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['access-control-allow-methods']], [204, 'POST, OPTIONS']);
    assert.match(fields['access-control-allow-headers'] ?? '', /Content-Type/);
    for (const path of ['/bundles', '/bundles?x']) {
      const other = await connect();
      other.ask(path, { method: 'GET' });
      const refused = await other.answer();
      assert.deepEqual([refused.status, refused.fields['allow']], [405, 'POST, OPTIONS']);
    }
  });
});
