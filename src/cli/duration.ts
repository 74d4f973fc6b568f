// Lengths of time as people write them on the command line: 30m, 12h, 7d.
import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In milliseconds. */
export function parseDuration(text: string): number {
  const [, count, unit = ''] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Want a length of time such as 90s, 30m, 12h or 7d.');
  return Number(count) * UNIT_MS[unit]!;
}

/** A moment: so long ago, or an ISO 8601 date or time. */
export function parseSince(text: string): Date {
  if (/^[0-9]+[smhd]$/.test(text)) return new Date(Date.now() - parseDuration(text));
  const date = new Date(text);
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('Want a length of time such as 7d, or a date such as 2026-03-01.');
  }
  return date;
}
