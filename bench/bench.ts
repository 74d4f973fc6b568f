// What every part of a run works with.
import type { Processes } from './processes.ts';
import type { Tools } from './tools.ts';

export type Bench = {
  /** For configurations, logs and databases; gone after the run. */
  readonly folder: string;
  readonly processes: Processes;
  readonly tools: Tools;
};

/** The origin, as one kind of client reaches it. */
export type Upstream = {
  readonly kind: 'plain' | 'TLS 1.3';
  readonly port: number;
  /** The certificate to trust, where there is TLS. */
  readonly caFile: string | undefined;
};
