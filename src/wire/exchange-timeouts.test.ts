// The time-outs of an exchange, on a clock that is moved by hand: when each runs, what starts it anew, and that none
// is left running.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from './manual-clock.test-double.ts';
import { untilTrue, withWire } from './wire-trial.test-double.ts';

const HEAD_TIMEOUT_MS = 100;
const STALL_TIMEOUT_MS = 100;
const IDLE_TIMEOUT_MS = 100_000;
const OPTIONS = { headTimeoutMs: HEAD_TIMEOUT_MS, stallTimeoutMs: STALL_TIMEOUT_MS, idleTimeoutMs: IDLE_TIMEOUT_MS };

test('an origin that does not answer in time has failed', async (context) => {
  const clock = new ManualClock(context);
  await withWire(OPTIONS, async (wire) => {
    for (const beginning of ['', 'H', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', 'HTTP/1.1 100 Continue\r\n\r\n']) {
      const { exchange, peer } = await wire.reach();
      const reading = exchange.read();
      await peer.sent(beginning);
      clock.pass(HEAD_TIMEOUT_MS - 1);
      await nextTurn();
      assert.equal(wire.client.openConnections, 1);
      clock.pass(1);
      assert.equal(wire.client.openConnections, 0);
      await assert.rejects(exchange.head, { code: 'origin-timeout', retryable: true });
      await assert.rejects(reading, { code: 'origin-timeout' });
      await peer.gone;
      assert.equal(clock.pending.size, 0);
    }
  });
});

test('the time to answer begins with the request, not with the wait for a connection', async (context) => {
  const clock = new ManualClock(context);
  await withWire({ ...OPTIONS, maxConnections: 1 }, async (wire) => {
    const { exchange, peer } = await wire.reach();
    const waiting = wire.send();
    clock.pass(HEAD_TIMEOUT_MS - 1);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    assert.equal(await exchange.read(), undefined);
    await peer.request();
    clock.pass(HEAD_TIMEOUT_MS - 1);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    assert.equal(await waiting.read(), undefined);
  });
});

test('after the head there is no time-out while nobody reads, however long', async (context) => {
  const clock = new ManualClock(context);
  await withWire(OPTIONS, async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
    await exchange.head;
    assert.equal(clock.pending.size, 0);
    clock.pass(100 * STALL_TIMEOUT_MS);
    peer.send('01234');
    await untilTrue('the bytes to come', () => exchange.receivedBytes === 5);
    clock.pass(100 * STALL_TIMEOUT_MS);
    const chunk = await exchange.read();
    assert.equal(chunk?.bytes.toString(), '01234');
    chunk.release();
    clock.pass(100 * STALL_TIMEOUT_MS);
    const last = exchange.read();
    peer.send('56789');
    (await last)?.release();
    assert.equal(await exchange.read(), undefined);
  });
});

test('an origin that is silent while a reader waits has stalled', async (context) => {
  const clock = new ManualClock(context);
  await withWire(OPTIONS, async (wire) => {
    const { exchange, peer } = await wire.reach();
    const reading = exchange.read();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
    await exchange.head;
    clock.pass(STALL_TIMEOUT_MS - 1);
    await nextTurn();
    assert.equal(wire.client.openConnections, 1);
    clock.pass(1);
    assert.equal(wire.client.openConnections, 0);
    await assert.rejects(reading, { code: 'stalled', retryable: true });
    await assert.rejects(exchange.read(), { code: 'stalled' });
    await peer.gone;
    assert.equal(clock.pending.size, 0);
  });
});

test('each wait of a reader has the whole time again', async (context) => {
  const clock = new ManualClock(context);
  await withWire(OPTIONS, async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
    await exchange.head;
    for (let sent = 0; sent < 9; sent += 1) {
      const reading = exchange.read();
      // Now and then the last wait's time has passed before this one begins.
      clock.pass(STALL_TIMEOUT_MS - 1);
      peer.send('.');
      (await reading)?.release();
      if (sent % 2 === 0) clock.pass(10 * STALL_TIMEOUT_MS);
    }
    const last = exchange.read();
    clock.pass(STALL_TIMEOUT_MS - 1);
    await nextTurn();
    assert.equal(wire.client.openConnections, 1);
    clock.pass(1);
    await assert.rejects(last, { code: 'stalled' });
  });
});

test('framing alone is no sign of life', async (context) => {
  const clock = new ManualClock(context);
  await withWire(OPTIONS, async (wire) => {
    const { exchange, peer } = await wire.reach();
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
    (await exchange.read())?.release();
    const reading = exchange.read();
    for (let ms = 0; ms < STALL_TIMEOUT_MS; ms += 10) {
      await peer.sent(ms === 0 ? '5;' : 'e');
      clock.pass(10);
    }
    await assert.rejects(reading, { code: 'stalled' });
  });
});

test('no timer outlives an exchange, however it ends', async (context) => {
  const clock = new ManualClock(context);
  await withWire({ ...OPTIONS, maxConnections: 1 }, async (wire) => {
    const closedWhileConnecting = wire.send();
    const closedInLine = wire.send();
    assert.equal(clock.pending.size, 2, 'for connecting and in line');
    closedInLine.close();
    closedWhileConnecting.close();
    assert.equal(clock.pending.size, 0);

    const { exchange, peer } = await wire.reach();
    assert.equal(clock.pending.size, 1, 'for the head');
    const reading = exchange.read();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    await exchange.head;
    assert.equal(clock.pending.size, 1, 'for the body');
    peer.send('ok');
    (await reading)?.release();
    assert.equal(clock.pending.size, 1, 'for the idle connection');
    clock.pass(IDLE_TIMEOUT_MS - 1);
    assert.equal(wire.client.idleConnections, 1);
    clock.pass(1);
    assert.equal(wire.client.openConnections, 0);
    assert.equal(clock.pending.size, 0);

    const closed = await wire.reach();
    closed.exchange.close();
    assert.equal(clock.pending.size, 0);
    const closedReading = await wire.reach();
    closedReading.peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    await closedReading.exchange.head;
    const pending = closedReading.exchange.read();
    closedReading.exchange.close();
    await assert.rejects(pending, { code: 'closed' });
    assert.equal(clock.pending.size, 0);
  });
});
