// One body that is asked for again when it is slow. At most two attempts are under way: the first, whose bytes are given,
// and a second on a new connection, from the position that the reader has reached.
//
// Before the origin has answered, the first answer wins. After that both are read, and the second wins as soon as it has a
// byte that the reader has not; what it has given twice is cut off. The loser is closed in the same turn. If the first
// fails the second goes on alone; if the second fails nothing has happened.
import type { Clock } from '../clock.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import type { HedgeAllowance } from './hedge-allowance.ts';
import type { Hedge, HedgePolicy } from './hedge-policy.ts';
import type { LatencyBook } from './latency-book.ts';
import { openPulledBody } from './pulled-body.ts';
import type { Puller } from './pulled-body.ts';
import { sliceChunk } from './slice-chunk.ts';
import type { SlowWatch, Watched } from './slow-watch.ts';
import type { Body, Chunk, OpenRequest, Source } from './source.ts';
import { StretchClock } from './stretch-clock.ts';

/**
 * What a second attempt may receive of what the reader has already, to catch up with a first that is slow but goes on.
 * If that does not do, it is not much faster.
 */
const CATCH_UP_BYTES = 2 << 20;

/** One origin, and what all of its bodies share. */
export type HedgedOrigin = {
  readonly source: Source;
  readonly clock: Clock;
  readonly policy: HedgePolicy;
  readonly book: LatencyBook;
  readonly allowance: HedgeAllowance;
  readonly watch: SlowWatch;
  readonly report: (hedge: Hedge) => void;
};

type Attempt = {
  readonly body: Body;
  readonly askedAtMs: number;
  /** The offset of the next byte that it gives. */
  position: number;
  /** Bytes that it gave and the reader had already. */
  repeatedBytes: number;
  isReading: boolean;
  isLetGo: boolean;
};

/** Begins to ask at once. See the contract in source.ts for who closes it. */
export function openHedgedBody(request: OpenRequest, origin: HedgedOrigin): Body {
  return openPulledBody(new HedgedPuller(request, origin), request);
}

class HedgedPuller implements Puller, Watched {
  readonly #request: OpenRequest;
  readonly #origin: HedgedOrigin;
  readonly #opening = Promise.withResolvers<void>();
  readonly #stretch = new StretchClock();
  #isOpen = false;
  #first: Attempt | undefined;
  #second: Attempt | undefined;
  /** The hedge that is under way, as it will be reported. */
  #hedge: Omit<Hedge, 'winner'> | undefined;
  #hedgeCount = 0;
  /** The offset of the next byte for the reader. */
  #position: number;
  /** Came when no read was pending. */
  #held: Chunk | undefined;
  #reader: PromiseWithResolvers<Chunk> | undefined;
  /** Of attempts that were let go of. */
  #spentBytes = 0;

  constructor(request: OpenRequest, origin: HedgedOrigin) {
    this.#request = request;
    this.#origin = origin;
    this.#position = request.range.start;
  }

  open(): Promise<void> {
    this.#origin.allowance.earn();
    this.#first = this.#ask(this.#request);
    this.#origin.watch.add(this);
    this.#awaitAnswer(this.#first);
    return this.#opening.promise;
  }

