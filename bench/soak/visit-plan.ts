// What a random client does: what it asks for over one connection, how it reads, and how it leaves. It is decided here,
// from chance alone, before anything happens.
import type { Random } from '../../src/random.test-double.ts';

/** Something that can be asked for. */
export type SoakObject = { readonly path: string; readonly size: number };

/** Half-open. */
export type Stretch = { readonly start: number; readonly end: number };

export type Ask = {
  readonly object: SoakObject;
  /** `undefined`: the whole, with no Range. */
  readonly stretch: Stretch | undefined;
};

/** How the answer to the last ask is taken. */
export type Manner =
  /** All of it, as fast as it comes. */
  | { readonly kind: 'reads' }
  /** It leaves when so many bytes are here, after sitting there for a while. */
  | { readonly kind: 'leaves'; readonly afterBytes: number; readonly sitsMs: number; readonly by: Leaving }
  /** It leaves without waiting for the answer. */
  | { readonly kind: 'leaves unheard'; readonly afterMs: number; readonly by: Leaving }
  /** It reads nothing for a while in the middle, then the rest. */
  | { readonly kind: 'stalls'; readonly afterBytes: number; readonly sitsMs: number }
  /** All of it, a little at a time. */
  | { readonly kind: 'reads slowly'; readonly stepBytes: number; readonly stepMs: number };

export type Leaving = 'reset' | 'close' | 'end';

export type VisitPlan = {
  /** All but the last are read to their ends. At least one. */
  readonly asks: readonly [...Ask[], Ask];
  readonly manner: Manner;
};

const MEBIBYTE = 2 ** 20;
const LARGEST_WHOLE_BYTES = 128 * MEBIBYTE;
const LARGEST_STRETCH_BYTES = 32 * MEBIBYTE;
const SMALL_STRETCH_BYTES = 256 << 10;
const SLOW_STEPS = 40;
const MOST_ASKS = 4;
const LONGEST_SIT_MS = 500;
const LONGEST_STALL_MS = 6_000;
const LONGEST_UNHEARD_MS = 20;

export function planVisit(random: Random, objects: readonly [SoakObject, ...SoakObject[]]): VisitPlan {
  const before = random.next() < 0.2 ? Array.from({ length: 1 + random.below(MOST_ASKS - 1) }) : [];
  const first = before.map(() => planStretch(random, random.pick(objects), SMALL_STRETCH_BYTES));
  const object = random.pick(objects);
  const by = random.pick<Leaving>(['reset', 'close', 'end']);
  switch (random.below(8)) {
    case 0:
    case 1: {
      const isWhole = object.size <= LARGEST_WHOLE_BYTES && random.next() < 0.5;
      const last = isWhole ? { object, stretch: undefined } : planStretch(random, object, LARGEST_STRETCH_BYTES);
      return { asks: [...first, last], manner: { kind: 'reads' } };
    }
    case 2:
    case 3: {
      const afterBytes = random.upTo(Math.min(object.size, LARGEST_STRETCH_BYTES));
      const sitsMs = random.below(LONGEST_SIT_MS);
      return { asks: [...first, { object, stretch: undefined }], manner: { kind: 'leaves', afterBytes, sitsMs, by } };
    }
    case 4: {
      const afterMs = random.below(LONGEST_UNHEARD_MS);
      return { asks: [...first, { object, stretch: undefined }], manner: { kind: 'leaves unheard', afterMs, by } };
    }
    case 5:
    case 6: {
      const last = planStretch(random, object, LARGEST_STRETCH_BYTES);
      const afterBytes = random.upTo(toLength(last));
      return {
        asks: [...first, last],
        manner: { kind: 'stalls', afterBytes, sitsMs: random.below(LONGEST_STALL_MS) },
      };
    }
    default: {
      const stepBytes = 1 + random.upTo(SMALL_STRETCH_BYTES);
      const last = planStretch(random, object, stepBytes * SLOW_STEPS);
      return { asks: [...first, last], manner: { kind: 'reads slowly', stepBytes, stepMs: 1 + random.below(100) } };
    }
  }
}

/** The bytes of the answer. */
export function toLength({ object, stretch }: Ask): number {
  return stretch ? stretch.end - stretch.start : object.size;
}

/** Somewhere in it, as long as may be at the most; of what is empty there is no range. */
function planStretch(random: Random, object: SoakObject, longestBytes: number): Ask {
  const { size } = object;
  if (size === 0) return { object, stretch: undefined };
  const length = Math.max(1, random.upTo(Math.min(size, longestBytes)));
  const start = random.below(size - length + 1);
  return { object, stretch: { start, end: start + length } };
}
