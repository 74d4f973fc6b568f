// What a client is told for each of our codes: one table. The words are ours; nothing that an origin or an
// exception said reaches a client.
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { Problem } from '../http/problem.ts';

/** When an origin is busy and has not said for how long. */
const RETRY_AFTER_SECONDS = 2;

type Row = { readonly status: number; readonly title: string; readonly retryAfter?: true };

const ROWS = {
  'bad-input': { status: 400, title: 'The request is malformed' },
  'bad-config': { status: 500, title: 'The gateway is misconfigured' },
  'not-found': { status: 404, title: 'There is no such object' },
  changed: { status: 502, title: 'The object is no longer the one in the catalog' },
  'origin-denied': { status: 502, title: 'The store refused the gateway' },
  'origin-unreachable': { status: 502, title: 'The store cannot be reached', retryAfter: true },
  'origin-timeout': { status: 504, title: 'The store did not answer in time', retryAfter: true },
  'origin-busy': { status: 503, title: 'The store is busy', retryAfter: true },
  'origin-failed': { status: 502, title: 'The store failed', retryAfter: true },
  'origin-invalid': { status: 502, title: 'The store gave an answer that cannot be used' },
  truncated: { status: 502, title: 'The store ended its answer early', retryAfter: true },
  stalled: { status: 504, title: 'The store fell silent', retryAfter: true },
  closed: { status: 503, title: 'The gateway is shutting down', retryAfter: true },
  overloaded: { status: 503, title: 'The gateway is at its limit', retryAfter: true },
  limited: { status: 429, title: 'You are at your limit', retryAfter: true },
  unavailable: { status: 503, title: 'The gateway cannot look this up at the moment', retryAfter: true },
  'disk-failed': { status: 500, title: 'The gateway has failed' },
  mismatch: { status: 502, title: 'The store gave an answer that cannot be used' },
  misuse: { status: 500, title: 'The gateway has failed' },
} as const satisfies Record<ErrorCode, Row>;

export type ProblemAnswer = { readonly problem: Problem; readonly retryAfterSeconds?: number };

/** What to answer for an error, whatever was thrown. */
export function toProblemAnswer(error: unknown): ProblemAnswer {
  const code = error instanceof SluiceError ? error.code : 'misuse';
  const { status, title, ...row }: Row = ROWS[code];
  const problem: Problem = { type: 'about:blank', title, status };
  if (!row.retryAfter) return { problem };
  const askedMs = error instanceof SluiceError ? error.retryAfterMs : undefined;
  return { problem, retryAfterSeconds: askedMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(askedMs / 1000) };
}
