// Dates as HTTP writes them: RFC 9110 §5.6.7. One format is written; three are read. An impossible day or time is
// refused; a weekday that doesn't fit the date is let pass, since it adds nothing to what the date says.

import { SluiceError } from '../errors.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const WEEKDAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_WEEKDAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

const IMF_FIXDATE = new RegExp(String.raw`^${WEEKDAY}, (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`);
const RFC850_DATE = new RegExp(String.raw`^${LONG_WEEKDAY}, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT$`);
const ASCTIME_DATE = new RegExp(String.raw`^${WEEKDAY} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`);

/** Reads a date in any of the three formats. `now` decides the century of a two-digit year. */
export function parseHttpDate(value: string, now: Date = new Date()): Date | undefined {
  const rfc850 = RFC850_DATE.exec(value)?.groups;
  if (rfc850) return toDate(rfc850, toFullYear(rfc850, now));
  const groups = (IMF_FIXDATE.exec(value) ?? ASCTIME_DATE.exec(value))?.groups;
  return groups && toDate(groups, Number(groups['year']));
}

/** The latest year with these two digits in which the timestamp is not more than 50 years in the future. */
function toFullYear(groups: Record<string, string>, now: Date): number {
  const limit = new Date(now);
  limit.setUTCFullYear(now.getUTCFullYear() + 50);
  const limitYear = limit.getUTCFullYear();
  const year = limitYear - ((limitYear - Number(groups['year'])) % 100);
  const date = toDate(groups, year);
  return date && date <= limit ? year : year - 100;
}

function toDate(groups: Record<string, string>, year: number): Date | undefined {
  const month = MONTHS.indexOf(groups['month']!);
  const [day, hour, minute, second] = [groups['day'], groups['hour'], groups['minute'], groups['second']].map(Number);
  // `Date.UTC` would take the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour!, minute, second);
  return isTimeOfDay(hour!, minute!, second!) ? date : undefined;
}

/** 00:00:00 to 23:59:60; the leap second counts as the second after it, as in POSIX time. */
function isTimeOfDay(hour: number, minute: number, second: number): boolean {
  if (hour === 23 && minute === 59 && second === 60) return true;
  return hour < 24 && minute < 60 && second < 60;
}

/** Writes an IMF-fixdate, in whole seconds, rounded down. Throws `misuse` for a year that has not four digits. */
export function formatHttpDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new SluiceError('misuse', `an HTTP date needs a year from 0 to 9999, not ${year}`);
  }
  return date.toUTCString();
}
