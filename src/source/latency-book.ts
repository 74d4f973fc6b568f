// What was learned of one origin: how long it takes to answer, and how long a stretch of a body takes to come; and from
// that, when either is slow. A stretch is compared with stretches of like length: on a young connection the bytes come
// more slowly, so a short one is no peer of a long one.
import type { HedgePolicy } from './hedge-policy.ts';
import { SlidingQuantile } from './sliding-quantile.ts';

/** A body is timed in stretches of this; the largest parts that are read ahead are two and more. A shorter body is one. */
export const STRETCH_BYTES = 8 << 20;

/** Stretches that are shorter mostly come with the answer, and tell nothing of how fast the origin sends. */
const SHORTEST_BYTES = 256 << 10;

/** Peers are of 256 KiB and more, of 512 KiB and more, up to 8 MiB. */
const LENGTH_CLASSES = Math.log2(STRETCH_BYTES / SHORTEST_BYTES) + 1;

/** How many durations come between two looks at the quantiles, which move slowly and cost some 200 ns. */
const RECKON_EVERY = 16;

export type BookPolicy = Pick<HedgePolicy, 'quantile' | 'medianTimes' | 'floorMs' | 'minSamples'>;

/** Durations of one kind. */
class Peers {
  /** Beyond this one of them is slow; `Infinity` while too few are known. */
  limitMs = Number.POSITIVE_INFINITY;
  readonly #policy: BookPolicy;
  readonly #durations = new SlidingQuantile();
  #untilReckoned: number;

  constructor(policy: BookPolicy) {
    this.#policy = policy;
    this.#untilReckoned = policy.minSamples;
  }

  note(durationMs: number): void {
    this.#durations.add(durationMs);
    this.#untilReckoned -= 1;
    if (this.#untilReckoned > 0) return;
    this.#untilReckoned = RECKON_EVERY;
    const { quantile, medianTimes } = this.#policy;
    this.limitMs = Math.max(this.#durations.estimate(quantile), medianTimes * this.#durations.estimate(0.5));
  }
}

export class LatencyBook {
  readonly #floorMs: number;
  readonly #answers: Peers;
  readonly #stretches: readonly Peers[];

  constructor(policy: BookPolicy) {
    this.#floorMs = policy.floorMs;
    this.#answers = new Peers(policy);
    this.#stretches = Array.from({ length: LENGTH_CLASSES }, () => new Peers(policy));
  }

  /** A request was answered after so long; or was given up for slow, and then this is the least that it would have taken. */
  noteAnswer(durationMs: number): void {
    this.#answers.note(durationMs);
  }

  /** How long to wait for an answer before it is slow. */
  get answerLimitMs(): number {
    return Math.max(this.#floorMs, this.#answers.limitMs);
  }

  /** A reader has waited so long, in all, for a stretch of so many bytes. */
  noteStretch(bytes: number, waitedMs: number): void {
    if (bytes < SHORTEST_BYTES) return;
    const lengthClass = classOf(bytes);
    this.#stretches[lengthClass]!.note(waitedMs / scaleOf(bytes, lengthClass));
  }

  /** How long a reader waits for a stretch of so many bytes, in all, before it is slow. */
  stretchLimitMs(bytes: number): number {
    const lengthClass = classOf(bytes);
    return Math.max(this.#floorMs, this.#stretches[lengthClass]!.limitMs * scaleOf(bytes, lengthClass));
  }
}

function classOf(bytes: number): number {
  if (bytes < SHORTEST_BYTES) return 0;
  return Math.min(LENGTH_CLASSES - 1, Math.floor(Math.log2(bytes / SHORTEST_BYTES)));
}

/** How much longer it is than the shortest of its class; the shortest of all stand for what is shorter still. */
function scaleOf(bytes: number, lengthClass: number): number {
  return Math.max(1, bytes / (SHORTEST_BYTES * 2 ** lengthClass));
}
