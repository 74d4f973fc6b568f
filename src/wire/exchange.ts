// One request and its response: waits for a connection, sends, reads the head, then the body as its reader pulls.
// At most two slabs are held ahead of the reader; when they are full the socket is paused, and TCP tells the origin.
import { SluiceError } from '../errors.ts';
import { ChunkedDecoder } from './chunked.ts';
import type { Connection, ConnectionUser } from './connection.ts';
import type { ExchangeOptions, ExchangeWishes } from './exchange-options.ts';
import { staysOpen, toFraming } from './framing.ts';
import type { Framing } from './framing.ts';
import type { ConnectionWaiter, HostPool } from './host-pool.ts';
import { Inbox } from './inbox.ts';
import type { WireChunk } from './inbox.ts';
import { ResponseHeadReader } from './response-head.ts';
import type { ResponseHead } from './response-head.ts';
import type { WireRequest } from './request.ts';

/** Interim responses (RFC 9110 §15.2) are skipped; more than a few are no sign of progress. */
const MAX_INTERIM_RESPONSES = 8;

/** One for all: closing is common and must be cheap, and where it came from says nothing. */
const CLOSED = new SluiceError('closed', 'the exchange was closed');

type State = 'waiting' | 'head' | 'body' | 'ended' | 'failed';

