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

/** An aim of Sluice's: its ratio to another proxy's figure, at most or at least so much. */
export type Target<Key extends string = string> = {
  readonly key: Key;
  readonly to: Running['name'];
  readonly bound: 'at most' | 'at least';
  readonly ratio: number;
};

export type Workload<Key extends string = string> = {
  readonly title: string;
  readonly metrics: readonly Metric<Key>[];
  readonly targets: readonly Target<Key>[];
  /** Makes sure that the answers are right, and warms a proxy up that has just been started. */
  readonly prepare: (proxy: Running) => Promise<void>;
  readonly measure: (proxy: Running) => Promise<Sample<Key>>;
};
