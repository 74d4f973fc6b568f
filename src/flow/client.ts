// The side that drinks: one response and the client behind it. It is made before anything is awaited, so that no
// hang-up can come too early to be seen, and its signal closes whatever is held for the client in the same turn.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import { Delivery } from './delivery.ts';
import type { Delivered } from './delivery.ts';
import type { Drinker } from './drinker.ts';
import { onHangUp } from './hang-up.ts';
import { RateWatch } from './minimum-rate.ts';
import type { MinimumRate } from './minimum-rate.ts';
import { receiptOf } from './receipt.ts';
import { Thirst } from './thirst.ts';

/** How a transfer ended before it was complete, when it was not the source that failed. */
export type Ending = 'client-gone' | 'cut-short';

export type ClientOptions = {
  /** How long a client may leave bytes untaken before it is cut short. */
  readonly stallTimeoutMs: number;
  /** An abort cuts the transfer short. */
  readonly signal?: AbortSignal | undefined;
  /** What every answer to this client carries besides its own fields. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  /** What the kernel tells of sockets, where it does. */
  readonly tcpFacts?: TcpFacts | undefined;
  readonly clock?: Clock | undefined;
  /** The least it must take, or it is cut short. Default: nothing. */
  readonly minimumRate?: MinimumRate | undefined;
};

