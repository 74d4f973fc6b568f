// Makes a body of the contract out of what a store on this machine can do: open, give the next bytes, let go. It keeps
// the contract's promises about order, closing and failure in one place; the store below it only reads.
import { SluiceError } from '../errors.ts';
import type { Body, ByteRange, Chunk } from './source.ts';

/** What a store does for one body. Each function is called by one body, never two of them at a time but for `close`. */
export type Puller = {
  /** Resolves when the pinned version and the range are confirmed. */
  open(): Promise<void>;
  /** Bytes that have come out of the origin so far, where they come before they are pulled. */
  receivedBytes?(): number;
  /** The next bytes of the range, after `open()` and before the range is exhausted; at least one. */
  pull(): Promise<Chunk>;
  /** Lets go. Called exactly once, when the body is over in whatever way, also while `open()` or `pull()` is under way. */
  close(): void;
};

export function openPulledBody(
  puller: Puller,
  options: { readonly range: ByteRange; readonly signal: AbortSignal },
): Body {
  return new PulledBody(puller, options);
}

/** One for all: closing is common and must be cheap, and where it came from says nothing. */
const CLOSED = { error: new SluiceError('closed', 'the body was closed') };

class PulledBody implements Body {
  readonly opened: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #puller: Puller;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.close();
  #leftBytes: number;
  #receivedBytes = 0;
  #reader: PromiseWithResolvers<Chunk | undefined> | undefined;
  /** How the body was over, once it is. What comes first stays. */
  #over: { readonly error?: unknown } | undefined;

  constructor(puller: Puller, { range, signal }: { readonly range: ByteRange; readonly signal: AbortSignal }) {
    this.#puller = puller;
    this.#signal = signal;
    this.#leftBytes = range.end - range.start;
    this.opened = this.#opening.promise;
    this.opened.catch(() => undefined);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.close();
    else puller.open().then(this.#opening.resolve, (error: unknown) => this.#finish({ error }));
  }

  get receivedBytes(): number {
    return this.#puller.receivedBytes?.() ?? this.#receivedBytes;
  }

  read(): Promise<Chunk | undefined> {
    if (this.#reader) {
      return Promise.reject(new SluiceError('misuse', 'a read is already pending: await it before the next one'));
    }
    const reader = Promise.withResolvers<Chunk | undefined>();
    this.#reader = reader;
    if (this.#over) this.#settle();
    else void this.#serve();
    return reader.promise;
  }

  close(): void {
    this.#finish(CLOSED);
  }

  async #serve(): Promise<void> {
    try {
      await this.opened;
      if (this.#over) return;
      if (this.#leftBytes === 0) return this.#finish({});
      const chunk = await this.#puller.pull();
      // Closed in between: nobody waits for these bytes any more.
      if (this.#over) return chunk.release();
      this.#receivedBytes += chunk.bytes.length;
      this.#leftBytes -= chunk.bytes.length;
      const reader = this.#reader;
      this.#reader = undefined;
      reader?.resolve(chunk);
    } catch (error) {
      this.#finish({ error });
    }
  }

  #finish(over: { readonly error?: unknown }): void {
    if (this.#over) return;
    this.#over = over;
    this.#signal.removeEventListener('abort', this.#onAbort);
    if ('error' in over) this.#opening.reject(over.error);
    this.#puller.close();
    this.#settle();
  }

  /** Answers the reader, if there is one, with how the body was over. */
  #settle(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (this.#over && 'error' in this.#over) reader?.reject(this.#over.error);
    else reader?.resolve(undefined);
  }
}
