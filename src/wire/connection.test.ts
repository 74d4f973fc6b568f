// Making and destroying connections over real sockets: what each way to fail becomes, and what the origin sees.
import assert from 'node:assert/strict';
import dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { establishedConnections } from '../testing/established-connections.ts';
import { isSluiceError } from '../errors.ts';
import type { SluiceError } from '../errors.ts';
import type { OriginAddress } from './connection.ts';
import { toWireRequest } from './request.ts';
import { readWhole, withWire } from './wire-trial.test-double.ts';
import type { WireTrialOptions } from './wire-trial.test-double.ts';

const secret = createSelfSigned();
const REQUEST = toWireRequest('GET', '/', []);

/** Lets every name have these addresses; an address has itself. */
function resolveTo(context: TestContext, addresses: readonly LookupAddress[] | Error): void {
  type Callback = (error: Error | null, addresses?: readonly LookupAddress[]) => void;
  context.mock.method(dns, 'lookup', (name: string, _options: unknown, callback: Callback) => {
    if (net.isIP(name)) process.nextTick(callback, null, [{ address: name, family: net.isIP(name) }]);
    else if (addresses instanceof Error) process.nextTick(callback, addresses);
    else process.nextTick(callback, null, addresses);
  });
}

async function unusedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What becomes of an exchange with an origin that no connection leads to. */
async function failureAt(address: OriginAddress, options: WireTrialOptions = {}): Promise<SluiceError> {
  let failure: unknown;
  await withWire(options, async ({ client }) => {
    const exchange = client.exchange(address, REQUEST);
    failure = await exchange.head.catch((error: unknown) => error);
    await assert.rejects(exchange.read(), (error) => error === failure, 'a read rejects with the same');
    assert.equal(client.openConnections, 0);
  });
  assert.ok(isSluiceError(failure), String(failure));
  return failure;
}

test('an origin that refuses is unreachable, and worth another try', async () => {
  const port = await unusedPort();
  for (const tls of [{}, { tls: { ca: secret.cert } }]) {
    const failure = await failureAt({ host: '127.0.0.1', port, ...tls });
    assert.equal(failure.code, 'origin-unreachable');
    assert.equal(failure.retryable, true);
    assert.match(failure.message, new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED`));
  }
});

test('so is an origin that refuses at each of its addresses', async (context) => {
  const [first, second] = ['127.0.0.1', '::1'];
  resolveTo(context, [
    { address: first, family: 4 },
    { address: second, family: 6 },
  ]);
  const failure = await failureAt({ host: 'two.test', port: await unusedPort() });
  assert.equal(failure.code, 'origin-unreachable');
  assert.equal(failure.retryable, true);
  assert.match(failure.message, /127\.0\.0\.1.*::1/);
});

test('and an origin whose name is not known', async (context) => {
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND none.test'), { syscall: 'getaddrinfo' });
  resolveTo(context, unknown);
  const failure = await failureAt({ host: 'none.test', port: 80 });
  assert.equal(failure.code, 'origin-unreachable');
  assert.equal(failure.retryable, true);
  assert.equal(failure.cause, unknown);
});

for (const [transport, options] of [
  ['TCP', {}],
  ['TLS', { secret }],
] as const) {
  test(`an origin that answers at its second address is read as well as any (${transport})`, async (context) => {
    await withWire(options, async ({ origin, client }) => {
      resolveTo(context, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]);
      const exchange = client.exchange({ ...origin.address, host: 'localhost' }, REQUEST);
      const peer = await origin.accepted();
      await peer.request();
      peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', Buffer.alloc(100_000, 'ab'));
      assert.deepEqual(await readWhole(exchange), Buffer.alloc(100_000, 'ab'));
    });
  });
}

test('a certificate that does not verify will not do so later', async (context) => {
  resolveTo(context, [{ address: '127.0.0.1', family: 4 }]);
  for (const [host, tls] of [
    ['127.0.0.1', {}],
    ['other.test', { ca: secret.cert }],
  ] as const) {
    await withWire({ secret }, async ({ origin, client }) => {
      const { head } = client.exchange({ host, port: origin.address.port, tls }, REQUEST);
      await assert.rejects(head, { code: 'origin-unreachable', retryable: false });
      assert.equal(client.openConnections, 0);
    });
  }
});

test('what is no TLS at all will not be so later', async () => {
  const server = net.createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const failure = await failureAt({ host: '127.0.0.1', port, tls: { ca: secret.cert } });
  assert.deepEqual([failure.code, failure.retryable], ['origin-unreachable', false]);
  server.close();
});

for (const [how, hangUp] of [
  ['ends it', (socket: net.Socket) => socket.end()],
  ['resets it', (socket: net.Socket) => socket.resetAndDestroy()],
] as const) {
  test(`a handshake is worth another try when the origin ${how}`, async () => {
    const server = net.createServer((socket) => socket.on('error', () => {}).once('data', () => hangUp(socket)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const failure = await failureAt({ host: '127.0.0.1', port, tls: { ca: secret.cert } });
    assert.deepEqual([failure.code, failure.retryable], ['origin-unreachable', true]);
    server.close();
  });
}

test('a handshake that the origin does not answer ends with the time for connecting', async () => {
  const server = net.createServer((socket) => socket.on('error', () => {}).resume());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const address = { host: '127.0.0.1', port, tls: { ca: secret.cert } };
  const failure = await failureAt(address, { connectTimeoutMs: 20 });
  assert.deepEqual([failure.code, failure.retryable], ['origin-timeout', true]);
  server.close();
  // The server's side is gone too, else it would not close.
  await once(server, 'close');
});

test('an exchange closed before its connection is made leaves nothing behind', async () => {
  for (const options of [{}, { secret }]) {
    await withWire(options, async (wire) => {
      const exchange = wire.send();
      assert.equal(wire.client.openConnections, 1);
      exchange.close();
      assert.equal(wire.client.openConnections, 0);
      await assert.rejects(exchange.head, { code: 'closed' });
      await assert.rejects(exchange.read(), { code: 'closed' });
    });
  }
});

test('a plain connection is reset, a TLS one ended, before the close returns', async () => {
  for (const [options, expected] of [
    [{}, 'reset'],
    [{ secret }, 'ended'],
  ] as const) {
    await withWire(options, async (wire) => {
      const { exchange, peer } = await wire.reach();
      const { port } = wire.origin.address;
      if (process.platform === 'linux') assert.equal(establishedConnections(port), 1);
      exchange.close();
      if (process.platform === 'linux') assert.equal(establishedConnections(port), 0);
      assert.equal(await peer.gone, expected);
    });
  }
});
