// Streams with a rate, on a clock that is moved by hand: what each has in any span of time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RateTrial } from './fair-rate.test-double.ts';
import { toBurstBytes, toSliceBytes } from './token-bucket.ts';

const KIB = 1 << 10;
const RATE = 640 * KIB;
const SLICE = toSliceBytes(RATE);

function assertNear(bytes: number, wanted: number, within = SLICE): void {
  assert.ok(Math.abs(bytes - wanted) <= within, `${bytes} is not within ${within} of ${wanted}`);
}

describe('FairRates', () => {
  it('hands a slab on in even slices', async () => {
    const trial = new RateTrial();
    const end = trial.start('a', { principal: 'p', bytesPerSecond: 64 * KIB });
    await trial.clock.advance(16_000);
    assertNear(trial.bytesOf('a'), 1024 * KIB, toBurstBytes(64 * KIB));
    const gaps = trial.grants.slice(2).map(({ atMs }, index) => atMs - trial.grants[index + 1]!.atMs);
    assert.ok(Math.max(...gaps) <= 251, `${Math.max(...gaps)}`);
    end();
    assert.equal(trial.clock.alarmCount, 0);
  });

  it('gives streams that are equally hungry equal shares, in whatever pieces they come', async () => {
    const trial = new RateTrial();
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const [index, name] of names.entries())
      trial.start(name, { principal: 'p', bytesPerSecond: RATE }, { chunkBytes: 7_000 * (index + 1) ** 3 });
    for (let second = 1; second <= 20; second += 1) {
      await trial.clock.advance(1000);
      const had = names.map((name) => trial.bytesOf(name));
      assert.ok(Math.max(...had) - Math.min(...had) <= 2 * SLICE, `${had.join(' ')} after ${second} s`);
    }
    assertNear(trial.bytesOf('a'), 20 * (RATE / 5), 2 * SLICE);
  });

  it('gives one that comes late its share at once, and no more for having come late', async () => {
    const trial = new RateTrial();
    for (const name of ['a', 'b', 'c']) trial.start(name, { principal: 'p', bytesPerSecond: RATE });
    await trial.clock.advance(60_000);
    trial.start('late', { principal: 'p', bytesPerSecond: RATE });
    await trial.clock.advance(4000);
    for (const name of ['a', 'b', 'c', 'late']) assertNear(trial.bytesOf(name, { fromMs: 60_000 }), RATE, 2 * SLICE);
  });

  it('frees the share of one that leaves', async () => {
    const trial = new RateTrial();
    const end = trial.start('a', { principal: 'p', bytesPerSecond: RATE });
    trial.start('b', { principal: 'p', bytesPerSecond: RATE });
    await trial.clock.advance(10_000);
    end();
    await trial.clock.advance(10_000);
    assert.equal(trial.closedCount, 1);
    assertNear(trial.bytesOf('b', { fromMs: 10_000 }), 10 * RATE, 2 * SLICE);
  });

  it('takes nothing for one that waits for its client or its store, and gives that to the others', async () => {
    const trial = new RateTrial();
    trial.start('slow', { principal: 'p', bytesPerSecond: RATE }, { chunkBytes: 10_000, idleMs: 1000 });
    trial.start('b', { principal: 'p', bytesPerSecond: RATE });
    await trial.clock.advance(30_000);
    assertNear(trial.bytesOf('slow'), 30 * 10_000, 20_000);
    assertNear(trial.bytesOf('b'), 30 * (RATE - 10_000), 2 * SLICE + 20_000);
  });

  it('shares the whole among streams, and gives the others what a principal with a rate cannot have', async () => {
    const trial = new RateTrial(RATE);
    for (const name of ['a', 'b']) trial.start(name, { principal: 'free' });
    trial.start('c', { principal: 'other' });
    trial.start('wide', { principal: 'wide', bytesPerSecond: 10 * RATE });
    trial.start('narrow', { principal: 'narrow', bytesPerSecond: RATE / 20 });
    await trial.clock.advance(20_000);
    assertNear(trial.bytesOf('narrow'), RATE, toBurstBytes(RATE / 20));
    for (const name of ['a', 'b', 'c', 'wide']) assertNear(trial.bytesOf(name), 20 * RATE * (19 / 20 / 4), 3 * SLICE);
  });

  it('is not fooled by many short streams: a rate is of all of them', async () => {
    const trial = new RateTrial();
    const { signal } = new AbortController();
    let bytes = 0;
    for (const startedMs = trial.clock.now(); trial.clock.now() - startedMs < 5000;) {
      const stream = trial.rates.open('p', RATE)!;
      const taken = stream.take(4 * KIB, { signal });
      if (typeof taken === 'number') bytes += taken;
      else {
        await trial.clock.advance(10);
        bytes += await taken;
      }
      stream.end();
    }
    assertNear(bytes, 5 * RATE, toBurstBytes(RATE) + SLICE);
  });

  it('forgets a principal when its bucket is full again, and not before', async () => {
    const trial = new RateTrial();
    trial.start('a', { principal: 'p', bytesPerSecond: RATE })();
    trial.start('b', { principal: 'q', bytesPerSecond: RATE })();
    assert.equal(trial.rates.laneCount, 2);
    await trial.clock.advance(1000);
    trial.rates.open('r', RATE)?.end();
    assert.equal(trial.rates.laneCount, 0, 'what was never spent is full');
  });

  it('goes by the newest word on a principal, also for those who wait', async () => {
    const trial = new RateTrial();
    trial.start('a', { principal: 'p', bytesPerSecond: 10 }, { idleMs: 1 });
    await trial.clock.advance(10_000);
    trial.start('b', { principal: 'p', bytesPerSecond: RATE }, { idleMs: 1 });
    await trial.clock.advance(10_000);
    assertNear(trial.bytesOf('a', { fromMs: 10_000 }), 5 * RATE, 2 * SLICE);
    assert.equal(trial.rates.open('p', undefined), undefined, 'no longer limited');
    await trial.clock.advance(10);
    assert.ok(trial.bytesOf('a', { fromMs: 20_000 }) > 1 << 20, 'and neither are those that were');
  });

  it('has one alarm however many wait, and none when nobody does', async () => {
    const trial = new RateTrial(RATE);
    const ends = Array.from({ length: 50 }, (_, index) =>
      trial.start(`s${index}`, { principal: `p${index % 7}`, ...(index % 2 > 0 && { bytesPerSecond: RATE / 10 }) }),
    );
    await trial.clock.advance(3000);
    assert.equal(trial.clock.alarmCount, 1);
    for (const end of ends) end();
    await trial.clock.advance(0);
    assert.equal(trial.clock.alarmCount, 0);
    assert.equal(trial.closedCount, 50);
  });

  it('counts who wants bytes: those who wait, and those who lately asked', async () => {
    const trial = new RateTrial();
    trial.start('a', { principal: 'p', bytesPerSecond: 10 });
    trial.start('b', { principal: 'p', bytesPerSecond: 10 }, { chunkBytes: 1, idleMs: 60_000 });
    trial.start('c', { principal: 'q', bytesPerSecond: RATE }, { chunkBytes: 1, idleMs: 60_000 });
    await trial.clock.advance(2000);
    const countsSince = (ms: number) => Object.fromEntries(trial.rates.activeCounts(ms));
    assert.deepEqual(countsSince(0), { p: 2, q: 1 });
    assert.deepEqual(countsSince(1), { p: 1, q: 0 });
    assert.deepEqual([trial.rates.activeCount(0), trial.rates.activeCount(1)], [3, 1]);
  });

  it('gives what it was told is its share, of a principal and of the whole', async () => {
    const trial = new RateTrial(RATE);
    trial.start('a', { principal: 'p', bytesPerSecond: RATE / 2 });
    trial.start('b', { principal: 'q' });
    trial.rates.setShare('p', 0.1);
    trial.rates.setShare('unknown', 0.1);
    await trial.clock.advance(10_000);
    assertNear(trial.bytesOf('a'), RATE / 2, SLICE);
    assertNear(trial.bytesOf('b'), 10 * RATE * 0.95, 2 * SLICE);
    trial.rates.setShareOfWhole(0.2);
    await trial.clock.advance(10_000);
    assertNear(trial.bytesOf('b', { fromMs: 10_000 }), 10 * RATE * 0.15, 3 * SLICE);
  });

  it('gives nothing to a stream that is over', () => {
    const { rates } = new RateTrial();
    const stream = rates.open('p', RATE)!;
    assert.equal(stream.bytesPerSecond, RATE);
    assert.throws(() => stream.take(1, { signal: AbortSignal.abort() }), { code: 'closed' });
    stream.end();
    stream.end();
    assert.throws(() => stream.take(1, { signal: new AbortController().signal }), { code: 'closed' });
  });
});
