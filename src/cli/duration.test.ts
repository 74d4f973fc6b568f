import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, parseSince } from './duration.ts';

test('a length of time has one unit', () => {
  for (const [text, ms] of [
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
  ] as const) {
    assert.equal(parseDuration(text), ms);
  }
  for (const text of ['', '5', '0d', '-1h', '1.5h', '1h30m', '1 h', '1w', '9999999d']) {
    assert.throws(() => parseDuration(text), /such as 90s/);
  }
});

test('a moment is so long ago, or a date', () => {
  const before = Date.now();
  const since = parseSince('1h').getTime();
  assert.ok(since >= before - 3_600_000 && since <= Date.now() - 3_600_000);
  assert.equal(parseSince('2026-03-01').toISOString(), '2026-03-01T00:00:00.000Z');
  assert.equal(parseSince('2026-03-01T12:00:00Z').toISOString(), '2026-03-01T12:00:00.000Z');
  for (const text of ['', 'yesterday', '2026', '2026-13-01', '7w']) assert.throws(() => parseSince(text), /such as 7d/);
});
