import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STRETCH_BYTES } from './latency-book.ts';
import { StretchClock } from './stretch-clock.ts';

const RANGE = { start: 100, end: 1_100 };

test('it runs only while a read is pending', () => {
  const stretch = new StretchClock();
  stretch.begin(0, RANGE);
  assert.deepEqual([stretch.bytes, stretch.isWaiting, stretch.waitedMs(50)], [1_000, false, 0]);
  stretch.wait(50);
  assert.deepEqual([stretch.isWaiting, stretch.waitedMs(60)], [true, 10]);
  stretch.take(70, 500);
  assert.deepEqual([stretch.isWaiting, stretch.isWhole, stretch.waitedMs(1_000)], [false, false, 20]);
  stretch.take(1_000, 500);
  assert.deepEqual([stretch.isWhole, stretch.waitedMs(1_000)], [true, 20]);
});

test('a long body has one stretch after the other', () => {
  const stretch = new StretchClock();
  stretch.begin(0, { start: 0, end: STRETCH_BYTES + 5 });
  assert.equal(stretch.bytes, STRETCH_BYTES);
  stretch.begin(0, { start: STRETCH_BYTES, end: STRETCH_BYTES + 5 });
  assert.equal(stretch.bytes, 5);
});

test('one that begins while a read is pending runs from then', () => {
  const stretch = new StretchClock();
  stretch.begin(0, RANGE);
  stretch.wait(10);
  stretch.begin(40, RANGE);
  assert.deepEqual([stretch.isWaiting, stretch.waitedMs(45)], [true, 5]);
});

test('it tells whether the origin was waited for, or the reader', () => {
  const stretch = new StretchClock();
  stretch.begin(0, RANGE);
  stretch.wait(10);
  stretch.take(30, 1_000);
  assert.ok(stretch.wasAwaited(30));
  assert.ok(stretch.wasAwaited(40));
  assert.ok(!stretch.wasAwaited(41));
});
