import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/random.test-double.ts';
import { planVisit, toLength } from './visit-plan.ts';

const OBJECTS = [
  { path: '/empty', size: 0 },
  { path: '/tiny', size: 1 },
  { path: '/medium', size: 5_000_000 },
  { path: '/huge', size: 200 * 2 ** 30 },
] as const;

const PLANS = Array.from({ length: 2_000 }, (_, seed) => planVisit(new Random(seed), OBJECTS));

test('every manner and every way to leave comes to pass', () => {
  const kinds = new Set(PLANS.map(({ manner }) => manner.kind));
  assert.deepEqual(kinds, new Set(['reads', 'leaves', 'leaves unheard', 'stalls', 'reads slowly']));
  const ways = new Set(PLANS.flatMap(({ manner }) => ('by' in manner ? [manner.by] : [])));
  assert.deepEqual(ways, new Set(['reset', 'close', 'end']));
});

test('a stretch lies in its object and is not empty', () => {
  for (const { asks } of PLANS) {
    for (const { object, stretch } of asks) {
      if (!stretch) continue;
      assert.ok(stretch.start >= 0 && stretch.start < stretch.end && stretch.end <= object.size);
    }
  }
});

test('nobody reads more than is good for a round of many', () => {
  for (const { asks, manner } of PLANS) {
    const last = asks.at(-1)!;
    const readBytes = manner.kind === 'leaves' ? manner.afterBytes : toLength(last);
    if (manner.kind === 'leaves unheard') continue;
    assert.ok(readBytes <= 128 * 2 ** 20, `${readBytes} bytes`);
    for (const ask of asks.slice(0, -1)) assert.ok(toLength(ask) <= 256 << 10);
  }
});

test('where one leaves or stalls lies in what it is sent', () => {
  for (const { asks, manner } of PLANS) {
    if ('afterBytes' in manner) assert.ok(manner.afterBytes >= 0 && manner.afterBytes <= toLength(asks.at(-1)!));
  }
});

test('the same seed makes the same plan', () => {
  assert.deepEqual(planVisit(new Random(7), OBJECTS), planVisit(new Random(7), OBJECTS));
});
