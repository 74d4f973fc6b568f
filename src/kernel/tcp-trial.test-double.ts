// What tests of the facts need: the facts, or a test that says why there are none; a connection over loopback, both ends
// of it here; and a second opinion on what the kernel holds of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { connect, createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { GUARDED } from '../flow/http-trial.test-double.ts';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { openTcpFacts } from './tcp.ts';
import type { TcpFacts } from './tcp.ts';

export type Connection = {
  /** The end that was accepted, as a gateway's client is. */
  readonly ours: Socket;
  /** The end that called, paused: it takes nothing until it is resumed. */
  readonly peer: Socket;
};

/** A suite over the facts. On a system that has none, it is one test: that this is so, and for the right reason. */
export function describeFacts(name: string, define: (facts: TcpFacts) => void): void {
  const opened = openTcpFacts();
  if ('facts' in opened) {
    describe(name, GUARDED, () => define(opened.facts));
    return;
  }
  test(`${name}: there are none here`, () => {
    const { platform, arch } = process;
    const here = platform === 'linux' ? arch : platform;
    const reason = ['x64', 'arm64'].includes(here) ? 'this runtime has no node:ffi' : `this is ${here}`;
    assert.ok(opened.reason.endsWith(reason), opened.reason);
    assert.equal(reason.endsWith('node:ffi') && isBuiltin('node:ffi'), false, 'there is one');
  });
}

/** Both ends end with the test, in whatever state it left them. */
export async function openConnection(
  t: TestContext,
  at: ListenOptions = { host: '127.0.0.1', port: 0 },
): Promise<Connection> {
  const server = createServer();
  server.listen(at);
  await once(server, 'listening');
  const address = server.address();
  const peer = typeof address === 'string' ? connect(address) : connect(address!.port, '127.0.0.1');
  peer.pause();
  const [[ours]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [[Socket], unknown];
  server.close();
  t.after(() => {
    ours.destroy();
    peer.destroy();
  });
  return { ours, peer };
}

/** As `openConnection`, with TLS over it: the handshake is done. */
export async function openTls(t: TestContext): Promise<{ readonly ours: TLSSocket; readonly peer: TLSSocket }> {
  const secret = createSelfSigned();
  const server = createTlsServer(secret).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connectTls({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: secret.cert });
  peer.pause();
  const [ours] = (await once(server, 'secureConnection')) as [TLSSocket];
  server.close();
  t.after(() => {
    ours.destroy();
    peer.destroy();
  });
  return { ours, peer };
}

/** The number that the kernel knows the socket by, as long as it is open. */
export function descriptorOf(socket: Socket): number | undefined {
  return (socket as Socket & { readonly _handle?: { readonly fd: number } | null })._handle?.fd;
}

/** What the kernel holds to be sent or acknowledged: the `tx_queue` of /proc/net/tcp (proc_net_tcp of its documents). */
export function sendQueueBytes(socket: Socket): number {
  return queueBytes(socket, 0);
}

/** What the kernel has received and acknowledged, and the program has not read: the `rx_queue` there. */
export function receiveQueueBytes(socket: Socket): number {
  return queueBytes(socket, 1);
}

function queueBytes({ localPort, remotePort }: Socket, index: number): number {
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local, remote, , queues] = line.trim().split(/\s+/);
    if (portOf(local) === localPort && portOf(remote) === remotePort) return parseInt(queues!.split(':')[index]!, 16);
  }
  throw new Error(`the kernel knows no connection from port ${localPort} to ${remotePort}`);
}

function portOf(address: string | undefined): number {
  return parseInt(address?.split(':')[1] ?? '', 16);
}
