// A source whose bodies outlive the failures of the source below, so that a reader sees nothing but bytes. When a body
// breaks off (a reset, a truncation, a silence, a 5xx), it is let go of, and after a pause the rest is asked for: from
// the exact byte that is missing, of the version that was pinned, on a fresh connection. Pauses grow and are jittered,
// so that bodies which broke at once do not come back in step. Failures without progress are counted, and the last of
// too many is the reader's. What asking again cannot mend (another version, a refusal of our credentials) is final.
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { SluiceError } from '../errors.ts';
import { DEFAULT_RESUME_POLICY } from './resume-policy.ts';
import type { ResumePolicy } from './resume-policy.ts';
import { openResumedBody } from './resumed-body.ts';
import type { ObjectName, Source } from './source.ts';

/** A failure that no reader has seen: the rest is asked for again. */
export type Interruption = {
  readonly object: ObjectName;
  /** The first byte that is missing, in the representation. */
  readonly position: number;
  readonly error: SluiceError;
  /** Counted from 1, since there was progress. */
  readonly attempt: number;
  /** How long it waits before the rest is asked for. */
  readonly pauseMs: number;
};

export type ResumeOptions = {
  /** What is left out is as in `DEFAULT_RESUME_POLICY`. */
  readonly policy?: Partial<ResumePolicy> | undefined;
  readonly clock?: Clock | undefined;
  /** For the jitter: from 0 to below 1. */
  readonly random?: (() => number) | undefined;
  /** Told of each interruption as it happens, for the log and the metrics. It must not throw. */
  readonly report?: ((interruption: Interruption) => void) | undefined;
};

/**
 * `source` with bodies that are resumed; `stat`, `list` and `close` are its own.
 *
 * A body's openings are bounded: after `policy.attempts` failures within `policy.progressBytes` bytes of one place the
 * reader gets the last error. Before `opened` the same holds, and nothing is asked again after `policy.openingMs`,
 * because the source below may have tried for long by itself. `receivedBytes` counts over all of the bodies below, and
 * `resumedCount` how often the rest was asked for after `opened`.
 */
export function resumed(source: Source, options: ResumeOptions = {}): Source {
  const { clock = SYSTEM_CLOCK, random = Math.random, report } = options;
  const policy = { ...DEFAULT_RESUME_POLICY, ...options.policy };
  return {
    stat: (object, { signal }) => source.stat(object, { signal }),
    open: (request) =>
      openResumedBody(request, {
        source,
        policy,
        clock,
        random,
        interrupted: (again) => report?.({ object: request.object, ...again }),
      }),
    list: (request) => source.list(request),
    close: () => source.close(),
  };
}
