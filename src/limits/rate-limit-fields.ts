// Where a principal stands, as fields of an answer: RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-11
// (the last before it becomes an RFC), and Retry-After of RFC 9110 §10.2.3.
import type { Standing } from './limits.ts';

/** RFC 9651 §3.3.1: what an integer in a field may be at the most. */
const LARGEST_INTEGER = 999_999_999_999_999;

const DAY_SECONDS = 86_400;

/** Quota units are those of §10.3. A number of transfers at once has no window: none of them ends at a known time. */
const POLICIES = {
  transfers: { unit: 'concurrent-requests', windowSeconds: undefined },
  'bytes-per-day': { unit: 'content-bytes', windowSeconds: DAY_SECONDS },
} as const satisfies Record<Standing['limit'], object>;

/** Names are in lower case. Nothing for somebody who is not limited. */
export function toRateLimitFields(standings: readonly Standing[]): Readonly<Record<string, string>> {
  if (standings.length === 0) return {};
  return {
    'ratelimit-policy': standings.map(toPolicy).join(', '),
    ratelimit: standings.map(toServiceLimit).join(', '),
  };
}

/** Of a refusal: not before there may be more. */
export function toRetryAfterSeconds({ resetMs }: Pick<Standing, 'resetMs'>): number {
  return Math.max(1, Math.ceil(resetMs / 1000));
}

function toPolicy({ limit, quota }: Standing): string {
  const { unit, windowSeconds } = POLICIES[limit];
  const window = windowSeconds === undefined ? '' : `;w=${windowSeconds}`;
  return `"${limit}";q=${toInteger(quota)};qu="${unit}"${window}`;
}

function toServiceLimit({ limit, left, resetMs }: Standing): string {
  const hasWindow = POLICIES[limit].windowSeconds !== undefined;
  return `"${limit}";r=${toInteger(left)}${hasWindow ? `;t=${toRetryAfterSeconds({ resetMs })}` : ''}`;
}

function toInteger(value: number): number {
  return Math.min(LARGEST_INTEGER, Math.max(0, Math.floor(value)));
}