  pull(): Promise<Chunk> {
    const held = this.#held;
    if (held) {
      this.#held = undefined;
      return Promise.resolve(this.#give(held));
    }
    this.#reader = Promise.withResolvers();
    this.#stretch.wait(this.#origin.clock.now());
    if (!this.#first!.isReading) this.#read(this.#first!);
    return this.#reader.promise;
  }

  receivedBytes(): number {
    return this.#spentBytes + receivedBy(this.#first) + receivedBy(this.#second);
  }

  close(): void {
    this.#origin.watch.delete(this);
    this.#held?.release();
    this.#held = undefined;
    this.#dropSecond('neither');
    if (this.#first) this.#letGo(this.#first);
    this.#first = undefined;
  }

  look(nowMs: number): void {
    const { allowance, policy } = this.#origin;
    if (this.#second || this.#hedgeCount >= policy.maxPerBody) return;
    const hedge = this.#isOpen ? this.#slowPart(nowMs) : this.#slowAnswer(nowMs);
    if (!hedge || !allowance.spend(nowMs)) return;
    this.#hedge = hedge;
    this.#hedgeCount += 1;
    const { range } = this.#request;
    this.#second = this.#ask({ ...this.#request, range: { start: this.#position, end: range.end }, fresh: true });
    if (this.#isOpen) this.#read(this.#second);
    else this.#awaitAnswer(this.#second);
  }

  // A body that was asked for again once must be twice as slow to be asked for again.

  #slowAnswer(nowMs: number): Omit<Hedge, 'winner'> | undefined {
    const waitedMs = nowMs - this.#first!.askedAtMs;
    const limitMs = this.#origin.book.answerLimitMs * (1 + this.#hedgeCount);
    return waitedMs >= limitMs ? { kind: 'first-byte', waitedMs } : undefined;
  }

  #slowPart(nowMs: number): Omit<Hedge, 'winner'> | undefined {
    if (!this.#stretch.isWaiting) return undefined;
    const waitedMs = this.#stretch.waitedMs(nowMs);
    const limitMs = this.#origin.book.stretchLimitMs(this.#stretch.bytes) * (1 + this.#hedgeCount);
    return waitedMs >= limitMs ? { kind: 'part', waitedMs } : undefined;
  }

  #ask(request: OpenRequest): Attempt {
    return {
      body: this.#origin.source.open(request),
      askedAtMs: this.#origin.clock.now(),
      position: request.range.start,
      repeatedBytes: 0,
      isReading: false,
      isLetGo: false,
    };
  }

  #awaitAnswer(attempt: Attempt): void {
    attempt.body.opened.then(
      () => this.#answered(attempt),
      (error: unknown) => this.#failed(attempt, error),
    );
  }

  #read(attempt: Attempt): void {
    attempt.isReading = true;
    attempt.body.read().then(
      (chunk) => this.#arrived(attempt, chunk),
      (error: unknown) => this.#failed(attempt, error),
    );
  }

  #answered(attempt: Attempt): void {
    if (attempt.isLetGo) return;
    const nowMs = this.#origin.clock.now();
    this.#origin.book.noteAnswer(nowMs - this.#first!.askedAtMs);
    if (attempt === this.#second) this.#promoteSecond();
    else this.#dropSecond('first');
    this.#isOpen = true;
    this.#stretch.begin(nowMs, { start: this.#position, end: this.#request.range.end });
    this.#opening.resolve();
  }

  #arrived(attempt: Attempt, chunk: Chunk | undefined): void {
    attempt.isReading = false;
    if (attempt.isLetGo) return chunk?.release();
    if (!chunk) {
      return this.#failed(attempt, new SluiceError('truncated', 'the body ended early', { retryable: true }));
    }
    const { length } = chunk.bytes;
    attempt.position += length;
    const newBytes = attempt.position - this.#position;
    if (newBytes <= 0) {
      chunk.release();
      attempt.repeatedBytes += length;
      if (attempt === this.#second && attempt.repeatedBytes > CATCH_UP_BYTES) this.#dropSecond('first');
      else this.#read(attempt);
      return;
    }
    if (attempt === this.#second) this.#promoteSecond();
    const fresh = sliceChunk(chunk, Math.max(0, length - newBytes), length);
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) reader.resolve(this.#give(fresh));
    else this.#held = fresh;
  }

  #failed(attempt: Attempt, error: unknown): void {
    attempt.isReading = false;
    if (attempt.isLetGo) return;
    if (isSluiceError(error, 'origin-busy')) this.#origin.allowance.rest(this.#origin.clock.now(), error.retryAfterMs);
    if (attempt === this.#second) return this.#dropSecond('first');
    if (this.#second && isSluiceError(error) && error.retryable) return this.#promoteSecond();
    this.#opening.reject(error);
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  /** The reader's next bytes. */
  #give(chunk: Chunk): Chunk {
    const nowMs = this.#origin.clock.now();
    const { length } = chunk.bytes;
    const { end } = this.#request.range;
    this.#position += length;
    this.#stretch.take(nowMs, length);
    if (this.#stretch.isWhole) {
      if (this.#stretch.wasAwaited(nowMs)) {
        this.#origin.book.noteStretch(this.#stretch.bytes, this.#stretch.waitedMs(nowMs));
      }
      this.#stretch.begin(nowMs, { start: this.#position, end });
    }
    if (this.#position === end) {
      this.#origin.watch.delete(this);
      this.#dropSecond('first');
    }
    return chunk;
  }

  #promoteSecond(): void {
    const nowMs = this.#origin.clock.now();
    this.#letGo(this.#first!);
    this.#first = this.#second;
    this.#second = undefined;
    this.#reportHedge('second');
    if (!this.#isOpen) return;
    // The least that this stretch would have taken.
    this.#origin.book.noteStretch(this.#stretch.bytes, this.#stretch.waitedMs(nowMs));
    this.#stretch.begin(nowMs, { start: this.#position, end: this.#request.range.end });
  }

  #dropSecond(winner: Hedge['winner']): void {
    if (!this.#second) return;
    this.#letGo(this.#second);
    this.#second = undefined;
    this.#reportHedge(winner);
  }

  #letGo(attempt: Attempt): void {
    attempt.isLetGo = true;
    attempt.body.close();
    this.#spentBytes += attempt.body.receivedBytes;
  }

  #reportHedge(winner: Hedge['winner']): void {
    if (this.#hedge) this.#origin.report({ ...this.#hedge, winner });
    this.#hedge = undefined;
  }
}

function receivedBy(attempt: Attempt | undefined): number {
  return attempt?.body.receivedBytes ?? 0;
}
