// What every part of a run works with.
import type { Processes } from './processes.ts';
import type { Tools } from './tools.ts';

export type Bench = {
  /** For configurations, logs and databases; gone after the run. */
  readonly folder: string;
  readonly processes: Processes;
  readonly tools: Tools;
};

/** An origin, as one kind of client reaches it. */
export type Upstream = {
  /** As titles name it. */
  readonly kind: string;
  readonly port: number;
  /** The certificate to trust, where there is TLS. */
  readonly caFile: string | undefined;
  readonly pid: number;
};
