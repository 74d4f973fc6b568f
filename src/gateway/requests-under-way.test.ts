// Requests under way: their content has to come in time, their answers have to be taken, and there are so many at once.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { ask, startRoutes } from './admin-trial.test-double.ts';

describe('content that is taken whole', GUARDED, () => {
  it('has to come in time', async (t) => {
    const { connect, clock } = await startRoutes(t, {});
    const peer = await connect();
    peer.ask('/admin/tokens', { method: 'POST', fields: ['Content-Type: application/json', 'Content-Length: 100'] });
    peer.socket.write('{');
    await untilTrue('the wait', () => clock.alarmCount === 1);
    await clock.advance(20_000);
    assert.equal((await peer.answer()).status, 408);
    await peer.ended;
    assert.equal(clock.alarmCount, 0);
  });
});

describe('an answer that is sent whole', GUARDED, () => {
  it('has to be taken in time', async (t) => {
    const title = 'x'.repeat(32 << 20);
    const { connect, clock } = await startRoutes(t, {
      collections: async () => [{ id: 'a', title, isPublic: false }],
    });
    const peer = await connect();
    peer.socket.pause();
    peer.ask('/admin/collections');
    await untilTrue('the wait', () => clock.alarmCount === 1);
    await clock.advance(60_000);
    peer.socket.resume();
    await peer.ended;
    assert.ok(peer.receivedBytes < title.length);
    assert.equal(clock.alarmCount, 0);
  });

  it('is one of a number at once', async (t) => {
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    const { connect } = await startRoutes(t, {
      collections: async () => {
        begun += 1;
        await gate.promise;
        return [];
      },
    });
    const peers = await Promise.all(Array.from({ length: 64 }, () => connect()));
    for (const peer of peers) peer.ask('/admin/collections');
    await untilTrue('all of them', () => begun === 64);
    assert.equal((await ask(await connect(), 'GET /admin/collections')).status, 503);
    gate.resolve();
    for (const peer of peers) assert.equal((await peer.answer()).status, 200);
    assert.equal((await ask(await connect(), 'GET /admin/collections')).status, 200);
  });
});
