// What a flow learns of its connections from the parts that are through.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConnectionSpeed } from './connection-speed.ts';

describe('ConnectionSpeed', () => {
  it('knows nothing before a part is through', () => {
    const speed = new ConnectionSpeed();
    assert.deepEqual([speed.bytesPerMs, speed.firstByteMs], [0, Number.POSITIVE_INFINITY]);
  });

  it('keeps the shortest time to the first byte', () => {
    const speed = new ConnectionSpeed();
    for (const firstByteMs of [30, 20, undefined, 25]) speed.learn({ firstByteMs, timed: { bytes: 0, ms: 0 } });
    assert.equal(speed.firstByteMs, 20);
  });

  it('learns no speed from a part that came in one piece', () => {
    const speed = new ConnectionSpeed();
    speed.learn({ firstByteMs: 1, timed: { bytes: 0, ms: 0 } });
    assert.equal(speed.bytesPerMs, 0);
    speed.learn({ firstByteMs: 1, timed: { bytes: 100, ms: 10 } });
    speed.learn({ firstByteMs: 1, timed: { bytes: 0, ms: 0 } });
    assert.equal(speed.bytesPerMs, 10);
  });

  it('counts each part for half as much as the one after it', () => {
    const speed = new ConnectionSpeed();
    speed.learn({ firstByteMs: 1, timed: { bytes: 4_000, ms: 10 } });
    speed.learn({ firstByteMs: 1, timed: { bytes: 1_000, ms: 10 } });
    assert.equal(speed.bytesPerMs, 200);
    for (let count = 0; count < 60; count += 1) speed.learn({ firstByteMs: 1, timed: { bytes: 1_000, ms: 10 } });
    assert.equal(Math.round(speed.bytesPerMs), 100);
  });
});
