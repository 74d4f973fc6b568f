import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  COLUMNS,
  idOf,
  NO_COUNTS_TEXT,
  toCountsText,
  toEndText,
  toLostText,
  toRowText,
  toStartText,
} from './row-text.ts';
import { countsOf, endOf, STARTED_AT, startOf } from './ledger-trial.test-double.ts';

const BEGUN = { id: '019a0000-0000-7000-8001-0123456789ab', gateway: 'one', startedAtMs: STARTED_AT.getTime() };

function parse(text: string): Record<string, unknown> {
  const values = JSON.parse(text) as unknown[];
  assert.equal(values.length, COLUMNS.length);
  return Object.fromEntries(COLUMNS.map((column, index) => [column, values[index]]));
}

const START_TEXT = toStartText(startOf(), BEGUN);

test('a settled row has every column of its table', () => {
  const state = toEndText(endOf({ outcome: 'client-gone', error: 'closed', overReadBytes: 7 }));
  const text = toRowText({ start: START_TEXT, state, durationMs: 12.6 });
  assert.equal(idOf(text), BEGUN.id);
  assert.deepEqual(parse(text), {
    id: BEGUN.id,
    gateway: 'one',
    principal: 'ann',
    credential: 'token:3f9a',
    object: 'runs/genome.bam',
    collection: 'runs',
    method: 'GET',
    address: '127.0.0.1',
    started_at: STARTED_AT.getTime(),
    status: 206,
    ranges: '0-1000',
    delivered_bytes: 1000,
    delivered_by: 'acknowledged',
    received_bytes: 1000,
    over_read_bytes: 7,
    resumed_count: 1,
    outcome: 'client-gone',
    error: 'closed',
    duration_ms: 13,
  });
});

test('an open row has no outcome, and what was received and not yet delivered is its over-read', () => {
  const text = toRowText({ start: START_TEXT, state: toCountsText(countsOf()), durationMs: 5 });
  const { outcome, error, over_read_bytes } = parse(text);
  assert.deepEqual([outcome, error, over_read_bytes], [null, null, 10]);
});

test('what is not known is null', () => {
  const start = toStartText(startOf({ credential: undefined, remoteAddress: undefined }), BEGUN);
  const { credential, address, status, ranges } = parse(toRowText({ start, state: NO_COUNTS_TEXT, durationMs: 0 }));
  assert.deepEqual([credential, address, status, ranges], [null, null, null, '']);
});

test('a row that is lost keeps its counts', () => {
  const text = toRowText({ start: START_TEXT, state: toCountsText(countsOf()), durationMs: 5 });
  assert.deepEqual(parse(toLostText(text)), { ...parse(text), outcome: 'cut-short', error: 'gateway-lost' });
});

test('texts are what both databases can keep', () => {
  const start = toStartText(startOf({ principal: `a\0b\uD800c\n"${'é'.repeat(1000)}` }), BEGUN);
  const { principal } = parse(toRowText({ start, state: NO_COUNTS_TEXT, durationMs: 0 }));
  assert.equal(principal, `a\uFFFDb\uFFFDc\n"${'é'.repeat(793)}`);
});

test('numbers are whole, and fit into their columns', () => {
  const counts = countsOf({
    deliveredBytes: Number.NaN,
    receivedBytes: -1,
    resumedCount: 2 ** 40,
    status: 99_999_999_999,
  });
  const row = parse(
    toRowText({ start: START_TEXT, state: toCountsText(counts), durationMs: Number.POSITIVE_INFINITY }),
  );
  const { delivered_bytes, received_bytes, resumed_count, status, duration_ms } = row;
  assert.deepEqual([delivered_bytes, received_bytes, resumed_count, status], [0, 0, 2 ** 31 - 1, 2 ** 31 - 1]);
  assert.equal(duration_ms, Number.MAX_SAFE_INTEGER);
});
