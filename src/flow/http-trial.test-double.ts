// One test of what stands behind a response: a real HTTP server on loopback, clients that are bare sockets, so that they
// can hang up in every way there is, and the checks that nothing is left of what was made.
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A wait that takes longer than this is called a hang. */
const HANG_MS = 10_000;

/** For every suite: a promise that never settles fails its test, and does not hold up the rest. */
export const GUARDED = { timeout: 60_000 } as const;

/** More than the kernel buffers on loopback (tcp_wmem and tcp_rmem grow to some 10 MiB), so that a write of it blocks. */
export const BLOCKING_BYTES = 32 << 20;

export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

/** A response that came whole. Names of fields are in lower case. */
export type Answer = {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly content: Buffer;
};

/** Waits for something that no event tells of, turn by turn of the loop. */
export async function untilTrue(what: string, isTrue: () => boolean): Promise<void> {
  for (const deadline = performance.now() + HANG_MS; !isTrue(); await nextTurn()) {
    assert.ok(performance.now() < deadline, `${what}: still waiting after ${HANG_MS} ms`);
  }
}

/** How many listeners there are on each, by name of event: to compare before with after. */
export function countListeners(target: EventEmitter | AbortSignal): Readonly<Record<string, number>> {
  if (target instanceof AbortSignal) return { abort: getEventListeners(target, 'abort').length };
  return Object.fromEntries(target.eventNames().map((name) => [String(name), target.listenerCount(name)]));
}

/** The client's end of a connection. */
export class Peer {
  readonly socket: Socket;
  /** Settles when the server has ended the connection, in whatever way. */
  readonly ended: Promise<void>;
  #parts: Buffer[] = [];
  #receivedBytes = 0;
  #wasReset = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => socket.once('end', resolve).once('close', () => resolve()));
    socket.on('data', (bytes: Buffer) => {
      this.#parts.push(bytes);
      this.#receivedBytes += bytes.length;
    });
    socket.on('error', () => (this.#wasReset = true));
  }

  /** What has come and was not taken as an answer. */
  get received(): Buffer {
    const received = Buffer.concat(this.#parts);
    this.#parts = [received];
    return received;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get wasReset(): boolean {
    return this.#wasReset;
  }

  /** Asks for a path. Further lines are fields. */
  ask(path = '/', { method = 'GET', fields = [] }: { method?: string; fields?: readonly string[] } = {}): void {
    this.socket.write([`${method} ${path} HTTP/1.1`, 'Host: test', ...fields, '', ''].join('\r\n'), 'latin1');
  }

  async untilReceived(bytes: number): Promise<void> {
    await untilTrue(`${bytes} bytes`, () => this.#receivedBytes >= bytes);
  }

  /** Takes the next answer off, and fails if the connection ends before it is whole. */
  async answer({ hasContent = true }: { readonly hasContent?: boolean } = {}): Promise<Answer> {
    const headEnd = () => this.received.indexOf('\r\n\r\n');
    await untilTrue(
      'the head of an answer',
      () => headEnd() >= 0 || this.socket.readableEnded || this.socket.destroyed,
    );
    assert.ok(headEnd() >= 0, 'the connection ended before the head of an answer');
    const [statusLine = '', ...lines] = this.received.toString('latin1', 0, headEnd()).split('\r\n');
    const fields = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    const start = headEnd() + 4;
    const end = start + (hasContent ? Number(fields['content-length'] ?? 0) : 0);
    await untilTrue(
      'the content of an answer',
      () => this.#receivedBytes >= end || this.socket.readableEnded || this.socket.destroyed,
    );
    assert.ok(this.#receivedBytes >= end, 'the connection ended before the content was whole');
    const content = this.received.subarray(start, end);
    this.#parts = [this.received.subarray(end)];
    this.#receivedBytes -= end;
    return { status: Number(statusLine.split(' ')[1]), fields, content };
  }
}

export class HttpTrial {
  readonly server: Server;
  readonly #requests: Exchange[] = [];
  readonly #peers: Peer[] = [];
  #nextRequest = 0;

  private constructor(server: Server) {
    this.server = server;
  }

  /** A server that hands its requests to `listener`, or to whoever calls `nextRequest()`. It ends with the test. */
  static async start(t: TestContext, listener?: RequestListener): Promise<HttpTrial> {
    const trial = new HttpTrial(createServer());
    trial.server.on('request', listener ?? ((request, response) => trial.#requests.push({ request, response })));
    trial.server.listen(0, '127.0.0.1');
    await once(trial.server, 'listening');
    t.after(() => trial.#end());
    return trial;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Requests in the order in which they came, each given once. */
  async nextRequest(): Promise<Exchange> {
    const index = this.#nextRequest;
    this.#nextRequest += 1;
    await untilTrue('a request', () => this.#requests.length > index);
    return this.#requests[index]!;
  }

  /** A client that closes its side only when it is told to. */
  async connect(): Promise<Peer> {
    const socket = connect({ host: '127.0.0.1', port: this.port, allowHalfOpen: true });
    const peer = new Peer(socket);
    this.#peers.push(peer);
    await once(socket, 'connect');
    return peer;
  }

  async #end(): Promise<void> {
    for (const { socket } of this.#peers) socket.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
