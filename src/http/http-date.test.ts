// HTTP dates, written and read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import { formatHttpDate, parseHttpDate } from './http-date.ts';

/** Controls, ASCII, obs-text, and some that are no octet. */
const character = fc.nat(0x1ff).map((code) => String.fromCharCode(code));

const iso = (value: string, now?: string) =>
  parseHttpDate(value, now === undefined ? undefined : new Date(now))?.toISOString();

test('reads the three formats of RFC 9110 §5.6.7', () => {
  const expected = '1994-11-06T08:49:37.000Z';
  assert.equal(iso('Sun, 06 Nov 1994 08:49:37 GMT'), expected);
  assert.equal(iso('Sunday, 06-Nov-94 08:49:37 GMT', '2026-01-01'), expected);
  assert.equal(iso('Sun Nov  6 08:49:37 1994'), expected);
  assert.equal(iso('Wed Nov 16 08:49:37 1994'), '1994-11-16T08:49:37.000Z');
});

test('a two-digit year is never more than 50 years in the future', () => {
  const read = (date: string, now: string) => iso(`Monday, ${date} 12:00:00 GMT`, now)?.slice(0, 10);
  assert.equal(read('01-Jan-26', '2026-06-01'), '2026-01-01');
  assert.equal(read('01-Jan-27', '2026-06-01'), '2027-01-01');
  assert.equal(read('01-Jan-76', '2026-06-01'), '2076-01-01');
  assert.equal(read('01-Jul-76', '2026-06-01'), '1976-07-01');
  assert.equal(read('01-Jan-77', '2026-06-01'), '1977-01-01');
  assert.equal(read('01-Jan-99', '2026-06-01'), '1999-01-01');
  assert.equal(read('01-Jan-01', '2099-06-01'), '2101-01-01');
  assert.equal(read('29-Feb-00', '2050-01-01'), '2000-02-29');
  assert.equal(read('31-Feb-00', '2050-01-01'), undefined);
});

test('without a given now, a two-digit year is read from today', () => {
  const year = new Date().getUTCFullYear();
  const digits = String(year % 100).padStart(2, '0');
  assert.equal(parseHttpDate(`Monday, 01-Jan-${digits} 00:00:00 GMT`)?.getUTCFullYear(), year);
});

test('refuses impossible days and times', () => {
  for (const date of ['30 Feb 2024', '29 Feb 2023', '29 Feb 1900', '31 Apr 2024', '00 Jan 2024', '32 Jan 2024']) {
    assert.equal(iso(`Mon, ${date} 00:00:00 GMT`), undefined, date);
  }
  for (const time of ['24:00:00', '00:60:00', '00:00:60', '23:58:60', '23:59:61']) {
    assert.equal(iso(`Mon, 01 Jan 2024 ${time} GMT`), undefined, time);
  }
});

test('reads leap days, leap seconds and early years', () => {
  assert.equal(iso('Thu, 29 Feb 2024 00:00:00 GMT'), '2024-02-29T00:00:00.000Z');
  assert.equal(iso('Sat, 31 Dec 2016 23:59:60 GMT'), '2017-01-01T00:00:00.000Z');
  assert.equal(iso('Sat, 01 Jan 0000 00:00:00 GMT'), '0000-01-01T00:00:00.000Z');
  assert.equal(iso('Fri, 31 Dec 0099 00:00:00 GMT'), '0099-12-31T00:00:00.000Z');
});

test('lets a weekday pass that does not fit the date, but no unknown one', () => {
  assert.equal(iso('Mon, 06 Nov 1994 08:49:37 GMT'), '1994-11-06T08:49:37.000Z');
  assert.equal(iso('Xyz, 06 Nov 1994 08:49:37 GMT'), undefined);
});

test('anything else is no date', () => {
  for (const value of [
    '',
    '0',
    '784111777',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT\n',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994 GMT',
  ]) {
    assert.equal(iso(value), undefined, JSON.stringify(value));
  }
});

test('writes whole seconds, rounded down', () => {
  assert.equal(formatHttpDate(new Date('1994-11-06T08:49:37.999Z')), 'Sun, 06 Nov 1994 08:49:37 GMT');
  assert.equal(formatHttpDate(new Date('0001-01-01T00:00:00Z')), 'Mon, 01 Jan 0001 00:00:00 GMT');
});

test('refuses to write a date that has no four-digit year', () => {
  for (const date of [new Date(Number.NaN), new Date('-000001-01-01'), new Date('+010000-01-01')]) {
    assert.throws(
      () => formatHttpDate(date),
      (error) => error instanceof SluiceError && error.code === 'misuse',
    );
  }
});

test('what is written is read back', () => {
  const min = new Date('0000-01-01T00:00:00Z');
  const max = new Date('9999-12-31T23:59:59Z');
  fc.assert(
    fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
      const seconds = Math.floor(date.getTime() / 1000);
      assert.equal(parseHttpDate(formatHttpDate(date))?.getTime(), seconds * 1000);
    }),
  );
});

test('a two-digit year is read within the hundred years that end 50 years from now', () => {
  const min = new Date('1900-01-01T00:00:00Z');
  const max = new Date('2300-01-01T00:00:00Z');
  const day = fc.integer({ min: 1, max: 28 }).map((number) => String(number).padStart(2, '0'));
  const year = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
  fc.assert(
    fc.property(fc.date({ min, max, noInvalidDate: true }), day, year, (now, dd, yy) => {
      const date = parseHttpDate(`Friday, ${dd}-Mar-${yy} 00:00:00 GMT`, now);
      assert.ok(date && String(date.getUTCFullYear()).endsWith(yy));
      const [from, to] = [-50, 50].map((years) => new Date(now).setUTCFullYear(now.getUTCFullYear() + years));
      assert.ok(from! < date.getTime() && date.getTime() <= to!);
    }),
  );
});

test('garbage never throws', () => {
  const garbage = fc.oneof(
    fc.string({ unit: character }),
    fc.stringMatching(/^Sun, \d\d Nov \d{4} \d\d:\d\d:\d\d GMT$/),
  );
  fc.assert(fc.property(garbage, (value) => void parseHttpDate(value)));
});
