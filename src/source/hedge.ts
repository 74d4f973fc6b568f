// A source whose slowest bodies are asked for again on a new connection ("The Tail at Scale", Dean and Barroso, 2013).
// What is slow is learned from this origin alone (latency-book.ts), how often it may be acted on is bounded
// (hedge-allowance.ts), and what then happens to one body is in hedged-body.ts.
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { isSluiceError } from '../errors.ts';
import { HedgeAllowance } from './hedge-allowance.ts';
import { openHedgedBody } from './hedged-body.ts';
import type { HedgedOrigin } from './hedged-body.ts';
import { DEFAULT_HEDGE_POLICY } from './hedge-policy.ts';
import type { Hedge, HedgePolicy } from './hedge-policy.ts';
import { LatencyBook } from './latency-book.ts';
import { SlowWatch } from './slow-watch.ts';
import type { Source } from './source.ts';

export type HedgedOptions = {
  readonly clock?: Clock;
  readonly policy?: HedgePolicy;
  /** Called once for each body that was asked for again, when it is decided who gave the next byte. */
  readonly report?: (hedge: Hedge) => void;
};

export type HedgedSource = Source & {
  /** Tells it that the origin has asked us to slow down, where a retry below it kept that to itself. */
  noteBusy(retryAfterMs?: number): void;
};

/** One for each origin: what is learned and spent is that origin's. Closing it closes `source`. */
export function hedged(source: Source, options: HedgedOptions = {}): HedgedSource {
  const { clock = SYSTEM_CLOCK, policy = DEFAULT_HEDGE_POLICY, report = () => {} } = options;
  const allowance = new HedgeAllowance(policy);
  const book = new LatencyBook(policy);
  const origin: HedgedOrigin = { source, clock, policy, book, allowance, watch: new SlowWatch(clock), report };
  const noteFailure = (error: unknown): never => {
    if (isSluiceError(error, 'origin-busy')) allowance.rest(clock.now(), error.retryAfterMs);
    throw error;
  };
  return {
    stat: (object, { signal }) => source.stat(object, { signal }).catch(noteFailure),
    // For an empty range there is nothing to ask.
    open: (request) =>
      request.range.start === request.range.end ? source.open(request) : openHedgedBody(request, origin),
    list: (request) => source.list(request),
    close: () => source.close(),
    noteBusy: (retryAfterMs) => allowance.rest(clock.now(), retryAfterMs),
  };
}
