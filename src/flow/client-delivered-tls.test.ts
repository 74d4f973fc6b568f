// What a client has received over TLS, of which the kernel counts encrypted bytes: never more than its machine has, and
// exactly everything in the end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import { describeFacts } from '../kernel/tcp-trial.test-double.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { Client } from './client.ts';
import { Peer, untilTrue } from './http-trial.test-double.ts';
import type { Exchange } from './http-trial.test-double.ts';

const NEVER_MS = 600_000;
const SLAB_BYTES = 1 << 20;
const SLABS = 32;

async function begin(t: TestContext, facts: TcpFacts) {
  const secret = createSelfSigned();
  const { promise: asked, resolve } = Promise.withResolvers<Exchange>();
  const server = createServer(secret, (request, response) => resolve({ request, response })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: secret.cert });
  const peer = new Peer(socket);
  t.after(() => {
    socket.destroy();
    server.close();
    server.closeAllConnections();
  });
  peer.ask();
  const { request, response } = await asked;
  const client = new Client(request, response, { stallTimeoutMs: NEVER_MS, tcpFacts: facts });
  client.head(200, { 'content-length': String(SLABS * SLAB_BYTES) });
  return { peer, client };
}

/** One write after the other, as a flow writes; resolves when all have left, or the client has. */
async function writeAll(client: Client): Promise<void> {
  for (let count = 0; count < SLABS; count += 1) await client.write(Buffer.alloc(SLAB_BYTES, count));
}

describeFacts('what a client has received over TLS', (facts) => {
  it('never becomes less nor more than was written, and is everything in the end', async (t) => {
    const { peer, client } = await begin(t, facts);
    let seenBytes = 0;
    peer.socket.on('data', () => {
      const { bytes } = client.delivered;
      assert.ok(bytes >= seenBytes && bytes <= SLABS * SLAB_BYTES);
      seenBytes = bytes;
    });
    await writeAll(client);
    assert.ok(seenBytes > 0);
    await client.end();
    assert.equal(await client.acknowledged(NEVER_MS), true);
    assert.deepEqual(client.delivered, { bytes: SLABS * SLAB_BYTES, by: 'acknowledged' });
  });

  for (const leave of ['destroy', 'end'] as const) {
    it(`is no more than its machine has acknowledged when it hangs up in the middle (${leave})`, async (t) => {
      const { peer, client } = await begin(t, facts);
      const { socket } = client.request;
      let ackedBytes = 0;
      const destroy = socket._destroy.bind(socket);
      socket._destroy = (error, callback) => {
        ackedBytes = facts.ackedBytes(socket)!;
        destroy(error, callback);
      };
      peer.socket.on('data', () => {
        if (peer.receivedBytes > 8 * SLAB_BYTES) peer.socket.pause();
      });
      const written = writeAll(client);
      await untilTrue('a blocked write', () => peer.socket.isPaused() && socket.writableLength > 0);
      peer.socket[leave]();
      await assert.rejects(written, { code: 'closed' });
      const { bytes, by } = client.delivered;
      assert.equal(by, 'acknowledged');
      assert.ok(bytes < ackedBytes && bytes > ackedBytes - 4 * SLAB_BYTES, `${bytes} of ${ackedBytes}`);
    });
  }
});
