// Several bodies, and bytes of our own between them, as one body: a multipart answer is such a sequence.
// At most one of them is open at a time, and the next is asked for when the one before it has ended.
import { SluiceError } from '../errors.ts';
import type { Body, Chunk } from '../source/source.ts';

export type Segment = Uint8Array | (() => Body);

/** Closing it closes the body that is open. An abort of `signal`, which its bodies have too, does the same. */
export class Sequence implements Body {
  /** As the first body's: what comes later can only fail in the middle. */
  readonly opened: Promise<void>;
  /** Bytes handed out so far that are ours and came from no origin. */
  ownBytes = 0;
  readonly #segments: Segment[];
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.close();
  #current: Body | undefined;
  #receivedBefore = 0;
  #resumedBefore = 0;
  #reading = false;
  #failure: unknown;

  constructor(segments: readonly Segment[], signal: AbortSignal) {
    this.#segments = [...segments];
    this.#signal = signal;
    const first = this.#segments.findIndex((segment) => typeof segment === 'function');
    const open = this.#segments[first];
    if (typeof open === 'function') {
      const body = open();
      this.#current = body;
      this.#segments[first] = () => body;
    }
    this.opened = this.#current?.opened ?? Promise.resolve();
    this.opened.catch((error: unknown) => this.#fail(error));
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.close();
  }

  get receivedBytes(): number {
    return this.#receivedBefore + (this.#current?.receivedBytes ?? 0);
  }

  get resumedCount(): number {
    return this.#resumedBefore + (this.#current?.resumedCount ?? 0);
  }

  async read(): Promise<Chunk | undefined> {
    // Once it is closed that is the answer, also while the read that was pending has yet to hear of it.
    if (this.#reading) throw this.#failure ?? new SluiceError('misuse', 'a read is already pending');
    this.#reading = true;
    try {
      await this.opened;
      return await this.#next();
    } catch (error) {
      this.#fail(error);
      throw this.#failure;
    } finally {
      this.#reading = false;
    }
  }

  close(): void {
    this.#failure ??= new SluiceError('closed', 'the body was closed');
    this.#segments.length = 0;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#current?.close();
  }

  /** What comes first stays. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    this.close();
  }

  async #next(): Promise<Chunk | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const [segment] = this.#segments;
      if (segment === undefined) {
        this.#signal.removeEventListener('abort', this.#onAbort);
        return undefined;
      }
      if (segment instanceof Uint8Array) {
        this.#segments.shift();
        this.ownBytes += segment.length;
        return { bytes: segment, release: () => {} };
      }
      const chunk = await this.#open(segment).read();
      if (chunk) return chunk;
      this.#segments.shift();
    }
  }

  #open(open: () => Body): Body {
    const body = open();
    // The same body again while it lasts; a new one counts on from those before it.
    if (body !== this.#current) {
      this.#receivedBefore += this.#current?.receivedBytes ?? 0;
      this.#resumedBefore += this.#current?.resumedCount ?? 0;
    }
    this.#current = body;
    this.#segments[0] = () => body;
    return body;
  }
}
