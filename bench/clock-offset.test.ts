import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toAheadMs } from './clock-offset.ts';

test('the closest sighting tells, and the others do not matter', () => {
  const sightings = [
    { beforeMs: 0, theirsMs: 190, afterMs: 20 },
    { beforeMs: 100, theirsMs: 201, afterMs: 102 },
    { beforeMs: 200, theirsMs: 209, afterMs: 230 },
  ];
  assert.equal(toAheadMs(sightings), 100);
});

test('without a sighting there is no offset', () => {
  assert.throws(() => toAheadMs([]), /at least one sighting/);
});
