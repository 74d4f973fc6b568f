// What of a response its client has received, over real sockets: held against what the client has read and what its
// machine has in its own queue.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { describeFacts, receiveQueueBytes } from '../kernel/tcp-trial.test-double.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import { Client } from './client.ts';
import { BLOCKING_BYTES, GUARDED, HttpTrial, countListeners, untilTrue } from './http-trial.test-double.ts';
import type { Exchange, Peer } from './http-trial.test-double.ts';

const NEVER_MS = 600_000;

/** Longer than a machine holds back an acknowledgement (40 ms): what has not moved for so long has come to rest. */
const REST_MS = 100;

const LEAVINGS = [
  ['resets', 'resetAndDestroy'],
  ['closes', 'destroy'],
  ['half-closes', 'end'],
] as const;

type Setting = { readonly facts?: TcpFacts | undefined; readonly signal?: AbortSignal };

async function begin(t: TestContext, { fields = [] }: { readonly fields?: readonly string[] } = {}) {
  const trial = await HttpTrial.start(t);
  const peer = await trial.connect();
  peer.ask('/', { fields });
  return { trial, peer, exchange: await trial.nextRequest() };
}

function toClient({ request, response }: Exchange, { facts: tcpFacts, signal }: Setting): Client {
  return new Client(request, response, { stallTimeoutMs: NEVER_MS, tcpFacts, signal });
}

/** A head, and all content in one write; resolves when that has left, or cannot any more. */
async function respond(client: Client, sizeBytes: number): Promise<boolean> {
  await client.turn();
  client.head(200, { 'content-length': String(sizeBytes) });
  return client.write(Buffer.alloc(sizeBytes, 1)).then(
    () => true,
    () => false,
  );
}

/** Waits until nothing moves any more. */
async function untilRest(count: () => number): Promise<void> {
  let last = { bytes: -1, atMs: 0 };
  await untilTrue('rest', () => {
    if (count() !== last.bytes) last = { bytes: count(), atMs: performance.now() };
    return performance.now() - last.atMs >= REST_MS;
  });
}

/** Lets the client's program read so much, or a little more, and then nothing. */
async function readUpTo({ socket }: Peer, bytes: number): Promise<void> {
  socket.on('data', () => {
    if (socket.bytesRead >= bytes) socket.pause();
  });
  socket.resume();
  await untilTrue('the client to have read', () => socket.bytesRead >= bytes);
}

/** What of a first response has reached the machine of a client, read or not. */
function reachedBytes({ socket, received }: Peer): number {
  return socket.bytesRead + receiveQueueBytes(socket) - (received.indexOf('\r\n\r\n') + 4);
}

/** A size that our kernel takes whole for a client that reads nothing, whose machine does not. */
async function findHalfTakenBytes(t: TestContext, facts: TcpFacts): Promise<number> {
  const { peer, exchange } = await begin(t);
  peer.socket.pause();
  const client = toClient(exchange, { facts });
  void respond(client, BLOCKING_BYTES);
  await untilRest(() => client.delivered.bytes);
  const acknowledged = client.delivered.bytes;
  const { _handle } = exchange.request.socket as Socket & {
    readonly _handle: { readonly bytesWritten: number; readonly writeQueueSize: number };
  };
  const taken = _handle.bytesWritten - _handle.writeQueueSize;
  client.cutShort();
  assert.ok(taken - acknowledged > 256 << 10, `${taken} taken and ${acknowledged} acknowledged`);
  return Math.floor((taken + acknowledged) / 2);
}

