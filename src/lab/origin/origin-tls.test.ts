// The origin over TLS: the same answers, the same faults, and the same quick ear for a peer that leaves.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';

import type { RequestReading } from './meter.ts';
import { startOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { createSelfSigned } from './self-signed.ts';
import { syntheticBytes } from './synthetic-bytes.ts';
import { closed } from './test-client.ts';

const tls = createSelfSigned();
let origin: Origin;

before(async () => {
  origin = await startOrigin({
    credentials: undefined,
    tls,
    buckets: { lab: { objects: [{ key: 'big', size: 2 ** 40, seed: 1 }] } },
  });
});

afterEach(async () => {
  await origin.meter.until(({ connections }) => (connections.open === 0 ? true : undefined));
  origin.setFaults([]);
  origin.meter.reset();
});

after(() => origin.close());

async function begin(): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port: origin.port, ca: tls.cert });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write('GET /lab/big HTTP/1.1\r\nHost: x\r\n\r\n');
  return socket;
}

function ended(): Promise<RequestReading> {
  return origin.meter.until(({ requests }) => requests.find(({ endedAt }) => endedAt !== undefined));
}

describe('the origin over TLS', () => {
  it('has a certificate that a client who knows it accepts for this machine', () => {
    const certificate = new X509Certificate(tls.cert);
    assert.ok(certificate.verify(certificate.publicKey));
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkIP('::1'), '::1');
    assert.equal(certificate.checkHost('localhost'), 'localhost');
  });

  it('answers as without', async () => {
    assert.match(origin.url, /^https:/);
    const message = request(`${origin.url}/lab/big`, {
      agent: false,
      ca: tls.cert,
      headers: { range: 'bytes=-3000000' },
    });
    message.end();
    const [response] = (await once(message, 'response')) as [IncomingMessage];
    const body = await buffer(response);
    assert.ok(body.equals(syntheticBytes({ seed: 1, offset: 2 ** 40 - 3_000_000, length: 3_000_000 })));
    assert.equal((await ended()).complete, true);
  });

  it('notes a peer that leaves, by a FIN or by a reset', async () => {
    const polite = await begin();
    origin.setFaults([{ fault: { neverAnswer: true } }]);
    polite.end();
    polite.resume();
    assert.equal((await ended()).closedBy, 'peer');
    origin.meter.reset();

    const raw = connect({ host: '127.0.0.1', port: origin.port });
    const rude = connectTls({ socket: raw, ca: tls.cert, host: '127.0.0.1' });
    rude.on('error', () => {});
    // A server that is still writing its session tickets hears of the reset there, and reads a plain end.
    await once(rude, 'session');
    rude.write('GET /lab/big HTTP/1.1\r\nHost: x\r\n\r\n');
    await origin.meter.until(({ requests }) => requests[0]);
    raw.resetAndDestroy();
    const { closedBy, closedWith } = await ended();
    assert.deepEqual([closedBy, closedWith], ['peer', 'rst']);
  });

  it('stops a body when its peer stops reading and leaves', async () => {
    const socket = await begin();
    await once(socket, 'readable');
    socket.destroy();
    const { closedBy, bytesLeft } = await ended();
    assert.equal(closedBy, 'peer');
    assert.ok(bytesLeft < 64 << 20);
  });

  it('resets and truncates', async () => {
    for (const [fault, closedWith] of [
      [{ resetAfterBytes: 100_000 }, 'rst'],
      [{ truncateAfterBytes: 100_000 }, 'fin'],
    ] as const) {
      origin.setFaults([{ fault }]);
      const socket = await begin();
      socket.resume();
      await closed(socket);
      const { closedBy, bytesLeft, ...end } = await ended();
      assert.deepEqual([closedBy, end.closedWith, bytesLeft], ['origin', closedWith, 100_000]);
      origin.meter.reset();
    }
  });

  it('counts a connection whose TLS fails only as long as it lasts', async () => {
    const raw = connect({ host: '127.0.0.1', port: origin.port });
    raw.on('error', () => {});
    await once(raw, 'connect');
    await origin.meter.until(({ connections }) => (connections.open === 1 ? true : undefined));
    raw.write('this is no TLS at all\r\n\r\n');
    raw.resume();
    await closed(raw);
    await origin.meter.until(({ connections }) => (connections.open === 0 ? true : undefined));
  });
});
