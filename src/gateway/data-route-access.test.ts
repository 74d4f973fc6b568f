// One request for an object on its way through access: who asks, what they may have, and what they are told otherwise.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessRequest, Decision } from '../access/access.ts';
import { SluiceError } from '../errors.ts';
import { GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { accessByName, startGateway } from './gateway-trial.test-double.ts';

describe('the data route, with an access that decides', GUARDED, () => {
  const decideBy = (decide: (request: AccessRequest) => Decision | Promise<Decision>) => ({ access: { decide } });

  it('asks who it is before it looks anything up', async (t) => {
    const seen: AccessRequest[] = [];
    const options = decideBy((request) => {
      seen.push(request);
      return { kind: 'unauthenticated', challenge: 'Bearer realm="data"' };
    });
    const { connect, catalog, ledger } = await startGateway(t, options);
    const peer = await connect();
    peer.ask('/data/object?sig=x?y', { fields: ['Authorization: Bearer x'] });
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['www-authenticate']], [401, 'Bearer realm="data"']);
    assert.equal(fields['access-control-allow-origin'], '*');
    const { headers, ...asked } = seen[0]!;
    assert.deepEqual(asked, { method: 'GET', id: 'object', query: 'sig=x?y', remoteAddress: '127.0.0.1' });
    assert.equal(headers['authorization'], 'Bearer x');
    assert.deepEqual([catalog.asked, ledger.entries], [[], []]);
  });

  it('names in the ledger who asked, and what they showed', async (t) => {
    const principal = { name: 'ann', credential: 'token:1', isAdmin: false, mayRead: () => true };
    const { connect, nextEntry } = await startGateway(
      t,
      decideBy(async () => ({ kind: 'known', principal })),
    );
    const peer = await connect();
    peer.ask('/data/object');
    assert.equal((await peer.answer()).status, 200);
    const entry = await nextEntry();
    assert.deepEqual([entry.principal, entry.credential, entry.collection], ['ann', 'token:1', 'default']);
  });

  it('answers the same for what is not there and what is not for them', async (t) => {
    const access = accessByName(({ collection, isPublic }) => isPublic || collection === 'theirs');
    const { connect, catalog, ledger } = await startGateway(t, { access });
    const peer = await connect();
    peer.ask('/data/object');
    const denied = await peer.answer();
    peer.ask('/data/unknown');
    const missing = await peer.answer();
    assert.deepEqual([denied.status, String(denied.content)], [404, String(missing.content)]);
    for (const change of [{ isPublic: true }, { collection: 'theirs' }]) {
      catalog.entries.set('object', { ...catalog.entries.get('a/b')!, ...change });
      peer.ask('/data/object');
      assert.equal((await peer.answer()).status, 200);
    }
    await untilTrue('both rows', () => ledger.entries.length === 2);
  });

  it('asks who it is, for what is not there as for what is not everybody’s, where nobody in particular asks', async (t) => {
    const principal = { name: 'anonymous', isAdmin: false, challenge: 'Bearer', mayRead: () => false };
    const { connect } = await startGateway(
      t,
      decideBy(() => ({ kind: 'known', principal })),
    );
    const peer = await connect();
    const answers: unknown[] = [];
    for (const id of ['object', 'unknown']) {
      peer.ask(`/data/${id}`);
      const { status, fields, content } = await peer.answer();
      answers.push([status, fields['www-authenticate'], String(content)]);
    }
    assert.deepEqual(answers[0], answers[1]);
    assert.deepEqual((answers[0] as unknown[]).slice(0, 2), [401, 'Bearer']);
  });

  it('says why what is genuine is not enough, and slows down who guesses', async (t) => {
    const decisions: Decision[] = [
      { kind: 'forbidden', principal: 'bob', reason: 'The link is for another object' },
      { kind: 'slowed', retryAfterMs: 1_500 },
    ];
    const { connect, catalog } = await startGateway(
      t,
      decideBy(() => decisions.shift()!),
    );
    const peer = await connect();
    peer.ask('/data/object');
    const forbidden = await peer.answer();
    assert.deepEqual([forbidden.status, /another object/.test(String(forbidden.content))], [403, true]);
    peer.ask('/data/object');
    const slowed = await peer.answer();
    assert.deepEqual([slowed.status, slowed.fields['retry-after'], catalog.asked], [429, '2', []]);
  });

  it('answers 503 when it cannot be found out who asks', async (t) => {
    const options = decideBy(() => Promise.reject(new SluiceError('unavailable', 'SECRET is away')));
    const { connect, log } = await startGateway(t, options);
    const peer = await connect();
    peer.ask('/data/object');
    const { status, fields, content } = await peer.answer();
    assert.deepEqual([status, fields['retry-after'], log], [503, '2', []]);
    assert.doesNotMatch(String(content), /SECRET/);
  });

  it('lets nobody in when the decision fails', async (t) => {
    const cause = new Error('SECRET');
    for (const decide of [() => Promise.reject(cause), () => assert.fail(cause)]) {
      const { connect, catalog, log } = await startGateway(t, decideBy(decide));
      const peer = await connect();
      peer.ask('/data/object');
      const { status, content } = await peer.answer();
      assert.equal(status, 500);
      assert.doesNotMatch(String(content), /SECRET/);
      assert.deepEqual([catalog.asked, log.length], [[], 1]);
    }
  });

  it('stops the decision when the client goes', async (t) => {
    const deciding = Promise.withResolvers<AbortSignal>();
    const access = {
      decide: (_request: AccessRequest, { signal }: { readonly signal: AbortSignal }) => {
        deciding.resolve(signal);
        return new Promise<Decision>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('given up')));
        });
      },
    };
    const { connect, catalog, gateway, log } = await startGateway(t, { access });
    const peer = await connect();
    peer.ask('/data/object');
    const signal = await deciding.promise;
    peer.socket.destroy();
    await untilTrue('the transfer to end', () => gateway.transferCount === 0);
    assert.deepEqual([signal.aborted, catalog.asked, log], [true, [], []]);
  });
});
