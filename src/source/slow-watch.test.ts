import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { SlowWatch } from './slow-watch.ts';
import type { Watched } from './slow-watch.ts';

function createWatched(): Watched & { readonly looksMs: number[] } {
  const looksMs: number[] = [];
  return { looksMs, look: (nowMs) => void looksMs.push(nowMs) };
}

test('one alarm serves all, and looks at each again and again', async () => {
  const clock = new FakeClock();
  const watch = new SlowWatch(clock);
  const watched = [createWatched(), createWatched()];
  for (const each of watched) watch.add(each);
  assert.equal(clock.alarmCount, 1);
  await clock.advance(30);
  for (const each of watched) assert.deepEqual(each.looksMs, [10, 20, 30]);
});

test('there is an alarm exactly while something is watched', async () => {
  const clock = new FakeClock();
  const watch = new SlowWatch(clock);
  const [first, second] = [createWatched(), createWatched()];
  watch.delete(first);
  watch.add(first);
  watch.add(second);
  await clock.advance(15);
  watch.delete(first);
  watch.delete(first);
  assert.equal(clock.alarmCount, 1);
  watch.delete(second);
  assert.equal(clock.alarmCount, 0);
  watch.add(first);
  await clock.advance(10);
  assert.deepEqual(first.looksMs, [10, 25]);
  assert.deepEqual(second.looksMs, [10]);
});

test('what is deleted by the look at another is not looked at, and the alarm goes with the last', async () => {
  const clock = new FakeClock();
  const watch = new SlowWatch(clock);
  const second = createWatched();
  const first = {
    look() {
      watch.delete(second);
      watch.delete(first);
    },
  };
  watch.add(first);
  watch.add(second);
  await clock.advance(10);
  assert.deepEqual(second.looksMs, []);
  assert.equal(clock.alarmCount, 0);
});

test('an alarm that comes late says nothing of the origin: the next one looks', () => {
  let nowMs = 0;
  let alarm = () => {};
  const watch = new SlowWatch({
    now: () => nowMs,
    after(_delayMs, callback) {
      alarm = callback;
      return () => {};
    },
  });
  const watched = createWatched();
  watch.add(watched);
  for (nowMs of [500, 510, 525, 560, 570]) alarm();
  assert.deepEqual(watched.looksMs, [510, 525, 570]);
});
