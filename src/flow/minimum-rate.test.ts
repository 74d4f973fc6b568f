// The least rate: only time in which bytes waited for the client counts, and each window is judged by itself.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../clock.test-double.ts';
import { GUARDED } from './http-trial.test-double.ts';
import { RateWatch } from './minimum-rate.ts';

const RATE = { bytes: 100, windowMs: 1_000 };

function begin() {
  const clock = new FakeClock();
  const client: { takenBytes: number; tooSlowAtMs: number[] } = { takenBytes: 50, tooSlowAtMs: [] };
  const watch = new RateWatch({
    rate: RATE,
    clock,
    takenBytes: () => client.takenBytes,
    onTooSlow: () => client.tooSlowAtMs.push(clock.now()),
  });
  return { clock, client, watch };
}

describe('RateWatch', GUARDED, () => {
  it('tells of a client that took less in a whole window, once', async () => {
    const { clock, client, watch } = begin();
    watch.run();
    client.takenBytes += 99;
    await clock.advance(999);
    assert.deepEqual(client.tooSlowAtMs, []);
    await clock.advance(1);
    assert.deepEqual([client.tooSlowAtMs, clock.alarmCount], [[1_000], 0]);
  });

  it('goes on with one that took enough, window by window', async () => {
    const { clock, client, watch } = begin();
    watch.run();
    for (let count = 0; count < 5; count += 1) {
      client.takenBytes += 100;
      await clock.advance(1_000);
    }
    assert.deepEqual(client.tooSlowAtMs, []);
    client.takenBytes += 99;
    await clock.advance(1_000);
    assert.deepEqual(client.tooSlowAtMs, [6_000], 'what it took before does not count');
  });

  it('counts no time in which nothing waited for it', async () => {
    const { clock, client, watch } = begin();
    for (let count = 0; count < 9; count += 1) {
      watch.run();
      await clock.advance(100);
      watch.pause();
      await clock.advance(100_000);
    }
    assert.deepEqual([client.tooSlowAtMs, clock.alarmCount], [[], 0]);
    watch.run();
    await clock.advance(99);
    assert.deepEqual(client.tooSlowAtMs, []);
    await clock.advance(1);
    assert.equal(client.tooSlowAtMs.length, 1);
  });

  it('is one clock, however often it is told to run or to pause', async () => {
    const { clock, client, watch } = begin();
    watch.pause();
    watch.run();
    await clock.advance(600);
    watch.run();
    assert.equal(clock.alarmCount, 1);
    watch.pause();
    watch.pause();
    watch.run();
    await clock.advance(399);
    assert.deepEqual(client.tooSlowAtMs, []);
    await clock.advance(1);
    assert.deepEqual(client.tooSlowAtMs, [1_000]);
  });

  it('judges at once when it was paused at the very end of a window', async () => {
    const { clock, client, watch } = begin();
    const early = clock.after(1_000, () => watch.pause());
    watch.run();
    await clock.advance(1_000);
    early();
    assert.deepEqual([client.tooSlowAtMs, clock.alarmCount], [[], 0]);
    watch.run();
    await clock.advance(0);
    assert.deepEqual(client.tooSlowAtMs, [1_000]);
  });

  it('agrees with a count of what was taken, whenever it runs and pauses', async () => {
    const aSpell = fc.record({ isRunning: fc.boolean(), ms: fc.nat(700), bytes: fc.nat(90) });
    const property = fc.asyncProperty(fc.array(aSpell), async (spells) => {
      const { clock, client, watch } = begin();
      let [ranMs, windowBytes, isTooSlow] = [0, 0, false];
      for (const { isRunning, ms, bytes } of spells) {
        watch[isRunning ? 'run' : 'pause']();
        client.takenBytes += bytes;
        windowBytes += bytes;
        await clock.advance(ms);
        if (isRunning) ranMs += ms;
        if (ranMs >= RATE.windowMs) {
          isTooSlow = windowBytes < RATE.bytes;
          [ranMs, windowBytes] = [ranMs - RATE.windowMs, 0];
        }
        assert.equal(client.tooSlowAtMs.length > 0, isTooSlow);
        if (isTooSlow) break;
      }
      watch.pause();
      assert.equal(clock.alarmCount, 0);
    });
    await fc.assert(property);
  });
});
