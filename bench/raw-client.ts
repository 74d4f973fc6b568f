// A client that reads exactly as far as it is told and leaves when it is told: a bare socket, so that nothing but the
// kernel's own buffers holds what it has not read.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const END_OF_HEAD = '\r\n\r\n';

/** Longer than any head that a server sends here. */
const MAX_HEAD_BYTES = 16 << 10;

export type RawClientOptions = {
  /** What is read at a time. A small one takes little more than was asked for. */
  readonly readBytes: number;
  /** Sees the bodies' bytes, and where in its body they stand. They are there during the call alone. */
  readonly onBody?: (bytes: Uint8Array, offset: number) => void;
};

export type Head = {
  readonly status: number;
  /** Of the content; 0 where the head does not say. */
  readonly contentLength: number;
  /** When its first byte came, by `performance.now()`. */
  readonly firstByteAtMs: number;
};

/** Its owner calls `reset()`, `close()` or `end()`, whichever way it should leave. */
export class RawClient {
  readonly #socket: Socket;
  readonly #closed: Promise<never>;
  readonly #host: string;
  readonly #onBody: RawClientOptions['onBody'];
  #headText = '';
  #head: Head | undefined;
  #firstByteAtMs = 0;
  #bodyBytes = 0;
  /** What is waited for: to be so far in the body. */
  #wanted: { readonly bytes: number; readonly reached: PromiseWithResolvers<void> } | undefined;

  private constructor(url: URL, { readBytes, onBody }: RawClientOptions) {
    this.#host = url.host;
    this.#onBody = onBody;
    const callback = (length: number, buffer: Uint8Array) => this.#read(buffer.subarray(0, length));
    const onread = { buffer: Buffer.allocUnsafeSlow(readBytes), callback };
    this.#socket = connect({ host: url.hostname, port: Number(url.port), onread });
    this.#socket.pause();
    this.#socket.setNoDelay(true);
    this.#closed = once(this.#socket, 'close').then(() => {
      throw new Error(`the connection ended ${this.#bodyBytes} bytes into the content`);
    });
    // Nobody may be waiting for anything when it ends.
    this.#closed.catch(() => {});
    this.#socket.on('error', () => {});
  }

  static async connect(url: string, options: RawClientOptions): Promise<RawClient> {
    const client = new RawClient(new URL(url), options);
    await Promise.race([once(client.#socket, 'connect'), client.#closed]);
    return client;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Asks for a path; for a range of it, if one is given as the field has it. The answer before must be read. */
  ask(path: string, range?: string): void {
    this.#headText = '';
    this.#head = undefined;
    this.#bodyBytes = 0;
    const rangeField = range === undefined ? '' : `Range: ${range}\r\n`;
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${rangeField}\r\n`);
  }

  /** Reads until the head and so many bytes of the content are here, and no further. Rejects when they do not come. */
  async take(bytes: number): Promise<Head> {
    const reached = Promise.withResolvers<void>();
    this.#wanted = { bytes, reached };
    if (this.#isFar(bytes)) return this.#head!;
    this.#socket.resume();
    await Promise.race([reached.promise, this.#closed]);
    return this.#head!;
  }

  /** Reads to the end of the answer. */
  async takeAll(): Promise<Head> {
    const { contentLength } = await this.take(0);
    return this.take(contentLength);
  }

  /** Leaves by a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Leaves by closing the socket: an orderly end, or, with bytes here that were never read, a reset. */
  close(): void {
    this.#socket.destroy();
  }

  /** Says that it will send nothing more; its socket closes when the other side does so too. */
  end(): void {
    this.#socket.end();
  }

  /** Answers whether to go on. */
  #read(bytes: Uint8Array): boolean {
    const body = this.#head ? bytes : this.#readHead(bytes);
    if (body && body.length > 0) {
      this.#onBody?.(body, this.#bodyBytes);
      this.#bodyBytes += body.length;
    }
    if (!this.#wanted || !this.#isFar(this.#wanted.bytes)) return true;
    this.#wanted.reached.resolve();
    return false;
  }

  /** What of the bytes is content. */
  #readHead(bytes: Uint8Array): Uint8Array | undefined {
    if (this.#headText === '') this.#firstByteAtMs = performance.now();
    const before = this.#headText.length;
    this.#headText += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const end = this.#headText.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (this.#headText.length > MAX_HEAD_BYTES) this.#socket.destroy(new Error('the head has no end'));
      return undefined;
    }
    const head = this.#headText.slice(0, end);
    const contentLength = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0);
    this.#head = { status: Number(head.slice(9, 12)), contentLength, firstByteAtMs: this.#firstByteAtMs };
    return bytes.subarray(end + END_OF_HEAD.length - before);
  }

  #isFar(bytes: number): boolean {
    return this.#head !== undefined && this.#bodyBytes >= bytes;
  }
}
