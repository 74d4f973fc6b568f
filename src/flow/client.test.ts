// The client of one response: how it takes what is written to it, and what it leaves behind when it is through.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from './client.ts';
import { BLOCKING_BYTES, GUARDED, HttpTrial, countListeners, untilTrue } from './http-trial.test-double.ts';
import type { Exchange } from './http-trial.test-double.ts';

const NEVER_MS = 600_000;

async function begin(t: TestContext, { stallTimeoutMs = NEVER_MS, ...fields }: { stallTimeoutMs?: number } = {}) {
  const trial = await HttpTrial.start(t);
  const peer = await trial.connect();
  peer.ask();
  const { request, response } = await trial.nextRequest();
  const stop = new AbortController();
  const client = new Client(request, response, { stallTimeoutMs, signal: stop.signal, ...fields });
  return { trial, peer, request, response, client, stop };
}

describe('Client', GUARDED, () => {
  it('leaves no more listeners behind than Node itself does', async (t) => {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    const listenersLeft = async (deliver: (exchange: Exchange) => Promise<unknown>) => {
      peer.ask();
      const exchange = await trial.nextRequest();
      await deliver(exchange);
      assert.equal(String((await peer.answer()).content), 'hello');
      return [exchange.request, exchange.response, exchange.request.socket].map(countListeners);
    };
    const stop = new AbortController();
    const byClient = ({ request, response }: Exchange) => {
      const client = new Client(request, response, { stallTimeoutMs: NEVER_MS, signal: stop.signal });
      client.head(200, { 'content-length': '5' });
      return client
        .write(Buffer.from('he'))
        .then(() => client.write(Buffer.from('llo')))
        .then(() => client.end())
        .then(() => assert.deepEqual(countListeners(client.signal), { abort: 0 }));
    };
    const byNode = ({ response }: Exchange) => {
      response.writeHead(200, { 'content-length': '5' }).end('hello');
      return once(response, 'finish');
    };
    const first = await listenersLeft(byClient);
    assert.deepEqual(await listenersLeft(byNode), first, 'the pair on the socket stays; all others are gone');
    assert.deepEqual(await listenersLeft(byClient), first);
    assert.deepEqual(countListeners(stop.signal), { abort: 0 });
  });

  it('puts its own fields on the head, and those of the head before them', async (t) => {
    const { client, peer } = await begin(t, { fields: { 'x-own': 'own', 'x-both': 'own' } } as object);
    client.head(206, { 'content-length': '0', 'x-both': 'head' });
    await client.end();
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['x-own'], fields['x-both']], [206, 'own', 'head']);
  });

  it('sends the head with the first bytes, in one piece', async (t) => {
    const { client, peer, request } = await begin(t);
    const pieces: string[] = [];
    peer.socket.on('data', (piece: Buffer) => pieces.push(String(piece)));
    client.head(200, { 'content-length': '2' });
    await client.write(Buffer.from('hi'));
    await untilTrue('the piece', () => pieces.length > 0);
    assert.match(pieces[0]!, /\r\n\r\nhi$/);
    assert.equal(request.socket.destroyed, false);
  });

  it('sends the head by itself when no bytes come', async (t) => {
    const { client, peer } = await begin(t);
    client.head(200, { 'content-length': '2' });
    await untilTrue('the head', () => peer.received.includes('\r\n\r\n'));
    await client.write(Buffer.from('hi'));
    await client.end();
    assert.equal(String((await peer.answer()).content), 'hi');
  });

  it('resolves a write only when the kernel has all of it', async (t) => {
    const { client, peer, request } = await begin(t);
    peer.socket.pause();
    client.head(200, { 'content-length': String(BLOCKING_BYTES) });
    let isTaken = false;
    const written = client.write(Buffer.alloc(BLOCKING_BYTES, 1)).then(() => (isTaken = true));
    await delay(20);
    assert.equal(isTaken, false, 'the client takes nothing');
    peer.socket.resume();
    await written;
    assert.equal(request.socket.writableLength, 0);
    await client.end();
    assert.equal((await peer.answer()).content.length, BLOCKING_BYTES);
  });

  it('is cut short when it leaves bytes untaken for too long', async (t) => {
    const { client, peer, request, stop } = await begin(t, { stallTimeoutMs: 30 });
    peer.socket.pause();
    client.head(200, { 'content-length': String(BLOCKING_BYTES) });
    await assert.rejects(client.write(Buffer.alloc(BLOCKING_BYTES)), { code: 'closed' });
    assert.deepEqual([client.ending, client.signal.aborted, request.socket.destroyed], ['cut-short', true, true]);
    assert.deepEqual(countListeners(stop.signal), { abort: 0 });
  });

  it('is not cut short while it has taken everything and waits for more', async (t) => {
    const { client, peer } = await begin(t, { stallTimeoutMs: 30 });
    client.head(200, { 'content-length': '4' });
    await client.write(Buffer.from('fi'));
    // It waits for a source, which has a clock of its own.
    await delay(120);
    assert.equal(client.ending, undefined);
    await client.write(Buffer.from('ne'));
    await client.end();
    assert.equal(String((await peer.answer()).content), 'fine');
  });

  it('is not cut short while it takes what is written, however slowly', async (t) => {
    const stallTimeoutMs = 400;
    const { client, peer } = await begin(t, { stallTimeoutMs });
    client.head(200, { 'content-length': String(BLOCKING_BYTES) });
    // One read at a time: a single write takes several times as long as a stall may.
    const { socket } = peer;
    socket.on('data', () => socket.pause());
    const slowly = setInterval(() => socket.resume(), 5);
    let isTaken = false;
    const written = client.write(Buffer.alloc(BLOCKING_BYTES, 1)).then(() => (isTaken = true));
    await delay(3 * stallTimeoutMs);
    clearInterval(slowly);
    assert.deepEqual([client.ending, isTaken], [undefined, false]);
    socket
      .removeAllListeners('data')
      .on('data', () => {})
      .resume();
    await written;
    await client.end();
    assert.equal(client.ending, undefined);
  });

  it('is cut short when it does not take the end', async (t) => {
    const { client, peer, response } = await begin(t, { stallTimeoutMs: 30 });
    peer.socket.pause();
    response.writeHead(200, { 'content-length': String(BLOCKING_BYTES) });
    response.end(Buffer.alloc(BLOCKING_BYTES));
    await client.finished();
    assert.equal(client.ending, 'cut-short');
  });

  it('refuses to go on once it has ended', async (t) => {
    const { client, request, response } = await begin(t);
    client.cutShort();
    assert.throws(() => client.check(), { code: 'closed' });
    assert.throws(() => client.head(200, {}), { code: 'closed' });
    assert.throws(() => client.write(Buffer.from('x')), { code: 'closed' });
    await assert.rejects(client.end(), { code: 'closed' });
    await assert.rejects(client.turn(), { code: 'closed' });
    await client.finished();
    assert.deepEqual([response.destroyed, request.socket.destroyed, response.headersSent], [true, true, false]);
  });

  it('notices that somebody else has destroyed its response', async (t) => {
    const { client, response } = await begin(t);
    client.head(200, { 'content-length': '4' });
    response.destroy();
    // In this very turn nobody has been told yet; to write now would be an error that nobody handles.
    assert.throws(() => client.write(Buffer.from('late')), { code: 'closed' });
    assert.equal(client.ending, 'client-gone');
    await once(response, 'close');
  });
});

