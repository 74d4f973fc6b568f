// The park clock: it parks a client that has not moved between two looks, and nobody else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { ParkClock } from './park-clock.ts';

const AFTER_MS = 5_000;

function begin() {
  const clock = new FakeClock();
  const state: { progress: number | undefined; heldBytes: number; parkedAtMs: number[] } = {
    progress: 0,
    heldBytes: 0,
    parkedAtMs: [],
  };
  const parkClock = new ParkClock({
    clock,
    afterMs: AFTER_MS,
    progress: () => state.progress,
    heldBytes: () => state.heldBytes,
    onPark: () => state.parkedAtMs.push(clock.now()),
  });
  return { clock, state, parkClock };
}

describe('ParkClock', () => {
  it('does nothing until there is something to drink', async () => {
    const { clock, state } = begin();
    await clock.advance(10 * AFTER_MS);
    assert.deepEqual([state.parkedAtMs, clock.alarmCount], [[], 0]);
  });

  it('parks a client that has not moved between two looks, once', async () => {
    const { clock, state, parkClock } = begin();
    parkClock.watch();
    await clock.advance(2 * AFTER_MS - 1);
    assert.deepEqual(state.parkedAtMs, []);
    await clock.advance(1);
    assert.deepEqual([state.parkedAtMs, clock.alarmCount], [[2 * AFTER_MS], 0]);
    await clock.advance(10 * AFTER_MS);
    assert.equal(state.parkedAtMs.length, 1);
  });

  it('does not park one that moves, however little', async () => {
    const { clock, state, parkClock } = begin();
    parkClock.watch();
    for (let count = 1; count < 20; count += 1) {
      state.progress = count;
      await clock.advance(AFTER_MS);
    }
    assert.deepEqual([state.parkedAtMs, clock.alarmCount], [[], 1]);
    await clock.advance(AFTER_MS);
    assert.equal(state.parkedAtMs.length, 1);
  });

  it('parks one that hardly moves, if what is held for it would last it for more than a minute', async () => {
    const { clock, state, parkClock } = begin();
    state.heldBytes = 12 << 20;
    parkClock.watch();
    await clock.advance(AFTER_MS);
    state.progress = (1 << 20) + 1;
    await clock.advance(AFTER_MS);
    assert.deepEqual(state.parkedAtMs, []);
    state.progress += 1 << 20;
    await clock.advance(AFTER_MS);
    assert.deepEqual(state.parkedAtMs, [3 * AFTER_MS]);
  });

  it('does not take for rest what looks like less than before', async () => {
    const { clock, state, parkClock } = begin();
    parkClock.watch();
    await clock.advance(AFTER_MS);
    state.progress = -1000;
    await clock.advance(AFTER_MS);
    assert.deepEqual(state.parkedAtMs, []);
  });

  it('does not count a look at which it is not the client that is waited for', async () => {
    const { clock, state, parkClock } = begin();
    parkClock.watch();
    await clock.advance(AFTER_MS);
    state.progress = undefined;
    await clock.advance(AFTER_MS);
    state.progress = 0;
    await clock.advance(AFTER_MS);
    assert.deepEqual(state.parkedAtMs, []);
    await clock.advance(AFTER_MS);
    assert.deepEqual(state.parkedAtMs, [4 * AFTER_MS]);
  });

  it('is one clock however often it is told to watch, and watches again after a park', async () => {
    const { clock, state, parkClock } = begin();
    parkClock.watch();
    await clock.advance(AFTER_MS / 2);
    parkClock.watch();
    assert.equal(clock.alarmCount, 1);
    await clock.advance(1.5 * AFTER_MS);
    assert.deepEqual(state.parkedAtMs, [2 * AFTER_MS]);
    state.progress = 1;
    parkClock.watch();
    await clock.advance(AFTER_MS);
    assert.equal(state.parkedAtMs.length, 1, 'it has moved since it was parked');
    await clock.advance(AFTER_MS);
    assert.deepEqual(state.parkedAtMs, [2 * AFTER_MS, 4 * AFTER_MS]);
  });

  it('stops when it is told to', async () => {
    const { clock, state, parkClock } = begin();
    parkClock.stop();
    parkClock.watch();
    await clock.advance(AFTER_MS);
    parkClock.stop();
    assert.equal(clock.alarmCount, 0);
    await clock.advance(AFTER_MS);
    assert.deepEqual(state.parkedAtMs, []);
  });
});
