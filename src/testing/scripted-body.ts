// A body for tests of what reads bodies: the test says when it opens, what a read gives, how it ends; and it sees
// when a read waits, who has closed, and what has not been released. For its reader it keeps the contract.
import { SluiceError } from '../errors.ts';
import type { Body, Chunk, OpenRequest } from '../source/source.ts';
import { LentMemory } from './lent-memory.ts';

/** How a body ends once its queue is empty: as complete, or with an error. */
type Ending = { readonly error?: unknown };

export class ScriptedBody implements Body {
  readonly request: OpenRequest;
  readonly opened: Promise<void>;
  receivedBytes = 0;
  /** Called when the body is over, in whatever way. */
  onOver: () => void = () => {};
  /** Called when a read has taken a chunk or waits for one. */
  onRead: () => void = () => {};
  readonly #memory: LentMemory;
  readonly #opening = Promise.withResolvers<void>();
  readonly #queue: Chunk[] = [];
  readonly #whenRead: (() => void)[] = [];
  readonly #whenClosed: (() => void)[] = [];
  readonly #onAbort = (): void => this.abort();
  #isOpen = false;
  #reader: PromiseWithResolvers<Chunk | undefined> | undefined;
  #ending: Ending | undefined;
  #over: Ending | undefined;
  #closedBy: 'close()' | 'the signal' | undefined;

  constructor(request: OpenRequest, memory = new LentMemory()) {
    this.request = request;
    this.#memory = memory;
    this.opened = this.#opening.promise;
    this.opened.catch(() => undefined);
    this.listen(request.signal);
  }

  // For the reader: the contract.

  read(): Promise<Chunk | undefined> {
    if (this.#reader) return Promise.reject(new SluiceError('misuse', 'a read is already pending'));
    const reader = Promise.withResolvers<Chunk | undefined>();
    this.#reader = reader;
    this.#serve();
    if (this.#reader) for (const resolve of this.#whenRead.splice(0)) resolve();
    this.onRead();
    return reader.promise;
  }

  close(): void {
    this.letGo('close()');
  }

  // For the test: what the origin does.

  /** The origin confirms the version and the range. */
  confirm(): void {
    this.#isOpen = true;
    this.#opening.resolve();
    this.#serve();
  }

  /** Bytes come out of the origin. A read gives them as one chunk. */
  give(bytes: Uint8Array): void {
    if (this.#over) throw new Error('a script gave bytes to a body that is over');
    this.receivedBytes += bytes.length;
    this.#queue.push(this.#memory.lend(bytes));
    this.#serve();
  }

  /** The body is complete with what was given. */
  end(): void {
    this.#ending ??= {};
    this.#serve();
  }

  /** The origin fails: `opened` rejects if it is pending, and so does the read after what was given. */
  fail(error: unknown): void {
    this.#ending ??= { error };
    this.#opening.reject(error);
    this.#isOpen = true;
    this.#serve();
  }

  // For the test: what the reader does.

  get isOver(): boolean {
    return this.#over !== undefined;
  }

  get closedBy(): 'close()' | 'the signal' | undefined {
    return this.#closedBy;
  }

  get isReadPending(): boolean {
    return this.#reader !== undefined;
  }

  /** Chunks that have come and that no read has taken. */
  get queuedChunks(): number {
    return this.#queue.length;
  }

  /** Settles when a read waits for bytes. */
  untilRead(): Promise<void> {
    return this.#reader ? Promise.resolve() : new Promise((resolve) => this.#whenRead.push(resolve));
  }

  /** Settles when the holder has let go. */
  untilClosed(): Promise<void> {
    return this.#closedBy ? Promise.resolve() : new Promise((resolve) => this.#whenClosed.push(resolve));
  }

  // What a faulty double overrides.

  protected listen(signal: AbortSignal): void {
    if (signal.aborted) this.abort();
    else signal.addEventListener('abort', this.#onAbort);
  }

  protected stopListening(): void {
    this.request.signal.removeEventListener('abort', this.#onAbort);
  }

  protected abort(): void {
    this.letGo('the signal');
  }

  protected letGo(by: 'close()' | 'the signal'): void {
    this.#closedBy ??= by;
    for (const resolve of this.#whenClosed.splice(0)) resolve();
    if (this.#over) return;
    this.finish({ error: new SluiceError('closed', `the body was closed by ${by}`) });
    this.dropQueue();
  }

  protected dropQueue(): void {
    for (const chunk of this.#queue.splice(0)) chunk.release();
  }

  protected finish(ending: Ending): void {
    this.#over = ending;
    this.stopListening();
    if ('error' in ending) this.#opening.reject(ending.error);
    this.settle(ending);
    this.onOver();
  }

  /** Answers the read that is pending, if one is, with how the body ended. */
  protected settle(ending: Ending): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if ('error' in ending) reader?.reject(ending.error);
    else reader?.resolve(undefined);
  }

  #serve(): void {
    if (this.#over) return this.settle(this.#over);
    if (!this.#isOpen) return;
    const chunk = this.#reader && this.#queue.shift();
    if (chunk) {
      this.#reader!.resolve(chunk);
      this.#reader = undefined;
    } else if (this.#ending && this.#queue.length === 0 && (this.#reader || 'error' in this.#ending)) {
      // A failure is over at once; the end of a complete body is, when its reader has come to it.
      this.finish(this.#ending);
    }
  }
}
