// The gateway as a server, over real sockets: which request goes where, and how it begins and ends.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { patternBytes } from '../testing/pattern.ts';
import { LONGEST_ID, OBJECT_BYTES, startGateway } from './gateway-trial.test-double.ts';

describe('createGateway()', GUARDED, () => {
  for (const id of ['object', 'a/b', 'ü', LONGEST_ID]) {
    it(`serves the object ${id.slice(0, 10)}, encoded in either way`, async (t) => {
      const { connect } = await startGateway(t);
      const peer = await connect();
      const everyByte = Buffer.from(id).toString('hex').replaceAll(/../g, '%$&');
      for (const path of [id.split('/').map(encodeURIComponent).join('/'), everyByte]) {
        peer.ask(`/data/${path}`);
        const { status, content } = await peer.answer();
        assert.equal(status, 200);
        assert.ok(content.equals(OBJECT_BYTES));
      }
    });
  }

  it('gives HEAD every field that GET has', async (t) => {
    const { connect } = await startGateway(t);
    const peer = await connect();
    for (const path of ['/data/object', '/data/unknown', '/data/%']) {
      peer.ask(path);
      const { date: _, ...forGet } = (await peer.answer()).fields;
      peer.ask(path, { method: 'HEAD' });
      const { date: __, ...forHead } = (await peer.answer({ hasContent: false })).fields;
      assert.deepEqual(forHead, forGet);
    }
  });

  it('tells a page of any site what it may ask', async (t) => {
    const { connect, catalog } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/object', { method: 'OPTIONS', fields: ['Access-Control-Request-Headers: range'] });
    const { status, fields } = await peer.answer();
    assert.equal(status, 204);
    assert.equal(fields['access-control-allow-origin'], '*');
    assert.equal(fields['access-control-allow-methods'], 'GET, HEAD, OPTIONS');
    assert.match(fields['access-control-allow-headers'] ?? '', /\bRange\b/);
    assert.deepEqual(catalog.asked, []);
    peer.ask('/data/object');
    assert.equal((await peer.answer()).status, 200);
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
    it(`refuses ${method}, says what is allowed, and reads nothing that came with it`, async (t) => {
      const { connect } = await startGateway(t);
      const peer = await connect();
      peer.ask('/data/object', { method, fields: ['Content-Length: 1000000000'] });
      const { status, fields } = await peer.answer();
      assert.deepEqual([status, fields['allow'], fields['connection']], [405, 'GET, HEAD, OPTIONS', 'close']);
      await peer.ended;
    });
  }

  for (const path of ['/', '/data', '/DATA/object', '/favicon.ico', '/%', `/${'a'.repeat(5000)}`]) {
    it(`has nothing at ${path.slice(0, 20)}`, async (t) => {
      const { connect, catalog } = await startGateway(t);
      const peer = await connect();
      peer.ask(path);
      const { status, fields } = await peer.answer();
      assert.equal(status, 404);
      assert.equal(fields['content-type'], 'application/problem+json');
      assert.deepEqual(catalog.asked, []);
    });
  }

  it('answers pipelined requests in order, those that are refused among them', async (t) => {
    const { connect } = await startGateway(t, { stallTimeoutMs: 50 });
    const peer = await connect();
    for (const path of ['/data/object', '/data/unknown', '/data/%', '/healthz', '/data/object']) peer.ask(path);
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await peer.answer()).status);
    assert.deepEqual(statuses, [200, 404, 400, 200, 200]);
  });

  it('does not cut a long transfer short for an answer that stands in line behind it', async (t) => {
    const { connect, source } = await startGateway(t, { stallTimeoutMs: 30 });
    const peer = await connect();
    peer.ask('/data/scripted');
    peer.ask('/data/unknown');
    const body = await source.nextBody();
    body.confirm();
    body.give(patternBytes({ start: 0, end: 500 }));
    await body.untilRead();
    await new Promise((resolve) => setTimeout(resolve, 120));
    body.give(patternBytes({ start: 500, end: 1000 }));
    body.end();
    const { status, content } = await peer.answer();
    assert.equal(status, 200);
    assert.ok(content.equals(OBJECT_BYTES));
    assert.equal((await peer.answer()).status, 404);
  });

  it('leaves no clock of a transfer running for the next one on the connection', async (t) => {
    const { connect, source } = await startGateway(t, { stallTimeoutMs: 30 });
    const peer = await connect();
    for (const path of ['/data/object', '/data/scripted']) peer.ask(path);
    assert.equal((await peer.answer()).status, 200);
    const body = await source.nextBody();
    // Its store takes longer to answer than a client may stall: that is the store's matter.
    await new Promise((resolve) => setTimeout(resolve, 120));
    body.confirm();
    body.give(OBJECT_BYTES);
    body.end();
    assert.ok((await peer.answer()).content.equals(OBJECT_BYTES));
  });
});

