// How much a client has drunk, by the kernel's word and without it, and how often the kernel is asked for it.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import { Thirst } from './thirst.ts';

const STALL_MS = 120_000;

/** A kernel that says what the test wants, and writes down when it was asked. */
function begin({ isTold = true, isLimited = true } = {}) {
  const clock = new FakeClock();
  const socket = { writableLength: 70 } as Socket;
  const kernel = { unackedBytes: 100 as number | undefined, askedAtMs: [] as number[], limits: [] as number[] };
  const heard = { drunkAtMs: [] as number[], stalledAtMs: [] as number[] };
  const facts: TcpFacts = {
    unackedBytes(asked) {
      assert.equal(asked, socket);
      kernel.askedAtMs.push(clock.now());
      return kernel.unackedBytes;
    },
    heldBytes: () => assert.fail('nobody needs it'),
    ackedBytes: () => assert.fail('nobody needs it'),
    minRoundTripMs: () => 7,
    limitUnsent: (_socket, bytes) => kernel.limits.push(bytes) > 0 && isLimited,
  };
  const thirst = new Thirst({
    socket,
    facts: isTold ? facts : undefined,
    clock,
    stallTimeoutMs: STALL_MS,
    onStall: () => heard.stalledAtMs.push(clock.now()),
  });
  const wait = () => thirst.onceDrunk(() => heard.drunkAtMs.push(clock.now()));
  return { clock, kernel, heard, thirst, wait };
}

describe('Thirst', () => {
  it('goes by what the kernel tells, and keeps its queue of unsent bytes small', () => {
    const { thirst, kernel } = begin();
    assert.deepEqual([thirst.undrunkBytes, thirst.unseenBytes, thirst.roundTripMs], [100, 0, 7]);
    assert.deepEqual(kernel.limits, [160 << 10]);
    assert.deepEqual([thirst.takenBytes(250), thirst.takenBytes(50)], [150, 0]);
  });

  it('goes by what the kernel takes where it does not tell: up to 4 MiB may lie there unseen', () => {
    const { thirst } = begin({ isTold: false });
    assert.deepEqual([thirst.undrunkBytes, thirst.unseenBytes, thirst.roundTripMs], [0, 4 << 20, 0]);
    assert.deepEqual([thirst.takenBytes(250), thirst.takenBytes(50)], [180, 0]);
  });

  it('trusts a socket no more than one it is not told of, when its queue cannot be kept small', () => {
    const { thirst, kernel } = begin({ isLimited: false });
    kernel.unackedBytes = undefined;
    assert.deepEqual([thirst.undrunkBytes, thirst.unseenBytes, thirst.takenBytes(250)], [0, 4 << 20, 180]);
  });

  it('tells once when something was drunk, however little', async () => {
    const { clock, kernel, heard, wait } = begin();
    wait();
    await clock.advance(50);
    assert.deepEqual(heard.drunkAtMs, []);
    kernel.unackedBytes = 99;
    await clock.advance(50);
    assert.equal(heard.drunkAtMs.length, 1);
    kernel.unackedBytes = 0;
    await clock.advance(1_000);
    assert.deepEqual([heard.drunkAtMs.length, clock.alarmCount], [1, 0]);
  });

  it('tells in the next tick when there is nothing left to drink, or nothing is told', async () => {
    for (const isTold of [true, false]) {
      const { clock, kernel, heard, wait } = begin({ isTold });
      kernel.unackedBytes = 0;
      wait();
      assert.deepEqual(heard.drunkAtMs, [], 'never in the turn of the call');
      await clock.advance(1);
      assert.deepEqual([heard.drunkAtMs, clock.alarmCount], [[1], 0]);
    }
  });

  it('looks soon at first, then later and later, so that nothing is seen later than by a quarter of the wait', async () => {
    const { clock, kernel, wait } = begin();
    wait();
    await clock.advance(60_000);
    const looks = kernel.askedAtMs;
    assert.deepEqual(looks.slice(0, 6), [0, 1, 2, 3, 4, 5]);
    for (const [index, atMs] of looks.entries()) {
      const beforeMs = looks[index - 1] ?? 0;
      assert.ok(atMs - beforeMs <= Math.min(1_000, Math.max(1, beforeMs / 4)) + 1e-9, `from ${beforeMs} to ${atMs}`);
    }
    assert.ok(looks.length < 100, `${looks.length} looks in a minute`);
  });

  it('tells of a client that drinks nothing for too long, once, and looks no more', async () => {
    const { clock, heard, wait } = begin();
    wait();
    await clock.advance(STALL_MS - 1);
    assert.deepEqual(heard.stalledAtMs, []);
    await clock.advance(1_000);
    assert.equal(heard.stalledAtMs.length, 1);
    await clock.advance(10 * STALL_MS);
    assert.deepEqual([heard.stalledAtMs.length, heard.drunkAtMs, clock.alarmCount], [1, [], 0]);
  });

  it('counts each wait by itself: what was undrunk long ago says nothing, be it as much as now', async () => {
    const { clock, kernel, heard, wait } = begin();
    wait();
    kernel.unackedBytes = 50;
    await clock.advance(1);
    assert.equal(heard.drunkAtMs.length, 1);
    await clock.advance(2 * STALL_MS);
    kernel.unackedBytes = 100;
    const callOff = wait();
    await clock.advance(STALL_MS / 2);
    assert.deepEqual(heard.stalledAtMs, []);
    callOff();
    assert.equal(clock.alarmCount, 0);
  });

  it('looks no more when it is called off, at any moment', async () => {
    const { clock, kernel, heard, wait } = begin();
    for (const afterMs of [0, 0.5, 3, 5_000]) {
      const callOff = wait();
      await clock.advance(afterMs);
      callOff();
      callOff();
      assert.equal(clock.alarmCount, 0);
    }
    kernel.unackedBytes = 0;
    await clock.advance(1_000);
    assert.deepEqual(heard, { drunkAtMs: [], stalledAtMs: [] });
  });
});
