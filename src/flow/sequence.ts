// Several bodies, and bytes of our own between them, as one body: a multipart answer is such a sequence.
// At most one of them is open at a time, and the next is asked for when the one before it has ended.
import { SluiceError } from '../errors.ts';
import type { Body, Chunk } from '../source/source.ts';

export type Segment = Uint8Array | (() => Body);

/** Closing it closes the body that is open. See the contract in source/source.ts. */
export class Sequence implements Body {
  /** As the first body's: what comes later can only fail in the middle. */
  readonly opened: Promise<void>;
  /** Bytes handed out so far that are ours and came from no origin. */
  ownBytes = 0;
  readonly #segments: Segment[];
  #current: Body | undefined;
  #receivedBefore = 0;
  #reading = false;
  #failure: unknown;

  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments];
    const first = this.#segments.findIndex((segment) => typeof segment === 'function');
    const open = this.#segments[first];
    if (typeof open === 'function') {
      const body = open();
      this.#current = body;
      this.#segments[first] = () => body;
    }
    this.opened = this.#current?.opened ?? Promise.resolve();
    this.opened.catch(() => {});
  }

  get receivedBytes(): number {
    return this.#receivedBefore + (this.#current?.receivedBytes ?? 0);
  }

  async read(): Promise<Chunk | undefined> {
    if (this.#reading) throw new SluiceError('misuse', 'a read is already pending');
    this.#reading = true;
    try {
      await this.opened;
      return await this.#next();
    } catch (error) {
      this.#failure ??= error;
      this.close();
      throw this.#failure;
    } finally {
      this.#reading = false;
    }
  }

  close(): void {
    this.#failure ??= new SluiceError('closed', 'the body was closed');
    this.#segments.length = 0;
    this.#current?.close();
  }

  async #next(): Promise<Chunk | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const [segment] = this.#segments;
      if (segment === undefined) return undefined;
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
    if (body !== this.#current) this.#receivedBefore += this.#current?.receivedBytes ?? 0;
    this.#current = body;
    this.#segments[0] = () => body;
    return body;
  }
}