describe('Gateway.listen() and close()', GUARDED, () => {
  it('says where it cannot listen, and why', async (t) => {
    const { url } = await startGateway(t);
    const { gateway } = await startGateway(t);
    const port = Number(new URL(url).port);
    await assert.rejects(gateway.listen({ host: '127.0.0.1', port }), { code: 'bad-config' });
    const other = await startGateway(t);
    await other.gateway.close(0);
  });

  it('shares a port with another gateway where both say so, and with nobody else', async (t) => {
    const { url } = await startGateway(t, { listen: { reusePort: true } });
    const port = Number(new URL(url).port);
    const other = await startGateway(t, { listen: { port, reusePort: true } });
    assert.equal(other.url, url);
    await assert.rejects(startGateway(t, { listen: { port } }), { code: 'bad-config' });
  });

  it('closes before it ever listened', async (t) => {
    const { gateway } = await startGateway(t);
    await gateway.close(0);
    await gateway.close(0);
  });

  it('lets transfers end in their time, takes no new ones, and closes every connection', async (t) => {
    const { connect, source, gateway, nextEntry } = await startGateway(t);
    const [busy, idle] = [await connect(), await connect()];
    idle.ask('/data/object');
    await idle.answer();
    busy.ask('/data/scripted');
    const body = await source.nextBody();
    const closed = gateway.close(600_000);
    await idle.ended;
    const late = connect();
    await assert.rejects(late, { code: 'ECONNREFUSED' });
    body.confirm();
    body.give(OBJECT_BYTES);
    body.end();
    assert.ok((await busy.answer()).content.equals(OBJECT_BYTES));
    await Promise.all([closed, busy.ended]);
    assert.equal((await nextEntry()).outcome, 'complete');
    assert.equal((await nextEntry()).outcome, 'complete');
  });

  it('answers 503 to a request that was on its way when it was asked to stop', async (t) => {
    const { connect, source, gateway, log } = await startGateway(t);
    const [busy, late] = [await connect(), await connect()];
    late.ask('/data/object');
    await late.answer();
    late.socket.write('GET /data/object HTTP/1.1\r\n');
    busy.ask('/data/scripted');
    const body = await source.nextBody();
    const closed = gateway.close(600_000);
    late.socket.write('Host: test\r\n\r\n');
    const { status, fields } = await late.answer();
    assert.deepEqual([status, fields['retry-after'], log.length], [503, '2', 0]);
    assert.equal(fields['connection'], 'close');
    body.confirm();
    body.give(OBJECT_BYTES);
    body.end();
    assert.equal((await busy.answer()).status, 200);
    await closed;
  });

  it('closes a kept connection as soon as the transfer on it has ended, and lets the others go on', async (t) => {
    const { connect, source, gateway } = await startGateway(t);
    const [first, second] = [await connect(), await connect()];
    first.ask('/data/scripted');
    const one = await source.nextBody();
    second.ask('/data/scripted');
    const other = await source.nextBody();
    const closed = gateway.close(600_000);
    one.confirm();
    one.give(OBJECT_BYTES);
    one.end();
    assert.ok((await first.answer()).content.equals(OBJECT_BYTES));
    await first.ended;
    assert.equal(gateway.transferCount, 1);
    other.confirm();
    other.give(OBJECT_BYTES);
    other.end();
    assert.ok((await second.answer()).content.equals(OBJECT_BYTES));
    await Promise.all([closed, second.ended]);
  });

  it('cuts short what takes longer than it may', async (t) => {
    const { connect, source, gateway, nextEntry } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/scripted');
    const body = await source.nextBody();
    body.confirm();
    body.give(patternBytes({ start: 0, end: 10 }));
    await body.untilRead();
    await gateway.close(1);
    assert.equal(body.isOver, true);
    assert.equal((await nextEntry()).outcome, 'cut-short');
    await untilTrue('the end of the connection', () => peer.socket.readableEnded);
    assert.equal(gateway.transferCount, 0);
  });
});
