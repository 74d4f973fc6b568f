// The streams of one principal that has a rate, or all streams of those that have none: who of them wants bytes, and
// whose turn it is.
import { PriorityQueue } from './priority-queue.ts';
import type { TokenBucket } from './token-bucket.ts';

/**
 * What a stream has had, in bytes, as its turns are counted: among those of its lane, and among all. Whoever comes, or
 * comes back, begins where those are who are being served.
 */
export type Tags = { readonly lane: number; readonly whole: number };

/** What a lane must know of a stream. */
export type Rider = {
  tags: Tags;
  /** When it last asked for bytes. */
  askedAtMs: number;
  isWaiting: boolean;
};

export type Waiter = {
  readonly rider: Rider;
  readonly bytes: number;
  /** The tags of its stream when it began to wait. */
  readonly from: Tags;
  /** Of those with equal tags who came first goes first. */
  readonly order: number;
  readonly grant: (bytes: number) => void;
};

function isBefore(one: Waiter, other: Waiter): boolean {
  return one.from.lane < other.from.lane || (one.from.lane === other.from.lane && one.order < other.order);
}

export class Lane {
  /** Absent where only the whole has a rate. */
  bucket: TokenBucket | undefined;
  readonly riders = new Set<Rider>();
  readonly line = new PriorityQueue<Waiter>(isBefore);
  /** The tag of whom it served last. */
  servedTag = 0;
  /** While it pauses for its bucket. */
  readyAtMs = 0;

  constructor(bucket?: TokenBucket) {
    this.bucket = bucket;
  }

  /** How many streams want bytes, or did since then. */
  activeCount(sinceMs: number): number {
    let count = 0;
    for (const { isWaiting, askedAtMs } of this.riders) if (isWaiting || askedAtMs >= sinceMs) count += 1;
    return count;
  }
}
