// Each fault over a real socket: what the client sees, and what the meter says of it.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';

import type { Fault } from './fault-rules.ts';
import type { RequestReading } from './meter.ts';
import { startOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { syntheticBytes } from './synthetic-bytes.ts';
import { ask, askForHead, closed, connectTo } from './test-client.ts';

const SIZE = 1 << 20;
const PATH = '/lab/k';

let origin: Origin;

before(async () => {
  origin = await startOrigin({
    credentials: undefined,
    buckets: { lab: { objects: [{ key: 'k', size: SIZE, seed: 1 }] } },
  });
});

afterEach(() => {
  origin.setFaults([]);
  origin.meter.reset();
});

after(() => origin.close());

function setFault(fault: Fault): void {
  origin.setFaults([{ times: 1, fault }]);
}

/** The bytes that come before the body ends or breaks off, and with which error it does. */
async function readBroken(): Promise<{ bytes: Buffer; code: unknown }> {
  const response = await askForHead({ url: origin.url, path: PATH });
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), code: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(chunks), code: error instanceof Error && 'code' in error ? error.code : error };
  }
}

function ended(): Promise<RequestReading> {
  return origin.meter.until(({ requests }) => requests.find(({ endedAt }) => endedAt !== undefined));
}

/** One request after the other, each when the one before it has ended, the first on a meter that has seen none. */
async function askThrice(socket: Socket, range: string): Promise<void> {
  for (let count = 1; count <= 3; count += 1) {
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\nRange: ${range}\r\n\r\n`);
    await origin.meter.until(({ requests }) => requests.filter(({ endedAt }) => endedAt).length === count || undefined);
  }
}

describe('a fault', () => {
  it('resets the connection after so many bytes', async () => {
    setFault({ resetAfterBytes: 300_000 });
    const { bytes, code } = await readBroken();
    assert.equal(code, 'ECONNRESET');
    assert.ok(bytes.equals(syntheticBytes({ seed: 1, offset: 0, length: bytes.length })));
    const { bytesLeft, bodyBytes, closedBy, closedWith, complete } = await ended();
    assert.deepEqual([bytesLeft, bodyBytes, closedBy, closedWith, complete], [300_000, SIZE, 'origin', 'rst', false]);
  });

  it('resets the connection after the head', async () => {
    setFault({ resetAfterBytes: 0 });
    const socket = await connectTo(origin.url);
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.resume();
    assert.equal(await closed(socket), true);
    assert.equal((await ended()).status, 200);
  });

  it('resets the connection instead of answering', async () => {
    setFault({ resetUnanswered: true });
    await assert.rejects(ask({ url: origin.url, path: PATH }), { code: 'ECONNRESET' });
    const { status, closedBy } = await ended();
    assert.deepEqual([status, closedBy], [undefined, 'origin']);
  });

  it('resets the connection when so many bytes have gone over it, in whatever answers', async () => {
    origin.setFaults([{ fault: { resetConnectionAfterBytes: 250 } }]);
    for (let round = 1; round <= 2; round += 1) {
      const socket = await connectTo(origin.url);
      socket.resume();
      await askThrice(socket, 'bytes=0-99');
      assert.equal(await closed(socket), true);
      const ends = origin.meter
        .read()
        .requests.map(({ bytesLeft, complete, closedBy }) => [bytesLeft, complete, closedBy]);
      assert.deepEqual(ends, [
        [100, true, null],
        [100, true, null],
        [50, false, 'origin'],
      ]);
      origin.meter.reset();
    }
  });

  it('resets each connection after bytes of its own drawing', async () => {
    origin.setFaults([{ fault: { resetConnectionAfterBytes: { from: 1000, to: SIZE - 1 } } }]);
    for (let count = 0; count < 5; count += 1) await readBroken();
    const { requests } = await origin.meter.until((meter) => (meter.totals.closedByOrigin === 5 ? meter : undefined));
    const bytesLeft = requests.map((request) => request.bytesLeft);
    assert.equal(new Set(bytesLeft).size, 5);
    assert.ok(bytesLeft.every((bytes) => bytes >= 1000 && bytes < SIZE));
  });

  it('truncates the body by an orderly close', async () => {
    setFault({ truncateAfterBytes: 300_000 });
    const { bytes, code } = await readBroken();
    assert.equal(code, 'ECONNRESET');
    assert.ok(bytes.equals(syntheticBytes({ seed: 1, offset: 0, length: 300_000 })));
    const { bytesLeft, closedBy, closedWith } = await ended();
    assert.deepEqual([bytesLeft, closedBy, closedWith], [300_000, 'origin', 'fin']);
  });

  it('asks to slow down, and says until when', async () => {
    setFault({ slowDown: { retryAfterSeconds: 7 } });
    const { status, headers, body } = await ask({ url: origin.url, path: PATH });
    assert.deepEqual([status, headers['retry-after']], [503, '7']);
    assert.match(body.toString(), /<Code>SlowDown<\/Code>/);
    assert.equal((await ask({ url: origin.url, path: PATH })).status, 200);
  });

  it('fails inside', async () => {
    setFault({ internalError: true });
    const { status, body } = await ask({ url: origin.url, path: PATH });
    assert.equal(status, 500);
    assert.match(body.toString(), /<Code>InternalError<\/Code>/);
  });

  it('answers with another ETag, whatever If-Match said', async () => {
    const { headers } = await ask({ url: origin.url, path: PATH, method: 'HEAD' });
    setFault({ changedEtag: true });
    const changed = await ask({ url: origin.url, path: PATH, headers: { 'if-match': String(headers.etag) } });
    assert.equal(changed.status, 200);
    assert.match(String(changed.headers.etag), /^"[0-9a-f]{32}"$/);
    assert.notEqual(changed.headers.etag, headers.etag);
  });

  it('ignores the range', async () => {
    setFault({ ignoreRange: true });
    const { status, headers, body } = await ask({ url: origin.url, path: PATH, headers: { range: 'bytes=5-9' } });
    assert.deepEqual([status, headers['content-range'], body.length], [200, undefined, SIZE]);
  });

  it('tells of another range than it sends', async () => {
    for (const [range, wrong] of [
      ['bytes=5-9', `bytes 4-8/${SIZE}`],
      ['bytes=0-4', `bytes 1-5/${SIZE}`],
      ['bytes=0-', `bytes 1-${SIZE}/${SIZE + 1}`],
    ] as const) {
      setFault({ wrongContentRange: true });
      const { status, headers } = await ask({ url: origin.url, path: PATH, headers: { range } });
      assert.deepEqual([status, headers['content-range']], [206, wrong]);
    }
  });

  it('holds the head back', async () => {
    setFault({ headDelayMs: 60 });
    assert.equal((await ask({ url: origin.url, path: PATH })).status, 200);
    const { startedAt, headAt = 0 } = await ended();
    assert.ok(headAt - startedAt >= 59);
  });

  it('keeps a connection to a rate', async () => {
    setFault({ rateBytesPerSecond: 10 * SIZE });
    const { body } = await ask({ url: origin.url, path: PATH });
    assert.ok(body.equals(syntheticBytes({ seed: 1, offset: 0, length: SIZE })));
    const { headAt = 0, endedAt = 0 } = await ended();
    assert.ok(endedAt - headAt >= 99, 'a tenth of a second');
  });

  it('keeps short answers to the rate as well, however long their connection was idle', async () => {
    origin.setFaults([{ fault: { rateBytesPerSecond: 10 * SIZE } }]);
    const socket = await connectTo(origin.url);
    socket.resume();
    await askThrice(socket, 'bytes=0-262143');
    socket.destroy();
    for (const { headAt = 0, endedAt = 0 } of origin.meter.read().requests) assert.ok(endedAt - headAt >= 24);
  });

  it('has effect on an error and a listing as well', async () => {
    setFault({ truncateAfterBytes: 10 });
    await assert.rejects(ask({ url: origin.url, path: '/lab/nothing' }), { code: 'ECONNRESET' });
    setFault({ truncateAfterBytes: 10 });
    await assert.rejects(ask({ url: origin.url, path: '/lab?list-type=2' }), { code: 'ECONNRESET' });
  });

  it('does nothing when the body ends before it', async () => {
    setFault({ resetAfterBytes: SIZE });
    assert.equal((await ask({ url: origin.url, path: PATH })).body.length, SIZE);
    assert.equal((await ended()).complete, true);
  });
});
