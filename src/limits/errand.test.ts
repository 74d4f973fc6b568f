import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock, settle } from '../clock.test-double.ts';
import { Errand } from './errand.ts';

describe('Errand', () => {
  it('is done once for all who ask meanwhile, and never twice at once', async () => {
    const runs: PromiseWithResolvers<number>[] = [];
    const clock = new FakeClock();
    const errand = new Errand(clock, () => {
      runs.push(Promise.withResolvers<number>());
      return runs.at(-1)!.promise;
    });
    errand.ask();
    errand.ask();
    await settle();
    assert.equal(runs.length, 1);
    errand.ask();
    errand.ask();
    await settle();
    assert.equal(runs.length, 1);
    runs[0]!.resolve(Infinity);
    await settle();
    assert.equal(runs.length, 2);
    runs[1]!.resolve(Infinity);
    await settle();
    assert.deepEqual([runs.length, clock.alarmCount], [2, 0]);
    await errand.close();
  });

  it('is done when it is due, or sooner for who asks', async () => {
    const clock = new FakeClock();
    const doneAtMs: number[] = [];
    const errand = new Errand(clock, async () => {
      doneAtMs.push(clock.now());
      return clock.now() + 100;
    });
    errand.ask();
    await clock.advance(250);
    errand.ask();
    await clock.advance(120);
    assert.deepEqual(doneAtMs, [0, 100, 200, 250, 350]);
    assert.equal(clock.alarmCount, 1);
    await errand.close();
    assert.equal(clock.alarmCount, 0);
  });

  it('is closed when what is being done is over, and does nothing afterwards', async () => {
    const clock = new FakeClock();
    const run = Promise.withResolvers<number>();
    let count = 0;
    const errand = new Errand(clock, () => {
      count += 1;
      return run.promise;
    });
    errand.ask();
    await settle();
    errand.ask();
    let isClosed = false;
    const closing = errand.close().then(() => (isClosed = true));
    await settle();
    assert.equal(isClosed, false);
    run.resolve(0);
    await closing;
    errand.ask();
    await clock.advance(1000);
    assert.deepEqual([count, clock.alarmCount], [1, 0]);
  });
});
