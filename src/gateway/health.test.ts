// How the gateway answers those who watch it, from its beginning to its end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GUARDED } from '../flow/http-trial.test-double.ts';
import type { Peer } from '../flow/http-trial.test-double.ts';
import { OBJECT_BYTES, startGateway } from './gateway-trial.test-double.ts';

/** Status and content of the answer to a GET. */
async function look(peer: Peer, path: string) {
  peer.ask(path);
  const { status, fields, content } = await peer.answer();
  assert.equal(fields['cache-control'], 'no-store');
  return { status, fields, said: JSON.parse(String(content)) as unknown };
}

describe('GET /healthz', GUARDED, () => {
  it('says that it lives, and how many transfers are under way', async (t) => {
    const { connect, source } = await startGateway(t);
    const [peer, other] = [await connect(), await connect()];
    other.ask('/data/scripted');
    await source.nextBody();
    const { status, said } = await look(peer, '/healthz');
    assert.deepEqual([status, said], [200, { status: 'ok', transfers: 1 }]);
  });

  it('still answers 200 when the gateway is retired, and says so', async (t) => {
    const { connect, gateway } = await startGateway(t);
    const peer = await connect();
    gateway.retire();
    const { status, fields, said } = await look(peer, '/healthz');
    assert.deepEqual([status, said], [200, { status: 'draining', transfers: 0 }]);
    assert.equal(fields['connection'], 'close');
    await peer.ended;
  });
});

describe('GET /readyz', GUARDED, () => {
  it('says that the gateway serves, and keeps the connection', async (t) => {
    const { connect } = await startGateway(t);
    const peer = await connect();
    for (let count = 0; count < 2; count += 1) {
      const { status, fields, said } = await look(peer, '/readyz');
      assert.deepEqual([status, said, fields['connection']], [200, { status: 'ready' }, 'keep-alive']);
    }
  });

  it('answers 503 for as long as what the gateway depends on keeps it from serving', async (t) => {
    let isReady = false;
    const { connect, log } = await startGateway(t, { isReady: () => isReady });
    const peer = await connect();
    const { status, fields, said } = await look(peer, '/readyz');
    assert.deepEqual([status, fields['retry-after']], [503, '2']);
    assert.equal(fields['content-type'], 'application/problem+json');
    assert.deepEqual(said, { type: 'about:blank', title: 'The gateway cannot serve at the moment', status: 503 });
    isReady = true;
    assert.equal((await look(peer, '/readyz')).status, 200);
    assert.deepEqual(log, []);
  });

  it('answers 503 when the gateway is retired, though it still serves', async (t) => {
    const { connect, gateway } = await startGateway(t);
    const [kept, asked] = [await connect(), await connect()];
    kept.ask('/data/object');
    await kept.answer();
    gateway.retire();
    const { status, fields, said } = await look(asked, '/readyz');
    assert.deepEqual([status, fields['retry-after'], fields['connection']], [503, '2', 'close']);
    assert.deepEqual(said, { type: 'about:blank', title: 'The gateway is shutting down', status: 503 });
    const late = await connect();
    for (const peer of [kept, late]) {
      peer.ask('/data/object');
      const answer = await peer.answer();
      assert.deepEqual([answer.status, answer.fields['connection']], [200, 'close']);
      assert.ok(answer.content.equals(OBJECT_BYTES));
      await peer.ended;
    }
  });

  it('looks at nothing that was pipelined after the last answer of a connection', async (t) => {
    const { connect, gateway, catalog } = await startGateway(t);
    const peer = await connect();
    gateway.retire();
    for (const path of ['/data/object', '/data/a%2Fb']) peer.ask(path);
    assert.equal((await peer.answer()).status, 200);
    await peer.ended;
    assert.equal(peer.receivedBytes, 0);
    assert.deepEqual(catalog.asked, ['object']);
  });
});