/** Ends by itself when its response is finished or its client has gone; until then `destroy()` ends it. */
export class Client implements Drinker {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fields: Readonly<Record<string, string>>;
  readonly #options: ClientOptions;
  readonly #controller = new AbortController();
  readonly #unwatch: () => void;
  readonly #delivery: Delivery;
  readonly #onAbort = () => this.cutShort();
  /** While the client has all that was written, waiting is not its fault. */
  readonly #onStall = () => {
    if (this.#writing) this.cutShort();
  };
  #thirst: Thirst | undefined;
  #rateWatch: RateWatch | undefined;
  #ending: Ending | undefined;
  #settled = false;
  #writing: PromiseWithResolvers<void> | undefined;
  /** What the socket's time-out was before this response; set while ours is in force. */
  #socketTimeoutMs: number | undefined;
  #flush: NodeJS.Immediate | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: ClientOptions) {
    this.request = request;
    this.response = response;
    this.fields = options.fields ?? {};
    this.#options = options;
    const { tcpFacts: facts, clock = SYSTEM_CLOCK } = options;
    const receipt = receiptOf(request.socket, { facts, clock });
    // With a request comes the acknowledgement of what was sent before it.
    receipt.look();
    this.#delivery = new Delivery(receipt);
    this.#unwatch = onHangUp(request.socket, () => this.#leave('client-gone'));
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (request.socket.destroyed || request.socket.readableEnded) this.#leave('client-gone');
    else if (options.signal?.aborted) this.#leave('cut-short');
  }

  /** Aborted as soon as nothing more can be delivered. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why nothing more can be delivered, if so. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** What of this response's content the client has received by now; it never becomes less. */
  get delivered(): Delivered {
    return this.#delivery.delivered;
  }

  get undrunkBytes(): number {
    return this.#drinking().undrunkBytes;
  }

  get unseenBytes(): number {
    return this.#drinking().unseenBytes;
  }

  get isProven(): boolean {
    return this.#drinking().isProven;
  }

  get roundTripMs(): number {
    return this.#drinking().roundTripMs;
  }

  /** A client that drinks nothing for too long is cut short meanwhile. */
  onceDrunk(callback: () => void): () => void {
    this.#watchRate();
    const stopWaiting = this.#drinking().onceDrunk(callback);
    return () => {
      this.#rateWatch?.pause();
      stopWaiting();
    };
  }

  #drinking(): Thirst {
    const { stallTimeoutMs, tcpFacts: facts, clock = SYSTEM_CLOCK } = this.#options;
    const { socket } = this.request;
    this.#thirst ??= new Thirst({ socket, facts, clock, stallTimeoutMs, onStall: () => this.cutShort() });
    return this.#thirst;
  }

  /** Where there is a least rate, it is watched while bytes wait for the client. */
  #watchRate(): void {
    const { minimumRate: rate, clock = SYSTEM_CLOCK } = this.#options;
    if (!rate) return;
    const thirst = this.#drinking();
    const takenBytes = () => thirst.takenBytes(this.#delivery.writtenBytes);
    this.#rateWatch ??= new RateWatch({ rate, clock, takenBytes, onTooSlow: () => this.cutShort() });
    this.#rateWatch.run();
  }

  /** Throws `closed` when nothing more can be delivered. To be called after every await. */
  check(): void {
    // Whoever else destroyed the connection: those who are told of it are told only in a later turn.
    if (this.request.socket.destroyed) this.#leave('client-gone');
    if (this.#ending) throw new SluiceError('closed', `the transfer ended: ${this.#ending}`);
  }

  /** Waits for this response's turn among those pipelined on its connection. Rejects with `closed`. */
  async turn(): Promise<void> {
    this.check();
    if (this.response.socket) return;
    try {
      await once(this.response, 'socket', { signal: this.signal });
    } finally {
      this.check();
    }
  }

  /** Sets the head. It leaves with the first bytes, or by itself if those are not here within this turn of the loop. */
  head(status: number, fields: Readonly<Record<string, string>>): void {
    this.check();
    // A body of another length than was promised would end in the middle of the next answer: Node throws instead.
    this.response.strictContentLength = true;
    this.response.writeHead(status, { ...this.fields, ...fields });
    this.#flush = setImmediate(() => this.response.flushHeaders());
  }

  /** Resolves when the kernel has all of `bytes`; until then they must not change. Rejects with `closed`. */
  write(bytes: Uint8Array): Promise<void> {
    this.check();
    // In line behind other responses there is no telling where on the connection these bytes will be.
    if (!this.response.socket) throw new SluiceError('misuse', 'turn() should resolve before anything is written');
    clearImmediate(this.#flush);
    const writing = Promise.withResolvers<void>();
    this.#writing = writing;
    // Before these bytes count as written, and so as taken until the socket has them.
    this.#watchRate();
    this.response.write(bytes, (error) => {
      if (error) {
        this.#leave('client-gone');
      } else {
        this.#delivery.taken(writtenBytes);
        this.#writing = undefined;
        this.#rateWatch?.pause();
        writing.resolve();
      }
    });
    // Node writes no content where there can be none.
    const writtenBytes = this.#delivery.wrote(this.request.method === 'HEAD' ? 0 : bytes.length);
    this.#watchForStall();
    return writing.promise;
  }

  /** Ends the response; resolves when the kernel has its last byte. Rejects with `closed`. */
  async end(): Promise<void> {
    this.check();
    this.#delivery.end(this.#options.stallTimeoutMs);
    this.response.end();
    await this.finished();
    this.check();
  }

  /** Resolves when a response that has been ended has left, or its client has. */
  async finished(): Promise<void> {
    clearImmediate(this.#flush);
    if (this.#settled) return;
    const { response } = this;
    try {
      // In line behind other responses it is not yet the client's to take.
      if (!response.socket && !response.writableFinished) await this.turn();
      if (!response.writableFinished) await this.#taken();
    } catch {
      // It says only what `ending` says better.
    }
    this.#settle();
  }

  async #taken(): Promise<void> {
    const finishing = Promise.withResolvers<void>();
    this.#writing = finishing;
    const onFinish = () => {
      // At once: in this turn the socket goes to the next response in line, which has a clock of its own to set.
      this.#unwatchStall();
      finishing.resolve();
    };
    this.response.once('finish', onFinish);
    this.#watchForStall();
    try {
      await finishing.promise;
    } finally {
      this.response.off('finish', onFinish);
    }
  }

  /**
   * Whether the client's machine has acknowledged all that was written. To be called when `end()` has resolved; the
   * connection may carry the next response meanwhile. Resolves to `true` when it has, and also where that cannot be told:
   * without the kernel's word, or when the connection was ended by us; `delivered` says which. Resolves to `false` when the
   * client ended the connection before, or has acknowledged nothing for as long as it may stall.
   */
  async acknowledged(timeoutMs = this.#options.stallTimeoutMs): Promise<boolean> {
    const { signal } = this.#options;
    const stopWaiting = () => this.#delivery.stopWaiting();
    const arriving = this.#delivery.arrived(timeoutMs);
    signal?.addEventListener('abort', stopWaiting, { once: true });
    if (signal?.aborted) stopWaiting();
    try {
      return await arriving;
    } finally {
      signal?.removeEventListener('abort', stopWaiting);
    }
  }

  /** Ends the transfer from our side, for a reason of ours: a shutdown, a limit. */
  cutShort(): void {
    this.#delivery.stopWaiting();
    this.#leave('cut-short');
  }

  /** Cuts the connection: what was sent so far can never be taken for the whole. */
  destroy(): void {
    this.#settle();
    this.response.destroy();
  }

  /**
   * The connection is closed before anyone is told, so that no memory that is given back can still be read by it.
   */
  #leave(ending: Ending): void {
    if (this.#settled) return;
    this.#ending = ending;
    this.destroy();
    this.request.socket.destroy();
    this.#controller.abort();
    this.#writing?.reject(new SluiceError('closed', `the transfer ended: ${ending}`));
  }

  #settle(): void {
    this.#settled = true;
    this.#rateWatch?.pause();
    this.#unwatchStall();
    clearImmediate(this.#flush);
    this.#unwatch();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  /**
   * Node's own clock of the socket stands still for no part of a write that the kernel takes, however slowly: a reader
   * that is only slow never runs it out, and one that has stopped does within twice the time.
   */
  #watchForStall(): void {
    const { socket } = this.response;
    if (!socket || this.#socketTimeoutMs !== undefined) return;
    this.#socketTimeoutMs = socket.timeout ?? 0;
    this.response.on('timeout', this.#onStall);
    socket.setTimeout(this.#options.stallTimeoutMs);
  }

  /** Leaves the socket's clock as it was, unless the server has set it anew for its wait for the next request. */
  #unwatchStall(): void {
    const { socket } = this.request;
    const before = this.#socketTimeoutMs;
    this.response.off('timeout', this.#onStall);
    this.#socketTimeoutMs = undefined;
    if (before !== undefined && socket.timeout === this.#options.stallTimeoutMs) socket.setTimeout(before);
  }
}
