// Days in UTC, as quotas count them.

export const DAY_MS = 86_400_000;

/** `2026-11-23` */
export function toUtcDay(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

export function nextUtcMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}