describeFacts('what a client has received', (facts) => {
  for (const [how, leave] of LEAVINGS) {
    it(`is all that reached its machine, and no more, when it ${how} during a write`, async (t) => {
      const { peer, exchange } = await begin(t);
      const client = toClient(exchange, { facts });
      const written = respond(client, BLOCKING_BYTES);
      await readUpTo(peer, 1_000_000);
      await untilRest(() => client.delivered.bytes);
      const reached = reachedBytes(peer);
      assert.ok(reached > 900_000 && reached < BLOCKING_BYTES);
      assert.deepEqual(client.delivered, { bytes: reached, by: 'acknowledged' });
      peer.socket[leave]();
      assert.equal(await written, false);
      assert.deepEqual(client.delivered, { bytes: reached, by: 'acknowledged' });
      await untilTrue('the connection to be closed', () => exchange.request.socket.closed);
      assert.deepEqual(client.delivered, { bytes: reached, by: 'acknowledged' });
    });
  }

  it('never becomes less while it reads, and is everything in the end', async (t) => {
    const { peer, exchange } = await begin(t);
    const client = toClient(exchange, { facts });
    let seenBytes = 0;
    peer.socket.on('data', () => {
      const { bytes } = client.delivered;
      assert.ok(bytes >= seenBytes && bytes <= BLOCKING_BYTES);
      seenBytes = bytes;
    });
    assert.equal(await respond(client, BLOCKING_BYTES), true);
    await client.end();
    assert.equal(await client.acknowledged(NEVER_MS), true);
    assert.deepEqual(client.delivered, { bytes: BLOCKING_BYTES, by: 'acknowledged' });
  });

  it('is counted by itself for each of the responses on a connection', async (t) => {
    const { trial, peer, exchange } = await begin(t);
    peer.ask();
    const clients = [exchange, await trial.nextRequest()].map((each) => toClient(each, { facts })) as [Client, Client];
    for (const [index, client] of clients.entries()) {
      assert.equal(client.delivered.bytes, 0);
      await respond(client, 1_000 + index);
      await client.end();
      assert.equal(await client.acknowledged(NEVER_MS), true);
    }
    peer.ask();
    const last = toClient(await trial.nextRequest(), { facts });
    const written = respond(last, BLOCKING_BYTES);
    await readUpTo(peer, 1_000_000);
    await untilRest(() => last.delivered.bytes);
    peer.socket.resetAndDestroy();
    assert.equal(await written, false);
    assert.deepEqual([clients[0].delivered.bytes, clients[1].delivered.bytes], [1_000, 1_001]);
    assert.ok(last.delivered.bytes >= 900_000 && last.delivered.bytes < BLOCKING_BYTES);
  });

  it('is nothing for HEAD, for an answer without content, and for one that was never given', async (t) => {
    for (const method of ['HEAD', 'GET']) {
      const trial = await HttpTrial.start(t);
      const peer = await trial.connect();
      peer.ask('/', { method });
      const client = toClient(await trial.nextRequest(), { facts });
      client.head(200, { 'content-length': method === 'HEAD' ? '5' : '0' });
      if (method === 'HEAD') await client.write(Buffer.from('hello'));
      await client.end();
      assert.equal(await client.acknowledged(NEVER_MS), true);
      assert.deepEqual(client.delivered, { bytes: 0, by: 'acknowledged' });
      peer.ask();
      const unanswered = toClient(await trial.nextRequest(), { facts });
      peer.socket.resetAndDestroy();
      await once(unanswered.signal, 'abort');
      assert.deepEqual(unanswered.delivered, { bytes: 0, by: 'acknowledged' });
    }
  });
});

