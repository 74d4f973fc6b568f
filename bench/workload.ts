// What is asked of each proxy, and which figures come of it. A workload names its metrics, so that rounds, ratios and
// tables know nothing of it.
import type { Running } from './contenders.ts';

export type Metric<Key extends string = string> = {
  readonly key: Key;
  readonly heading: string;
  readonly digits: number;
  /** Shown with its extremes, and set in relation to Sluice's. */
  readonly compared: boolean;
};

/** The figures of one proxy in one round. */
export type Sample<Key extends string = string> = Readonly<Record<Key, number>>;

type Aim<Key extends string> = { readonly key: Key; readonly bound: 'at most' | 'at least' };

/** Sluice's figure to another proxy's, at most or at least so much. */
export type RatioTarget<Key extends string = string> = Aim<Key> & {
  readonly to: Running['name'];
  readonly ratio: number;
};

/** A proxy's own figure, or what it has more than another's. */
export type ValueTarget<Key extends string = string> = Aim<Key> & {
  readonly of: Running['name'];
  readonly value: number;
  readonly beyond?: Running['name'];
};

export type Target<Key extends string = string> = RatioTarget<Key> | ValueTarget<Key>;

export type Workload<Key extends string = string> = {
  readonly title: string;
  /** What a reader must know of how it was measured. */
  readonly notes?: readonly string[];
  readonly metrics: readonly Metric<Key>[];
  readonly targets: readonly Target<Key>[];
  /** Makes sure that the answers are right, and warms a proxy up that has just been started. */
  readonly prepare: (proxy: Running) => Promise<void>;
  readonly measure: (proxy: Running) => Promise<Sample<Key>>;
};
