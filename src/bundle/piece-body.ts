// One body made of pieces, our own bytes and other bodies, that are told one by one as it is read. At most one of those
// bodies is open at a time. It differs from a sequence of segments in that the pieces are not known when it is opened.
import { SluiceError, isSluiceError } from '../errors.ts';
import type { Body, Chunk } from '../source/source.ts';

export type MemberPiece = { readonly sizeBytes: number; readonly open: (signal: AbortSignal) => Body };

/** Neither is ever empty. */
export type Piece = Uint8Array | MemberPiece;

/** Finds out what the body is made of. `signal` is aborted when nobody wants to know any more. */
export type BeginPieces = (signal: AbortSignal) => Promise<Iterator<Piece>>;

/** Looked through for the first member before the body opens; what is empty has a header and nothing to ask for. */
const MAX_OWN_AHEAD_BYTES = 16 << 10;

/** One for all: closing is common and must be cheap, and where it came from says nothing. */
const CLOSED = { error: new SluiceError('closed', 'the body was closed') };

type OpenMember = { readonly body: Body; leftBytes: number };

export class PieceBody implements Body {
  /** With it the first member of the range has confirmed its version; a later one can only fail in the middle. */
  readonly opened: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.close();
  /** Of what is held for this body: the search for its pieces, and the member that is open. */
  readonly #inner = new AbortController();
  #pieces: Iterator<Piece> | undefined;
  /** Bytes of ours that come before the member that is open. */
  #own: Uint8Array | undefined;
  #member: OpenMember | undefined;
  /** Of what has been handed out or was received before the member that is open. */
  #receivedBefore = 0;
  #resumedBefore = 0;
  #isReading = false;
  /** How the body was over, once it is. What comes first stays. */
  #over: { readonly error?: unknown } | undefined;

  constructor(begin: BeginPieces, signal: AbortSignal) {
    this.#signal = signal;
    this.opened = this.#opening.promise;
    this.opened.catch(() => undefined);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.close();
    else void this.#open(begin);
  }

  get receivedBytes(): number {
    return this.#receivedBefore + (this.#member?.body.receivedBytes ?? 0);
  }

  get resumedCount(): number {
    return this.#resumedBefore + (this.#member?.body.resumedCount ?? 0);
  }

  async read(): Promise<Chunk | undefined> {
    if (this.#over) return this.#end(this.#over);
    if (this.#isReading) throw new SluiceError('misuse', 'a read is already pending: await it before the next one');
    this.#isReading = true;
    try {
      await this.opened;
      return await this.#next();
    } catch (error) {
      return this.#end(this.#finish({ error }));
    } finally {
      this.#isReading = false;
    }
  }

  close(): void {
    this.#finish(CLOSED);
  }

  async #open(begin: BeginPieces): Promise<void> {
    try {
      const pieces = await begin(this.#inner.signal);
      if (this.#over) return;
      this.#pieces = pieces;
      const own: Uint8Array[] = [];
      let piece = this.#take();
      for (let bytes = 0; piece instanceof Uint8Array;) {
        own.push(piece);
        bytes += piece.length;
        piece = bytes < MAX_OWN_AHEAD_BYTES ? this.#take() : undefined;
      }
      if (own.length > 0) this.#own = own.length === 1 ? own[0] : Buffer.concat(own);
      if (piece) await this.#ofMember(this.#begin(piece).body.opened);
      this.#opening.resolve();
    } catch (error) {
      this.#finish({ error });
    }
  }

  async #next(): Promise<Chunk | undefined> {
    while (!this.#over) {
      const own = this.#own;
      if (own) {
        this.#own = undefined;
        this.#receivedBefore += own.length;
        return { bytes: own, release: () => {} };
      }
      const member = this.#member;
      if (member) return this.#read(member);
      const piece = this.#take();
      if (piece instanceof Uint8Array) this.#own = piece;
      else if (piece) this.#begin(piece);
      else this.#finish({});
    }
    return this.#end(this.#over);
  }

  async #read(member: OpenMember): Promise<Chunk> {
    const chunk = await this.#ofMember(member.body.read());
    // Closed in between: nobody waits for these bytes any more.
    if (this.#over) {
      chunk?.release();
      throw CLOSED.error;
    }
    if (!chunk) throw new SluiceError('misuse', `a member ended as complete with ${member.leftBytes} bytes missing`);
    member.leftBytes -= chunk.bytes.length;
    if (member.leftBytes <= 0) this.#leave(member);
    return chunk;
  }

  #begin(piece: MemberPiece): OpenMember {
    const member = { body: piece.open(this.#inner.signal), leftBytes: piece.sizeBytes };
    this.#member = member;
    return member;
  }

  /** All of it has been read: it is closed rather than read once more, to be told that there is nothing. */
  #leave({ body }: OpenMember): void {
    body.close();
    this.#receivedBefore += body.receivedBytes;
    this.#resumedBefore += body.resumedCount ?? 0;
    this.#member = undefined;
  }

  /** A member that has gone is no other than one that has changed: the whole is there, and is not what was pinned. */
  async #ofMember<Value>(promise: Promise<Value>): Promise<Value> {
    try {
      return await promise;
    } catch (cause) {
      throw isSluiceError(cause, 'not-found') ? new SluiceError('changed', 'a member has gone', { cause }) : cause;
    }
  }

  #take(): Piece | undefined {
    const next = this.#pieces?.next();
    return next?.done === false ? next.value : undefined;
  }

  #finish(over: { readonly error?: unknown }): { readonly error?: unknown } {
    if (this.#over) return this.#over;
    this.#over = over;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#pieces = undefined;
    this.#own = undefined;
    if ('error' in over) {
      this.#opening.reject(over.error);
      this.#inner.abort(over.error);
    }
    return over;
  }

  #end(over: { readonly error?: unknown }): undefined {
    if ('error' in over) throw over.error;
    return undefined;
  }
}
