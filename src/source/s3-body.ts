// One range of one version of an S3 object: asks until the origin answers rightly, then passes its slabs on.
// Only the time before the first byte is retried here; after it, the bytes belong to whoever reads them.
import { SluiceError, isSluiceError } from '../errors.ts';
import type { Exchange } from '../wire/exchange.ts';
import { withRetries } from './retry.ts';
import type { RetryPolicy } from './retry.ts';
import { checkAnswer, toAnswerError } from './s3-answer.ts';
import type { Fields } from './s3-signer.ts';
import type { Body, Chunk, OpenRequest } from './source.ts';

export type S3BodyOptions = {
  readonly retry: RetryPolicy;
  /** What authenticates the request; it may have to wait for credentials. */
  readonly sign: () => Fields | Promise<Fields>;
  readonly send: (signed: Fields) => Exchange;
  /** Told when the origin refuses us. */
  readonly denied: () => void;
};

/** One for all: closing is common and must be cheap, and where it came from says nothing. */
const CLOSED = new SluiceError('closed', 'the body was closed');

/** Begins to ask at once. See the contract in source.ts for who closes it. */
export class S3Body implements Body {
  readonly opened: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #request: OpenRequest;
  readonly #options: S3BodyOptions;
  #givingUp: AbortController | undefined;
  readonly #onAbort = () => this.close();
  #exchange: Exchange | undefined;
  #isOpen = false;
  #reading = false;
  /** Of the range, not of what the origin may send beyond it. */
  #leftBytes: number;
  #failure: unknown;

  constructor(request: OpenRequest, options: S3BodyOptions) {
    this.#request = request;
    this.#options = options;
    this.#leftBytes = request.range.end - request.range.start;
    this.opened = this.#opening.promise;
    this.opened.catch(() => {});
    if (request.signal.aborted) {
      this.close();
      return;
    }
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#open().then(
      () => {
        this.#isOpen = true;
        this.#opening.resolve();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  get receivedBytes(): number {
    return this.#exchange?.receivedBytes ?? 0;
  }

  async read(): Promise<Chunk | undefined> {
    if (this.#reading) throw new SluiceError('misuse', 'a read is already pending');
    this.#reading = true;
    try {
      if (!this.#isOpen) await this.opened;
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#leftBytes === 0 ? undefined : await this.#exchange?.read();
      if (chunk) return this.#take(chunk);
      this.#stopListening();
      return undefined;
    } catch (error) {
      this.#fail(error);
      throw this.#failure;
    } finally {
      this.#reading = false;
    }
  }

  close(): void {
    if (this.#failure !== undefined) return;
    this.#fail(CLOSED);
  }

  async #open(): Promise<void> {
    if (this.#leftBytes > 0) await withRetries(this.#options.retry, this.#signalRetries, () => this.#ask());
  }

  /** Cuts off what an origin sends beyond the range, and lets go of such an origin. */
  #take(chunk: Chunk): Chunk {
    const surplusBytes = chunk.bytes.length - this.#leftBytes;
    this.#leftBytes = Math.max(0, -surplusBytes);
    if (this.#leftBytes === 0) this.#exchange?.close();
    if (surplusBytes <= 0) return chunk;
    return { bytes: chunk.bytes.subarray(0, -surplusBytes), release: () => chunk.release() };
  }

  async #ask(): Promise<void> {
    const signed = this.#options.sign();
    const fields = signed instanceof Promise ? await signed : signed;
    if (this.#failure !== undefined) throw this.#failure;
    const exchange = this.#options.send(fields);
    this.#exchange = exchange;
    try {
      const head = await exchange.head;
      if (head.status !== 200 && head.status !== 206) throw await toAnswerError(head, exchange);
      checkAnswer(head, this.#request.range, this.#request.version);
    } catch (error) {
      exchange.close();
      if (isSluiceError(error, 'origin-denied')) this.#options.denied();
      throw error;
    }
  }

  /** Made only when there is a pause between attempts to be cut. */
  readonly #signalRetries = (): AbortSignal => {
    this.#givingUp ??= new AbortController();
    return this.#givingUp.signal;
  };

  #stopListening(): void {
    this.#request.signal.removeEventListener('abort', this.#onAbort);
  }

  /** The first failure stays; whatever it is, everything that is held is let go in this turn. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#stopListening();
    this.#opening.reject(this.#failure);
    this.#exchange?.close();
    this.#givingUp?.abort();
  }
}