describe('Client, pipelined', GUARDED, () => {
  async function beginTwo(t: TestContext, { stallTimeoutMs = NEVER_MS } = {}) {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    peer.ask('/first');
    peer.ask('/second');
    const [first, second] = [await trial.nextRequest(), await trial.nextRequest()];
    const clients = [first, second].map(({ request, response }) => new Client(request, response, { stallTimeoutMs }));
    return { peer, second, clients: clients as [Client, Client] };
  }

  it('waits for its turn, and leaves no listener from waiting', async (t) => {
    const { peer, second, clients } = await beginTwo(t);
    const [before, after] = clients;
    let hasTurn = false;
    const listeners = countListeners(second.response);
    const turn = after.turn().then(() => (hasTurn = true));
    before.head(200, { 'content-length': '3' });
    await before.write(Buffer.from('one'));
    await peer.untilReceived(3);
    assert.equal(hasTurn, false);
    await before.end();
    await turn;
    assert.deepEqual(countListeners(second.response), listeners);
    after.head(200, { 'content-length': '3' });
    await after.write(Buffer.from('two'));
    await after.end();
    assert.equal(String((await peer.answer()).content), 'one');
    assert.equal(String((await peer.answer()).content), 'two');
  });

  it('ends the wait for its turn when the client goes', async (t) => {
    const { peer, second, clients } = await beginTwo(t);
    const turn = clients[1].turn();
    peer.socket.resetAndDestroy();
    await assert.rejects(turn, { code: 'closed' });
    assert.deepEqual([clients[0].ending, clients[1].ending], ['client-gone', 'client-gone']);
    assert.equal(countListeners(second.response)['socket'] ?? 0, 0);
    assert.deepEqual(countListeners(clients[1].signal), { abort: 0 });
  });

  it('does not take the wait for its turn for a stall', async (t) => {
    const { peer, second, clients } = await beginTwo(t, { stallTimeoutMs: 30 });
    // An answer of our own that is ready at once, and stands in line behind a transfer that takes longer than a stall.
    second.response.writeHead(404, { 'content-length': '0' });
    second.response.end();
    const finished = clients[1].finished();
    clients[0].head(200, { 'content-length': '4' });
    await clients[0].write(Buffer.from('sl'));
    await delay(120);
    await clients[0].write(Buffer.from('ow'));
    await clients[0].end();
    await finished;
    assert.deepEqual([clients[0].ending, clients[1].ending], [undefined, undefined]);
    assert.deepEqual([(await peer.answer()).status, (await peer.answer()).status], [200, 404]);
  });
});
