// Bytes a second, of each principal and of all together, shared fairly by the streams that want them just now
// (turns.ts). A principal with a rate has a lane with a bucket; all others share one lane that has none.
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { Pace } from '../flow/pace.ts';
import { Lane } from './lane.ts';
import type { Rider, Waiter } from './lane.ts';
import { TokenBucket } from './token-bucket.ts';
import { Turns } from './turns.ts';

export type FairRatesOptions = {
  readonly clock: Clock;
  /** Of all streams together; absent is not limited. */
  readonly bytesPerSecond?: number | undefined;
  /** Told of a principal with a rate when its first stream is opened. */
  readonly onFirst?: ((principal: string) => void) | undefined;
};

/** One transfer's. Whoever opened it calls `end()`, after which it gives nothing. */
export type RatedStream = Pace & { end(): void };

export class FairRates {
  readonly #clock: Clock;
  readonly #onFirst: (principal: string) => void;
  readonly #whole: TokenBucket | undefined;
  readonly #turns: Turns;
  /** Of principals with a rate: those with streams, and those whose buckets are not full again. */
  readonly #lanes = new Map<string, Lane>();
  readonly #unlimited = new Lane();
  /** Lanes without streams, in the order in which they lost them. */
  readonly #deserted = new Map<string, Lane>();

  constructor({ clock, bytesPerSecond, onFirst = () => {} }: FairRatesOptions) {
    this.#clock = clock;
    this.#onFirst = onFirst;
    this.#whole = bytesPerSecond === undefined ? undefined : new TokenBucket(bytesPerSecond, clock.now());
    this.#turns = new Turns(clock, this.#whole);
  }

  /** Principals that are remembered: for tests, which look that they are forgotten. */
  get laneCount(): number {
    return this.#lanes.size;
  }

  /** For one transfer; nothing where no rate is limited. What is said of the principal counts for all its streams. */
  open(principal: string, bytesPerSecond: number | undefined): RatedStream | undefined {
    this.#sweep();
    const known = this.#lanes.get(principal);
    if (known) this.#setLimit(known, bytesPerSecond);
    if (bytesPerSecond === undefined) return this.#whole && this.#board(this.#unlimited, () => {});
    const lane = known ?? new Lane(this.#toBucket(bytesPerSecond));
    this.#lanes.set(principal, lane);
    this.#deserted.delete(principal);
    if (lane.riders.size === 0) this.#onFirst(principal);
    return this.#board(lane, () => this.#deserted.set(principal, lane));
  }

  /** How many streams want bytes, or did since then, of each principal with a rate. */
  *activeCounts(sinceMs: number): Generator<readonly [principal: string, count: number]> {
    for (const [principal, lane] of this.#lanes) if (lane.riders.size > 0) yield [principal, lane.activeCount(sinceMs)];
  }

  /** The same of all streams. */
  activeCount(sinceMs: number): number {
    let count = this.#unlimited.activeCount(sinceMs);
    for (const lane of this.#lanes.values()) count += lane.activeCount(sinceMs);
    return count;
  }

  /** Which part of the principal's rate is for its streams here: more than 0, and at most 1. */
  setShare(principal: string, share: number): void {
    const lane = this.#lanes.get(principal);
    lane?.bucket?.setShare(share, this.#clock.now());
    if (lane) this.#turns.rateChanged(lane);
  }

  /** The same of the rate of all streams. */
  setShareOfWhole(share: number): void {
    this.#whole?.setShare(share, this.#clock.now());
    this.#turns.rateChanged();
  }

  #toBucket(bytesPerSecond: number): TokenBucket {
    return new TokenBucket(bytesPerSecond, this.#clock.now());
  }

  #setLimit(lane: Lane, bytesPerSecond: number | undefined): void {
    if (bytesPerSecond === undefined) lane.bucket = undefined;
    else if (lane.bucket) lane.bucket.setLimit(bytesPerSecond, this.#clock.now());
    else lane.bucket = this.#toBucket(bytesPerSecond);
    this.#turns.rateChanged(lane);
  }

  #board(lane: Lane, onEmpty: () => void): RatedStream {
    const rider: Rider = { tags: { lane: 0, whole: 0 }, askedAtMs: -Infinity, isWaiting: false };
    const turns = this.#turns;
    lane.riders.add(rider);
    const end = () => {
      if (lane.riders.delete(rider) && lane.riders.size === 0) onEmpty();
      this.#sweep();
    };
    const take: Pace['take'] = (bytes, { signal }) => {
      if (signal.aborted || !lane.riders.has(rider)) throw new SluiceError('closed', 'the transfer is over');
      return turns.takeNow(lane, rider, bytes) || waitForTurn({ turns, lane, rider, bytes, signal });
    };
    const rates = [lane.bucket, this.#whole].flatMap((bucket) => (bucket ? [bucket.limitBytesPerSecond] : []));
    return { bytesPerSecond: Math.min(...rates), take, end };
  }

  /** A bucket must not be forgotten before it is full: a new one is. */
  #sweep(): void {
    const now = this.#clock.now();
    for (const [principal, lane] of this.#deserted) {
      if (lane.bucket && !lane.bucket.isFull(now)) return;
      this.#deserted.delete(principal);
      this.#lanes.delete(principal);
    }
  }
}

type Asking = Pick<Waiter, 'rider' | 'bytes'> & {
  readonly turns: Turns;
  readonly lane: Lane;
  readonly signal: AbortSignal;
};

async function waitForTurn({ turns, lane, signal, ...wanted }: Asking): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const waiter = turns.wait(lane, { ...wanted, grant: resolve });
  const onAbort = () => {
    turns.giveUp(lane, waiter);
    reject(new SluiceError('closed', 'the wait for its turn was given up'));
  };
  signal.addEventListener('abort', onAbort);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