/** Its holder reads it to its end or calls `close()`. */
export class Exchange implements ConnectionWaiter, ConnectionUser {
  /** Rejects with what kept the origin from answering. */
  readonly head: Promise<ResponseHead>;
  /** Bytes of the body that have come, framing excluded. */
  receivedBytes = 0;
  readonly #pool: HostPool;
  readonly #request: WireRequest;
  readonly #options: ExchangeOptions;
  readonly #inbox: Inbox;
  readonly #headReader = new ResponseHeadReader();
  readonly #headPromise = Promise.withResolvers<ResponseHead>();
  #state: State = 'waiting';
  #giveUpWaiting: () => void = () => {};
  #connection: Connection | undefined;
  #sawBytes = false;
  #retried = false;
  #interimResponses = 0;
  #framing: Framing = { kind: 'none' };
  #reusable = false;
  #leftBytes = 0;
  #decoder: ChunkedDecoder | undefined;
  #paused = false;
  #failure: SluiceError | undefined;
  #reader: PromiseWithResolvers<WireChunk | undefined> | undefined;
  #delivery: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: HostPool, request: WireRequest, options: ExchangeOptions & ExchangeWishes) {
    this.#pool = pool;
    this.#request = request;
    this.#options = options;
    this.#inbox = new Inbox(options.slabs, options.slabBytes);
    this.head = this.#headPromise.promise;
    this.head.catch(() => {});
    this.#acquire({ fresh: options.fresh ?? false });
  }

  /** The next bytes of the body, `undefined` after the last. Waits for the head by itself. */
  read(): Promise<WireChunk | undefined> {
    if (this.#reader) return Promise.reject(new SluiceError('misuse', 'a read is already pending'));
    // A partly filled slab is given out at the end of this turn of the loop: more is often here already, and a
    // small range or the records of TLS then go on as one piece.
    const whole = this.#inbox.full || this.#state !== 'body';
    const chunk = whole ? this.#inbox.take() : undefined;
    if (chunk) {
      if (this.#paused) {
        this.#paused = false;
        this.#connection?.resume();
      }
      return Promise.resolve(chunk);
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#state === 'ended') return Promise.resolve(undefined);
    this.#reader = Promise.withResolvers();
    if (this.#state === 'body') this.#watchForStall();
    if (!this.#inbox.empty) this.#deliverSoon();
    return this.#reader.promise;
  }

  /**
   * Lets go in O(1). Bytes that are here are dropped, and none is waited for: the connection lives on only if the
   * whole response has already come, and then it has been given back already.
   */
  close(): void {
    this.#fail(CLOSED);
    this.#inbox.drop();
  }

  acquired(connection: Connection): void {
    this.#connection = connection;
    this.#state = 'head';
    this.#timer = setTimeout(() => {
      const message = `the origin did not answer within ${this.#options.headTimeoutMs} ms`;
      this.#fail(new SluiceError('origin-timeout', message, { retryable: true }));
    }, this.#options.headTimeoutMs);
    connection.begin(this, this.#request.head);
  }

  refused(error: SluiceError): void {
    this.#fail(error);
  }

  room(): Buffer | undefined {
    return this.#state === 'body' ? this.#inbox.room(this.#wantBytes()) : undefined;
  }

  filled(bytes: number): boolean {
    return this.#guard(() => this.#bodyArrived(bytes));
  }

  received(bytes: Buffer): boolean {
    return this.#guard(() => {
      const rest = this.#state === 'head' ? this.#headArrived(bytes) : bytes;
      if (!rest) return;
      if (this.#state === 'body') this.#copyToInbox(rest);
      else this.#finish({ surplusBytes: rest.length });
    });
  }

  ended(cause: Error | undefined): void {
    const connection = this.#connection!;
    this.#connection = undefined;
    if (this.#state === 'head') {
      clearTimeout(this.#timer);
      // A kept connection may die while the request is on its way; the origin has not seen it (RFC 9112 §9.3.1).
      if (connection.uses > 1 && !this.#sawBytes && !this.#retried) {
        this.#retried = true;
        this.#acquire({ fresh: true });
        return;
      }
      const message = 'the origin closed the connection before its answer was whole';
      this.#fail(new SluiceError('origin-unreachable', message, { retryable: true, cause }));
    } else if (this.#framing.kind === 'until-close' && cause === undefined) {
      this.#finish({ surplusBytes: 0 });
    } else {
      const missing = this.#framing.kind === 'length' ? `, ${this.#leftBytes} bytes short` : '';
      const message = `the origin ended the body early${missing}`;
      this.#fail(new SluiceError('truncated', message, { retryable: true, cause }));
    }
  }

  #acquire({ fresh }: { readonly fresh: boolean }): void {
    this.#state = 'waiting';
    this.#giveUpWaiting = this.#pool.acquire(this, { fresh });
  }

  /** Takes bytes as part of the head. Returns those that follow it, or `undefined` while it is not whole. */
  #headArrived(bytes: Buffer): Buffer | undefined {
    this.#sawBytes = true;
    const read = this.#headReader.push(bytes);
    if (!read) return undefined;
    const rest = bytes.subarray(read.consumedBytes);
    if (read.head.status >= 200) {
      this.#beginBody(read.head);
      return rest;
    }
    this.#interimResponses += 1;
    if (read.head.status === 101 || this.#interimResponses > MAX_INTERIM_RESPONSES) {
      throw new SluiceError(
        'origin-invalid',
        `the origin sent an interim response ${read.head.status} that leads nowhere`,
      );
    }
    return rest.length > 0 ? this.#headArrived(rest) : undefined;
  }

  #beginBody(head: ResponseHead): void {
    this.#framing = toFraming(this.#request.method, head);
    this.#reusable = staysOpen(head, this.#framing);
    this.#leftBytes = this.#framing.kind === 'length' ? this.#framing.bytes : 0;
    this.#decoder = this.#framing.kind === 'chunked' ? new ChunkedDecoder() : undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#state = 'body';
    this.#headPromise.resolve(head);
    const empty = this.#framing.kind === 'none' || (this.#framing.kind === 'length' && this.#leftBytes === 0);
    if (empty) this.#state = 'ended';
    else if (this.#reader) this.#watchForStall();
  }

  #copyToInbox(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#state === 'body';) {
      const copied = bytes.copy(this.#inbox.room(this.#wantBytes()), 0, at);
      at += copied;
      this.#bodyArrived(copied);
    }
  }

  /** Accounts for `bytes` that have come into the inbox's room. */
  #bodyArrived(bytes: number): void {
    let bodyBytes = bytes;
    let surplusBytes = 0;
    if (this.#decoder) {
      ({ bodyBytes, surplusBytes } = this.#decoder.decode(this.#inbox.room(0), 0, bytes));
    } else if (this.#framing.kind === 'length') {
      bodyBytes = Math.min(bytes, this.#leftBytes);
      surplusBytes = bytes - bodyBytes;
      this.#leftBytes -= bodyBytes;
    }
    this.receivedBytes += bodyBytes;
    this.#inbox.advance(bodyBytes, this.#wantBytes());
    const whole = this.#decoder ? this.#decoder.ended : this.#framing.kind === 'length' && this.#leftBytes === 0;
    if (whole) this.#finish({ surplusBytes });
    else if (this.#reader && this.#inbox.full) this.#deliver();
    else if (this.#reader && bodyBytes > 0) this.#deliverSoon();
  }

  #wantBytes(): number {
    return this.#framing.kind === 'length' ? this.#leftBytes : Number.MAX_SAFE_INTEGER;
  }

  /** The response is whole: its connection goes back before anyone has read the last bytes. */
  #finish({ surplusBytes }: { readonly surplusBytes: number }): void {
    this.#state = 'ended';
    clearTimeout(this.#timer);
    this.#inbox.seal();
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#reusable && surplusBytes === 0) connection?.free();
    else connection?.destroy();
    this.#deliver();
  }

  #deliverSoon(): void {
    this.#delivery ??= setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    clearImmediate(this.#delivery);
    this.#delivery = undefined;
    const reader = this.#reader;
    if (!reader) return;
    const chunk = this.#failure?.code === 'closed' ? undefined : this.#inbox.take();
    if (!chunk && this.#state !== 'ended' && !this.#failure) return;
    this.#reader = undefined;
    if (this.#failure && !chunk) reader.reject(this.#failure);
    else reader.resolve(chunk);
  }

  /** Ends it with an error, after which only bytes that came before are read. */
  #fail(error: SluiceError): void {
    if (this.#failure || (this.#state === 'ended' && error.code !== 'closed')) return;
    this.#failure = error;
    this.#state = 'failed';
    clearTimeout(this.#timer);
    this.#giveUpWaiting();
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection?.fillsOnAfterDestroy) setImmediate(this.#inbox.holdRoom());
    connection?.destroy();
    this.#headPromise.reject(error);
    // A reader may still want what came before the failure.
    this.#inbox.seal();
    this.#deliver();
  }

  #watchForStall(): void {
    if (this.#timer) {
      this.#timer.refresh();
      return;
    }
    const { stallTimeoutMs } = this.#options;
    this.#timer = setTimeout(() => {
      if (!this.#reader) return;
      const message = `the origin sent nothing for ${stallTimeoutMs} ms in the middle of a body`;
      this.#fail(new SluiceError('stalled', message, { retryable: true }));
    }, stallTimeoutMs);
  }

  /** Runs a step of reading; what breaks the protocol ends the exchange. Returns whether to go on reading. */
  #guard(step: () => void): boolean {
    try {
      step();
    } catch (error) {
      const unexpected = new SluiceError('origin-invalid', 'the response could not be read', { cause: error });
      this.#fail(error instanceof SluiceError ? error : unexpected);
      return false;
    }
    this.#paused = this.#state === 'body' && this.#inbox.full && !this.#reader;
    return !this.#paused;
  }
}