describeFacts('a response that our kernel has whole', (facts) => {
  /** A client that reads nothing, and has asked a second time. */
  async function beginWhole(
    t: TestContext,
    { fields = [], ...setting }: { fields?: readonly string[] } & Setting = {},
  ) {
    const sizeBytes = await findHalfTakenBytes(t, facts);
    const begun = await begin(t, { fields });
    begun.peer.socket.pause();
    const client = toClient(begun.exchange, { facts, ...setting });
    assert.equal(await respond(client, sizeBytes), true);
    await client.end();
    return { ...begun, client, sizeBytes };
  }

  it('is acknowledged when its client has read it, while the next one is on its way', async (t) => {
    const { trial, peer, client, sizeBytes } = await beginWhole(t);
    const acknowledged = client.acknowledged(NEVER_MS);
    assert.ok(client.delivered.bytes < sizeBytes);
    peer.ask();
    const next = toClient(await trial.nextRequest(), { facts });
    assert.equal(await respond(next, 1_000), true);
    assert.ok(client.delivered.bytes < sizeBytes && next.delivered.bytes === 0);
    peer.socket.resume();
    assert.equal(await acknowledged, true);
    assert.deepEqual(client.delivered, { bytes: sizeBytes, by: 'acknowledged' });
    await next.end();
    assert.equal(await next.acknowledged(NEVER_MS), true);
    assert.equal(next.delivered.bytes, 1_000);
  });

  it('is acknowledged on a connection that ends with it, too, and its client has its end', async (t) => {
    const { peer, client, exchange, sizeBytes } = await beginWhole(t, { fields: ['Connection: close'] });
    const acknowledged = client.acknowledged(NEVER_MS);
    assert.ok(client.delivered.bytes < sizeBytes);
    assert.equal(exchange.request.socket.destroyed, false);
    peer.socket.resume();
    assert.equal(await acknowledged, true);
    assert.deepEqual(client.delivered, { bytes: sizeBytes, by: 'acknowledged' });
    assert.equal((await peer.answer()).content.length, sizeBytes);
    await peer.ended;
    await untilTrue('the connection to be closed', () => exchange.request.socket.closed);
  });

  for (const fields of [[], ['Connection: close']] as const) {
    it(`is not complete when its client resets before it has it all (${fields[0] ?? 'a kept connection'})`, async (t) => {
      const { peer, client, exchange, sizeBytes } = await beginWhole(t, { fields });
      await untilRest(() => client.delivered.bytes);
      const reached = peer.socket.bytesRead + receiveQueueBytes(peer.socket);
      const acknowledged = client.acknowledged(NEVER_MS);
      peer.socket.resetAndDestroy();
      assert.equal(await acknowledged, false);
      const { bytes, by } = client.delivered;
      assert.ok(by === 'acknowledged' && bytes > 0 && bytes < Math.min(reached, sizeBytes));
      await untilTrue('the connection to be closed', () => exchange.request.socket.closed);
    });
  }

  it('is left to the kernel when we end the connection or wait no longer, and leaves no listener', async (t) => {
    for (const end of ['close', 'abort', 'cut short'] as const) {
      const stop = new AbortController();
      const { client, exchange, sizeBytes } = await beginWhole(t, { signal: stop.signal });
      const acknowledged = client.acknowledged(NEVER_MS);
      if (end === 'close') exchange.request.socket.destroy();
      else if (end === 'abort') stop.abort();
      else client.cutShort();
      assert.equal(await acknowledged, true);
      assert.deepEqual(client.delivered, { bytes: sizeBytes, by: 'accepted' });
      assert.deepEqual([client.ending, countListeners(stop.signal)], [undefined, { abort: 0 }]);
    }
  });

  it('is not complete when its client has acknowledged nothing for too long', async (t) => {
    const { client, sizeBytes } = await beginWhole(t);
    assert.equal(await client.acknowledged(REST_MS), false);
    assert.ok(client.delivered.bytes > 0 && client.delivered.bytes < sizeBytes);
  });
});

describe('what a client has received, without the kernel to tell', GUARDED, () => {
  for (const [how, leave] of LEAVINGS) {
    it(`is what our kernel took, and less than was written, when it ${how} during a write`, async (t) => {
      const { peer, exchange } = await begin(t);
      const client = toClient(exchange, {});
      const written = respond(client, BLOCKING_BYTES);
      await readUpTo(peer, 1_000_000);
      await untilRest(() => client.delivered.bytes);
      const before = client.delivered.bytes;
      assert.ok(before >= peer.receivedBytes - 1_000 && before < BLOCKING_BYTES);
      peer.socket[leave]();
      assert.equal(await written, false);
      assert.deepEqual(client.delivered, { bytes: before, by: 'accepted' });
    });
  }

  it('is everything as soon as that has left, and nobody waits', async (t) => {
    const { peer, exchange } = await begin(t, { fields: ['Connection: close'] });
    const client = toClient(exchange, {});
    await respond(client, 100_000);
    await client.end();
    assert.deepEqual(client.delivered, { bytes: 100_000, by: 'accepted' });
    assert.equal(await client.acknowledged(NEVER_MS), true);
    assert.equal((await peer.answer()).content.length, 100_000);
    await peer.ended;
  });
});
