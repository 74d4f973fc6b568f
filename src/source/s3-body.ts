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

/** Begins to ask at once. See the contract in source.ts for who closes it. */
export class S3Body implements Body {
  readonly opened: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #request: OpenRequest;
  readonly #options: S3BodyOptions;
  readonly #closing = new AbortController();
  readonly #onAbort = () => this.close();
  #exchange: Exchange | undefined;
  #isOpen = false;
  #reading = false;
  #ended = false;
  #failure: unknown;

  constructor(request: OpenRequest, options: S3BodyOptions) {
    this.#request = request;
    this.#options = options;
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
      const chunk = this.#ended ? undefined : await this.#exchange?.read();
      if (!chunk) this.#end();
      return chunk;
    } catch (error) {
      this.#fail(error);
      throw this.#failure;
    } finally {
      this.#reading = false;
    }
  }

  close(): void {
    this.#fail(new SluiceError('closed', 'the body was closed'));
  }

  async #open(): Promise<void> {
    const { range } = this.#request;
    if (range.start === range.end) this.#ended = true;
    else await withRetries(this.#options.retry, this.#closing.signal, () => this.#ask());
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

  #end(): void {
    this.#ended = true;
    this.#request.signal.removeEventListener('abort', this.#onAbort);
  }

  /** The first failure stays; whatever it is, everything that is held is let go in this turn. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#end();
    this.#opening.reject(this.#failure);
    this.#exchange?.close();
    this.#closing.abort();
  }
}
