// What strangers send, over bare sockets to a gateway: refused with a clear status, or cut, and never in a way that two
// could read differently.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GUARDED } from '../flow/http-trial.test-double.ts';
import { patternBytes } from '../testing/pattern.ts';
import { startGateway } from './gateway-trial.test-double.ts';

const GET = 'GET /data/object HTTP/1.1\r\nHost: test\r\n';
const fields = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: y\r\n`).join('');

describe('a gateway', GUARDED, () => {
  for (const [what, text, status] of [
    ['a request without a Host', 'GET /data/object HTTP/1.1\r\n\r\n', 400],
    ['two Host fields', `${GET}Host: other\r\n\r\n`, 400],
    ['two Host fields that agree', `${GET}hOST: test\r\n\r\n`, 400],
    ['two Authorization fields', `${GET}Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n`, 400],
    ['a Host that is none', 'GET /data/object HTTP/1.1\r\nHost: a, b\r\n\r\n', 400],
    ['another version of HTTP', 'GET /data/object HTTP/2.0\r\nHost: test\r\n\r\n', 400],
    ['a target with a fragment', 'GET /data/object#a HTTP/1.1\r\nHost: test\r\n\r\n', 400],
    ['content with a GET', `${GET}Content-Length: 5\r\n\r\nhello`, 400],
    ['chunked content with a GET', `${GET}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['both framings', `${GET}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['two lengths', `${GET}Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello`, 400],
    ['a length that is none', `${GET}Content-Length: +5\r\n\r\nhello`, 400],
    ['lines that end with a bare LF', `${GET.replaceAll('\r', '')}\n`, 400],
    ['a folded field', `${GET}X: a\r\n b\r\n\r\n`, 400],
    ['a space before the colon', `${GET}Range : bytes=0-1\r\n\r\n`, 400],
    ['a control character in a field', `${GET}X: a\x01b\r\n\r\n`, 400],
    ['what is no HTTP', 'rubbish\r\n\r\n', 400],
    ['TLS to the plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['more than 100 fields', `${GET}${fields(100)}\r\n`, 431],
    ['a head of more than 16 KiB', `${GET}X: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
  ] as const) {
    it(`refuses ${what} with ${status}`, async (t) => {
      const { connect, catalog } = await startGateway(t);
      const peer = await connect();
      peer.socket.write(text, 'latin1');
      const answer = await peer.answer();
      assert.equal(answer.status, status);
      assert.equal(answer.fields['content-type'], 'application/problem+json');
      assert.equal((JSON.parse(String(answer.content)) as { status: number }).status, status);
      assert.equal(answer.fields['connection'], 'close');
      await peer.ended;
      assert.equal(peer.receivedBytes, 0, 'one answer, and then the end');
      assert.deepEqual(catalog.asked, [], 'nothing was looked up for it');
    });
  }

  it('looks at nothing that comes after an answer that was the last', async (t) => {
    const { connect, catalog } = await startGateway(t);
    const other = 'GET /data/a/b HTTP/1.1\r\nHost: test\r\n\r\n';
    for (const last of [`${GET}Host: test\r\n\r\n`, 'DELETE /data/object HTTP/1.1\r\nHost: test\r\n\r\n']) {
      const peer = await connect();
      peer.socket.write(`${last}${other}${other}`);
      assert.equal((await peer.answer()).fields['connection'], 'close');
      await peer.ended;
      assert.equal(peer.receivedBytes, 0);
    }
    assert.deepEqual(catalog.asked, []);
  });

  for (const host of [
    '',
    'test',
    'Test.example:8080',
    '127.0.0.1:',
    '[::1]:8080',
    '[fe80::1%25eth0]',
    'a_b',
    '%C3%BC',
  ]) {
    it(`takes the Host "${host}"`, async (t) => {
      const { connect } = await startGateway(t);
      const peer = await connect();
      peer.socket.write(`GET /data/object HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      assert.equal((await peer.answer()).status, 200);
    });
  }

  it('serves an absolute-form as the origin-form of it', async (t) => {
    const { connect, catalog } = await startGateway(t);
    const peer = await connect();
    for (const path of ['http://elsewhere/data/object?x', 'http://test/healthz']) {
      peer.ask(path);
      assert.equal((await peer.answer()).status, 200);
    }
    assert.deepEqual(catalog.asked, ['object']);
  });

  it('takes as many fields as are allowed, and an empty content', async (t) => {
    const { connect } = await startGateway(t);
    const peer = await connect();
    peer.socket.write(`${GET}Content-Length: 0\r\n${fields(98)}\r\n`);
    assert.equal((await peer.answer()).status, 200);
  });

  it('answers HTTP/1.0, which knows no Host, and then ends the connection', async (t) => {
    const { connect } = await startGateway(t);
    const peer = await connect();
    peer.socket.write('GET /data/object HTTP/1.0\r\n\r\n');
    const { status, content } = await peer.answer();
    assert.deepEqual([status, content.length], [200, 1000]);
    await peer.ended;
  });

  it('cuts the connection when something else than a request comes in the middle of an answer', async (t) => {
    const { connect, source, nextEntry } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/scripted');
    const body = await source.nextBody();
    body.confirm();
    body.give(patternBytes({ start: 0, end: 100 }));
    await body.untilRead();
    peer.socket.write('rubbish\r\n\r\n');
    await body.untilClosed();
    await peer.ended;
    const [, content] = peer.received.toString('latin1').split('\r\n\r\n');
    assert.equal(content, patternBytes({ start: 0, end: 100 }).toString('latin1'), 'no word of ours among the bytes');
    assert.equal((await nextEntry()).outcome, 'client-gone');
  });

  it('cuts the connection when something else than a request comes before an answer has begun', async (t) => {
    const { connect, source } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/scripted');
    const body = await source.nextBody();
    peer.socket.write('rubbish\r\n\r\n');
    await body.untilClosed();
    await peer.ended;
    assert.equal(peer.receivedBytes, 0, 'it would be taken for the answer to the request that was in order');
  });

  it('lets an answer be whole whatever comes after a request that was to be the last', async (t) => {
    const { connect, source, nextEntry } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/scripted', { fields: ['Connection: close'] });
    const body = await source.nextBody();
    body.confirm();
    peer.socket.write('\r\nrubbish\r\n\r\n');
    body.give(patternBytes({ start: 0, end: 500 }));
    await body.untilRead();
    peer.ask('/data/object');
    body.give(patternBytes({ start: 500, end: 1000 }));
    body.end();
    assert.ok((await peer.answer()).content.equals(patternBytes({ start: 0, end: 1000 })));
    await peer.ended;
    assert.equal(peer.receivedBytes, 0, 'nothing after it is answered');
    assert.equal((await nextEntry()).outcome, 'complete');
  });

  it('sees a client leave that has sent more than its last request', async (t) => {
    const { connect, source, nextEntry } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/scripted', { fields: ['Connection: close'] });
    const body = await source.nextBody();
    peer.socket.write('rubbish\r\n\r\n');
    peer.socket.destroy();
    await body.untilClosed();
    assert.equal((await nextEntry()).outcome, 'client-gone');
  });

  it('sends the answer that is ready when the request goes on with rubbish', async (t) => {
    const { connect } = await startGateway(t);
    const peer = await connect();
    peer.socket.write(`${GET}Transfer-Encoding: chunked\r\n\r\nrubbish\r\n`);
    assert.equal((await peer.answer()).status, 400);
    await peer.ended;
    assert.equal(peer.receivedBytes, 0);
  });
});
