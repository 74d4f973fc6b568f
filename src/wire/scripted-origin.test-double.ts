// An origin whose every byte a test dictates: a TCP or TLS server that answers nothing by itself. A test takes one
// connection after the other, waits for its requests, and sends what it likes, cut where it likes.
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { OriginAddress } from './connection.ts';

/** PEM. */
export type KeyAndCertificate = { readonly key: string; readonly cert: string };

function toBytes(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
}

/** Things that come one by one and are taken one by one, whichever side is first. */
class Line<T> {
  readonly #here: T[] = [];
  readonly #takers: ((value: T) => void)[] = [];

  put(value: T): void {
    const taker = this.#takers.shift();
    if (taker) taker(value);
    else this.#here.push(value);
  }

  take(): Promise<T> {
    const value = this.#here.shift();
    return value === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(value);
  }
}

/** The origin's side of one connection. */
export class Peer {
  /** How the client let go of it: a reset, or an orderly end. */
  readonly gone: Promise<'reset' | 'ended'>;
  readonly #socket: net.Socket;
  readonly #requests = new Line<string>();
  #text = '';
  #isGone = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    let reset = false;
    socket.on('error', (error) => {
      reset ||= 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    });
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isGone = true;
        resolve(reset ? 'reset' : 'ended');
      });
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** The next request that comes on it: its line and its fields. */
  request(): Promise<string> {
    return this.#requests.take();
  }

  send(...pieces: readonly (string | Uint8Array)[]): void {
    this.#socket.write(Buffer.concat(pieces.map(toBytes)));
  }

  /** Sends, and resolves when the kernel has it. */
  sent(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(Buffer.concat(pieces.map(toBytes)), () => resolve());
    });
  }

  /** Ends it in an orderly way, after what was sent. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks it off. TLS has no reset of its own: there it is cut without one. */
  cut(): void {
    if (this.#socket instanceof tls.TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #take(bytes: Buffer): void {
    const requests = (this.#text + bytes.toString('latin1')).split('\r\n\r\n');
    this.#text = requests.pop() ?? '';
    for (const request of requests) this.#requests.put(request);
  }
}

export class ScriptedOrigin {
  readonly address: OriginAddress;
  readonly #server: net.Server;
  readonly #arrivals = new Line<Peer>();
  readonly #peers: Peer[] = [];

  private constructor(server: net.Server, ca: string | undefined) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.address = { host: '127.0.0.1', port, ...(ca === undefined ? {} : { tls: { ca } }) };
    server.on(ca === undefined ? 'connection' : 'secureConnection', (socket: net.Socket) => {
      const peer = new Peer(socket);
      this.#peers.push(peer);
      this.#arrivals.put(peer);
    });
  }

  static async start(secret?: KeyAndCertificate): Promise<ScriptedOrigin> {
    const server = secret ? tls.createServer({ ...secret, noDelay: true }) : net.createServer({ noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new ScriptedOrigin(server, secret?.cert);
  }

  /** The next connection that a client has made. */
  accepted(): Promise<Peer> {
    return this.#arrivals.take();
  }

  /** How many connections have been made to it so far. */
  get acceptedCount(): number {
    return this.#peers.length;
  }

  /** Resolves when no connection is left. */
  async untilAllGone(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.gone));
  }

  /** Takes no more connections: whoever tries is refused. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const peer of this.#peers) peer.cut();
    await closed;
  }
}
