import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { descriptorOf } from '../kernel/tcp-trial.test-double.ts';
import { beforeClose, onHangUp } from './hang-up.ts';
import { GUARDED, HttpTrial, countListeners, untilTrue } from './http-trial.test-double.ts';

describe('onHangUp()', GUARDED, () => {
  for (const [how, leave] of [
    ['closes', 'destroy'],
    ['resets', 'resetAndDestroy'],
    ['half-closes', 'end'],
  ] as const) {
    it(`tells every listener when the client ${how}`, async (t) => {
      const trial = await HttpTrial.start(t);
      const peer = await trial.connect();
      peer.ask();
      const { request } = await trial.nextRequest();
      const told = [0, 0];
      onHangUp(request.socket, () => (told[0]! += 1));
      const both = new Promise<void>((resolve) => {
        onHangUp(request.socket, () => {
          told[1]! += 1;
          resolve();
        });
      });
      peer.socket[leave]();
      await both;
      assert.ok(told[0]! >= 1);
    });
  }

  it('tells nobody who has stopped listening', async (t) => {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    peer.ask();
    const { request } = await trial.nextRequest();
    let told = 0;
    const stop = onHangUp(request.socket, () => (told += 1));
    stop();
    stop();
    const closed = once(request.socket, 'close');
    peer.socket.destroy();
    await closed;
    assert.equal(told, 0);
  });

  it('passes over nobody when a listener stops listening as it is told', async (t) => {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    peer.ask();
    const { request } = await trial.nextRequest();
    let told = 0;
    for (let count = 0; count < 3; count += 1) {
      const stop = onHangUp(request.socket, () => {
        told += 1;
        stop();
      });
    }
    peer.socket.destroy();
    await untilTrue('the socket to be closed', () => request.socket.closed);
    assert.equal(told, 3);
  });

  it('keeps one pair of listeners on a socket, however many requests come over it', async (t) => {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    peer.ask();
    const { request } = await trial.nextRequest();
    const before = countListeners(request.socket);
    for (let count = 0; count < 20; count += 1) onHangUp(request.socket, () => {});
    const after = countListeners(request.socket);
    assert.deepEqual(after, { ...before, end: (before['end'] ?? 0) + 1, close: (before['close'] ?? 0) + 1 });
  });
});

describe('beforeClose()', GUARDED, () => {
  for (const [how, ender] of [
    ['destroy', 'client'],
    ['resetAndDestroy', 'client'],
    ['end', 'client'],
    ['ours', 'us'],
  ] as const) {
    it(`tells once, while the descriptor is open, who ended the connection: ${how}`, async (t) => {
      const trial = await HttpTrial.start(t);
      const peer = await trial.connect();
      peer.ask();
      const { socket } = (await trial.nextRequest()).request;
      const told: unknown[] = [];
      beforeClose(socket, (by) => told.push([by, descriptorOf(socket) !== undefined]));
      const closed = new Promise((resolve) => socket.once('close', resolve));
      if (how === 'ours') socket.destroy();
      else peer.socket[how]();
      await closed;
      assert.deepEqual(told, [[ender, true]]);
      assert.equal(descriptorOf(socket), undefined);
    });
  }
});
