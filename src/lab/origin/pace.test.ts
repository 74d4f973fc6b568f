// The pace as numbers: what may go when, and what is made good.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Pace } from './pace.ts';

/** Of which each millisecond is worth 90 kB. */
const bytesPerSecond = 90_000_000;

/** A pace whose last piece was paid for 100 ms and went at 100 ms. */
function setUp(): Pace {
  const pace = new Pace();
  pace.begin(0);
  assert.equal(pace.pay(9_000_000, { bytesPerSecond, nowMs: 0 }), 100);
  pace.go(100);
  return pace;
}

describe('a pace', () => {
  it('lets a piece go when a connection of this rate would be through with it', () => {
    const pace = new Pace();
    pace.begin(1_000);
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 1_000 }), 1_001);
    pace.go(1_000.5);
    assert.equal(pace.pay(180_000, { bytesPerSecond, nowMs: 1_000.6 }), 1_003);
  });

  it('gives no credit for the time between two answers', () => {
    const pace = setUp();
    pace.begin(5_000);
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 5_000 }), 5_001);
  });

  it('goes on where the answer before has ended, when the next begins before that', () => {
    const pace = setUp();
    pace.begin(99.5);
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 99.5 }), 101);
  });

  it('makes good what a timer was late by', () => {
    const pace = setUp();
    pace.pay(90_000, { bytesPerSecond, nowMs: 100 });
    pace.go(121);
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 121.1 }), 102);
    pace.go(121.1);
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 121.2 }), 103);
  });

  it('makes good no more than 50 ms', () => {
    const pace = setUp();
    pace.pay(90_000, { bytesPerSecond, nowMs: 100 });
    pace.go(1_000);
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 1_000 }), 946);
  });

  it('makes nothing good that the peer was slow by', () => {
    const pace = setUp();
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 140 }), 136);
    pace.go(140);
    assert.equal(pace.pay(90_000, { bytesPerSecond, nowMs: 200 }), 192);
  });
});
