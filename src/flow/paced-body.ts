// A body that hands on another's bytes no faster than a pace allows, in slices as large as it allows. The pace is asked
// when the bytes are here and their reader wants them: who waits for the origin or the client takes nothing from others.
import { SluiceError } from '../errors.ts';
import type { Body, Chunk } from '../source/source.ts';
import type { Pace } from './pace.ts';

/** `ownBytes` came from no origin, such as the heads between several ranges. */
export type OwnBody = Body & { readonly ownBytes?: number };

/** Closing it closes `body`. An abort of `signal`, which `body` has too, does the same. */
export function paced(body: OwnBody, pace: Pace, signal: AbortSignal): OwnBody {
  return new PacedBody(body, pace, signal);
}

/** A chunk that is handed out piece by piece, and given back when nobody has any of it. */
class SharedChunk {
  readonly #chunk: Chunk;
  #takenBytes = 0;
  /** Slices that are out, and one for the bytes that are left. */
  #holders = 1;

  constructor(chunk: Chunk) {
    this.#chunk = chunk;
  }

  get leftBytes(): number {
    return this.#chunk.bytes.length - this.#takenBytes;
  }

  take(bytes: number): Chunk {
    const start = this.#takenBytes;
    this.#takenBytes += bytes;
    // What is left has no holder any more once there is nothing left.
    if (this.leftBytes > 0) this.#holders += 1;
    return { bytes: this.#chunk.bytes.subarray(start, this.#takenBytes), release: () => this.#release() };
  }

  /** Nobody wants the rest. */
  drop(): void {
    if (this.leftBytes > 0) this.#release();
    this.#takenBytes = this.#chunk.bytes.length;
  }

  #release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#chunk.release();
  }
}

class PacedBody implements OwnBody {
  readonly opened: Promise<void>;
  readonly #body: OwnBody;
  readonly #pace: Pace;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.close();
  /** Ends a wait for the pace. */
  readonly #closing = new AbortController();
  #chunk: SharedChunk | undefined;
  #waiting: PromiseWithResolvers<number> | undefined;
  #reading = false;
  #over: { readonly error?: unknown } | undefined;

  constructor(body: OwnBody, pace: Pace, signal: AbortSignal) {
    this.#body = body;
    this.#pace = pace;
    this.#signal = signal;
    this.opened = body.opened;
    this.opened.catch((error: unknown) => this.#finish({ error }));
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.close();
  }

  get receivedBytes(): number {
    return this.#body.receivedBytes;
  }

  get resumedCount(): number {
    return this.#body.resumedCount ?? 0;
  }

  get ownBytes(): number {
    return this.#body.ownBytes ?? 0;
  }

  async read(): Promise<Chunk | undefined> {
    if (this.#over) return this.#ended();
    if (this.#reading) throw new SluiceError('misuse', 'a read is already pending: await it before the next one');
    this.#reading = true;
    try {
      return await this.#next();
    } catch (error) {
      this.#finish({ error });
      return this.#ended();
    } finally {
      this.#reading = false;
    }
  }

  close(): void {
    this.#finish({ error: new SluiceError('closed', 'the body was closed') });
  }

  async #next(): Promise<Chunk | undefined> {
    if (!this.#chunk) {
      const chunk = await this.#body.read();
      if (!chunk) {
        this.#finish({});
        return this.#ended();
      }
      if (this.#over) {
        chunk.release();
        return this.#ended();
      }
      // The pace gives at least one byte, and a chunk without any says nothing to it.
      if (chunk.bytes.length === 0) return chunk;
      this.#chunk = new SharedChunk(chunk);
    }
    const taken = this.#pace.take(this.#chunk.leftBytes, { signal: this.#closing.signal });
    const bytes = typeof taken === 'number' ? taken : await this.#untilTaken(taken);
    // The close came when the pace had answered, and before this went on.
    if (this.#over) return this.#ended();
    const slice = this.#chunk.take(bytes);
    if (this.#chunk.leftBytes === 0) this.#chunk = undefined;
    return slice;
  }

  /** A close makes it reject at once, whether or not the pace listens. */
  async #untilTaken(taken: Promise<number>): Promise<number> {
    const waiting = Promise.withResolvers<number>();
    this.#waiting = waiting;
    taken.then(waiting.resolve, waiting.reject);
    try {
      return await waiting.promise;
    } finally {
      this.#waiting = undefined;
    }
  }

  /** What comes first stays. */
  #finish(over: { readonly error?: unknown }): void {
    if (this.#over) return;
    this.#over = over;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#body.close();
    this.#chunk?.drop();
    this.#chunk = undefined;
    if (!('error' in over)) return;
    this.#waiting?.reject(over.error);
    this.#closing.abort();
  }

  #ended(): undefined {
    if (this.#over && 'error' in this.#over) throw this.#over.error;
    return undefined;
  }
}
