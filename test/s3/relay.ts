// A TCP relay in front of a server under test, which passes its bytes on as they are and misbehaves on request: it
// holds requests back, falls silent or cuts in the middle of a body, or asks for another range than it was asked for.
// It relies on the client: one request at a time on a connection, whose head is written at once.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What happens to the next GET of a path. */
export type Mischief = 'silence' | 'cut' | 'another-range';

export class Relay {
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #target: { readonly host: string; readonly port: number };
  readonly #clients = new Set<Socket>();
  readonly #mischief = new Map<string, Mischief>();
  #holds = false;
  /** Bytes that have come from the server for clients, heads among them. */
  sentBytes = 0;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  /** Starts to listen; returns the URL. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that clients have open. */
  get openCount(): number {
    return this.#clients.size;
  }

  /** From now on no request is passed on. */
  hold(): void {
    this.#holds = true;
  }

  /** `path` is as it goes on the wire. */
  plan(path: string, mischief: Mischief): void {
    this.#mischief.set(path, mischief);
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const upstream = connect(this.#target);
    this.#clients.add(client);
    const answer = new AnswerRelay(client, upstream);
    client.on('data', (bytes: Buffer) => {
      if (this.#holds) return;
      const head = bytes.toString('latin1');
      const [, path = ''] = /^GET (\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
      const mischief = this.#mischief.get(path);
      this.#mischief.delete(path);
      if (mischief === 'another-range') upstream.write(toBesides(head), 'latin1');
      else upstream.write(bytes);
      if (mischief === 'silence' || mischief === 'cut') answer.stopInTheMiddle(mischief);
    });
    upstream.on('data', (bytes: Buffer) => {
      this.sentBytes += bytes.length;
      answer.pass(bytes);
    });
    client.on('drain', () => upstream.resume());
    client.on('error', () => {});
    upstream.on('error', () => {});
    client.on('close', () => {
      this.#clients.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => client.end());
  }
}

/** The way back: everything, or the head and half of the body. */
class AnswerRelay {
  readonly #client: Socket;
  readonly #upstream: Socket;
  #ending: 'silence' | 'cut' | undefined;
  #head = '';
  #leftBytes = Number.POSITIVE_INFINITY;

  constructor(client: Socket, upstream: Socket) {
    this.#client = client;
    this.#upstream = upstream;
  }

  stopInTheMiddle(ending: 'silence' | 'cut'): void {
    this.#ending = ending;
  }

  pass(bytes: Buffer): void {
    const passed = this.#ending ? bytes.subarray(0, this.#allow(bytes)) : bytes;
    if (passed.length > 0 && !this.#client.write(passed)) this.#upstream.pause();
    if (this.#leftBytes > 0) return;
    this.#upstream.pause();
    if (this.#ending === 'cut') this.#client.end();
  }

  /** How many of these bytes are before the middle of the body. */
  #allow(bytes: Buffer): number {
    if (this.#leftBytes === Number.POSITIVE_INFINITY) {
      const before = this.#head.length;
      this.#head += bytes.toString('latin1');
      const bodyAt = this.#head.indexOf('\r\n\r\n') + 4;
      if (bodyAt < 4) return bytes.length;
      const [, length = '0'] = /\r\ncontent-length: *(\d+)\r\n/i.exec(this.#head) ?? [];
      this.#leftBytes = bodyAt - before + Math.ceil(Number(length) / 2);
    }
    const allowed = Math.min(bytes.length, this.#leftBytes);
    this.#leftBytes -= allowed;
    return allowed;
  }
}

/** The same request for the range beside. */
function toBesides(head: string): string {
  return head.replace(/\r\nrange: bytes=(\d+)-(\d+)\r\n/, (_field, first: string, last: string) => {
    return `\r\nrange: bytes=${Number(first) + 1}-${Number(last) + 1}\r\n`;
  });
}
