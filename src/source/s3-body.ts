// One range of one version of an S3 object: asks until the origin answers rightly, then passes its slabs on.
// Only the time before the first byte is retried here; after it, the bytes belong to whoever reads them.
import { SluiceError } from '../errors.ts';
import type { Exchange } from '../wire/exchange.ts';
import { openPulledBody } from './pulled-body.ts';
import type { Puller } from './pulled-body.ts';
import { withRetries } from './retry.ts';
import type { RetryPolicy } from './retry.ts';
import { checkAnswer, toAnswerError } from './s3-answer.ts';
import type { Fields } from './s3-signer.ts';
import { sliceChunk } from './slice-chunk.ts';
import type { Body, Chunk, OpenRequest } from './source.ts';

export type S3BodyOptions = {
  readonly retry: RetryPolicy;
  /** What authenticates the request; it may have to wait for credentials. */
  readonly sign: () => Fields | Promise<Fields>;
  readonly send: (signed: Fields) => Exchange;
  /** Told of each answer that is none, also when it is asked for again. */
  readonly failed: (error: unknown) => void;
};

/** Begins to ask at once. See the contract in source.ts for who closes it. */
export function openS3Body(request: OpenRequest, options: S3BodyOptions): Body {
  return openPulledBody(new S3Puller(request, options), request);
}

class S3Puller implements Puller {
  readonly #request: OpenRequest;
  readonly #options: S3BodyOptions;
  #exchange: Exchange | undefined;
  #isClosed = false;
  /** Of the range, not of what the origin may send beyond it. */
  #leftBytes: number;
  #pause: AbortController | undefined;

  constructor(request: OpenRequest, options: S3BodyOptions) {
    this.#request = request;
    this.#options = options;
    this.#leftBytes = request.range.end - request.range.start;
  }

  async open(): Promise<void> {
    if (this.#leftBytes === 0) return;
    await withRetries(this.#options.retry, this.#signalPause, () => this.#ask());
  }

  async pull(): Promise<Chunk> {
    const chunk = await this.#exchange!.read();
    if (!chunk) throw new SluiceError('truncated', 'the origin ended the body early');
    const wanted = sliceChunk(chunk, 0, this.#leftBytes);
    this.#leftBytes -= wanted.bytes.length;
    return wanted;
  }

  receivedBytes(): number {
    return this.#exchange?.receivedBytes ?? 0;
  }

  close(): void {
    this.#isClosed = true;
    this.#exchange?.close();
    this.#pause?.abort();
  }

  /** Made only when there is a pause between attempts that a close would have to end. */
  readonly #signalPause = (): AbortSignal => {
    this.#pause ??= new AbortController();
    if (this.#isClosed) this.#pause.abort();
    return this.#pause.signal;
  };

  async #ask(): Promise<void> {
    const signed = this.#options.sign();
    const fields = signed instanceof Promise ? await signed : signed;
    if (this.#isClosed) throw new SluiceError('closed', 'the body was closed');
    const exchange = this.#options.send(fields);
    this.#exchange = exchange;
    try {
      const head = await exchange.head;
      if (head.status !== 200 && head.status !== 206) throw await toAnswerError(head, exchange);
      checkAnswer(head, this.#request.range, this.#request.version);
    } catch (error) {
      exchange.close();
      this.#options.failed(error);
      throw error;
    }
  }
}
