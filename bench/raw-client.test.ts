import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RawClient } from './raw-client.ts';

/** A server that does with each connection what a test says. */
async function serve(context: TestContext, answer: (socket: Socket, request: string) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (request: Buffer) => answer(socket, request.toString('latin1')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('it reads as far as it is told, and then the rest', async (context) => {
  const body = Buffer.alloc(1 << 20, 'x');
  const url = await serve(context, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body);
  });
  const client = await RawClient.connect(url, { readBytes: 100 });
  client.ask('/');
  const head = await client.take(250);
  assert.deepEqual([head.status, head.contentLength], [200, body.length]);
  assert.ok(client.bodyBytes >= 250 && client.bodyBytes < 450, `${client.bodyBytes} bytes`);
  await client.takeAll();
  assert.equal(client.bodyBytes, body.length);
  client.reset();
});

test('one request after the other goes over one connection, and each body begins at nought', async (context) => {
  const requests: string[] = [];
  const url = await serve(context, (socket, request) => {
    requests.push(request);
    socket.write(`HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\n${requests.length}bc`);
  });
  const seen: string[] = [];
  const onBody = (bytes: Uint8Array, offset: number) => void seen.push(`${offset} ${Buffer.from(bytes).toString()}`);
  const client = await RawClient.connect(url, { readBytes: 1 << 10, onBody });
  client.ask('/one', 'bytes=0-2');
  assert.equal((await client.takeAll()).status, 206);
  client.ask('/two');
  await client.takeAll();
  client.reset();
  assert.match(requests[0]!, /^GET \/one HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nRange: bytes=0-2\r\n\r\n$/);
  assert.match(requests[1]!, /^GET \/two HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n\r\n$/);
  assert.deepEqual(seen, ['0 1bc', '0 2bc']);
});

test('a head that comes in pieces is one, and what follows it in a piece is content', async (context) => {
  const url = await serve(context, (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd'));
  let text = '';
  const onBody = (bytes: Uint8Array) => void (text += Buffer.from(bytes).toString());
  const client = await RawClient.connect(url, { readBytes: 7, onBody });
  client.ask('/');
  await client.takeAll();
  client.reset();
  assert.equal(text, 'abcd');
});

test('a connection that ends too early is an error, and says how far it came', async (context) => {
  const url = await serve(context, (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'));
  const client = await RawClient.connect(url, { readBytes: 1 << 10 });
  client.ask('/');
  await assert.rejects(client.take(10), /the connection ended 3 bytes into the content/);
});

test('it leaves by a reset, a close or the end of its side', async (context) => {
  const left: Promise<unknown>[] = [];
  const url = await serve(context, (socket, request) => {
    const path = request.split(' ', 2)[1]!;
    const event = path === '/reset' ? 'error' : 'end';
    left.push(new Promise((resolve) => void socket.once(event, () => resolve(path))));
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
  });
  for (const way of ['reset', 'close', 'end'] as const) {
    const client = await RawClient.connect(url, { readBytes: 1 << 10 });
    client.ask(`/${way}`);
    await client.take(0);
    client[way]();
  }
  assert.deepEqual(await Promise.all(left), ['/reset', '/close', '/end']);
});
