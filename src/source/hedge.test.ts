// What one origin's bodies have in common: what is learned of it, how much may be asked again, and when nothing may.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settle } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import { EAGER_POLICY, HedgeTrial, OBJECT, SMALL, VERSION, assertReads, give } from './hedge-trial.test-double.ts';
import { DEFAULT_HEDGE_POLICY } from './hedge-policy.ts';
import type { HedgePolicy } from './hedge-policy.ts';
import type { Body } from './source.ts';

/** Opens a body for each, all at once; the origin answers the nth after `answerMs[n]`, or its second attempt after 5 ms. */
async function answerAll(trial: HedgeTrial, answerMs: readonly number[]): Promise<readonly Body[]> {
  const { clock, origin } = trial;
  const bodies = answerMs.map((delayMs) => {
    const body = trial.open();
    const scripted = origin.bodies.at(-1)!;
    clock.after(delayMs, () => scripted.confirm());
    return body;
  });
  let known = origin.bodies.length;
  for (let passedMs = 0; passedMs < Math.max(...answerMs); passedMs += 10) {
    await clock.advance(10);
    for (const second of origin.bodies.slice(known)) clock.after(5, () => second.confirm());
    known = origin.bodies.length;
  }
  await clock.advance(5);
  for (const body of bodies) body.close();
  return bodies;
}

describe('what is learned', () => {
  test('of an origin with a rare slow answer: it is asked again, and nothing else is', async () => {
    const trial = new HedgeTrial(DEFAULT_HEDGE_POLICY);
    const answers = Array.from({ length: 3_000 }, (_, index) => (index % 50 === 49 ? 1_000 : 8 + (index % 7)));
    let slowCount = 0;
    for (let batch = 0; batch < answers.length; batch += 100) {
      const isLearned = batch >= DEFAULT_HEDGE_POLICY.minSamples;
      await answerAll(trial, answers.slice(batch, batch + 100));
      if (isLearned) slowCount += 2;
    }
    assert.equal(trial.hedges.length, slowCount);
    for (const hedge of trial.hedges) assert.deepEqual(hedge, { kind: 'first-byte', winner: 'second', waitedMs: 30 });
    trial.assertNothingLeft();
  });

  test('of an origin whose answers are all alike: nothing is asked again', async () => {
    const trial = new HedgeTrial(DEFAULT_HEDGE_POLICY);
    for (let batch = 0; batch < 10; batch += 1) {
      await answerAll(
        trial,
        Array.from({ length: 100 }, (_, index) => 200 + index),
      );
    }
    assert.deepEqual(trial.hedges, []);
  });

  test('nothing, from a body whose reader was the slow one', async () => {
    const trial = new HedgeTrial();
    const range = { start: 0, end: 512 << 10 };
    const { body, first } = await trial.openAnswered(range);
    for (let offset = 0; offset < range.end; offset += 64 << 10) {
      give(first, offset, offset + (64 << 10));
      await trial.clock.advance(50);
      await assertReads(body, offset, offset + (64 << 10));
    }
    body.close();
    const next = await trial.openAnswered(range);
    const read = next.body.read();
    await trial.clock.advance(60_000);
    assert.equal(trial.origin.bodies.length, 2, 'nothing is known of how fast such a part comes');
    next.body.close();
    await assert.rejects(read, { code: 'closed' });
  });
});

describe('the share', () => {
  test('of 10,000 bodies, a third of them slow, no more than five per cent are asked again', async () => {
    const policy: HedgePolicy = { ...DEFAULT_HEDGE_POLICY, quantile: 0.5, medianTimes: 1, floorMs: 1 };
    const trial = new HedgeTrial(policy);
    for (let batch = 0; batch < 10_000; batch += 500) {
      await answerAll(
        trial,
        Array.from({ length: 500 }, (_, index) => (index % 3 === 0 ? 300 : 5)),
      );
      assert.ok(trial.hedges.length <= policy.share * (batch + 500));
    }
    // What is saved up is bounded, too, and these come in bursts.
    assert.ok(trial.hedges.length >= 19 * policy.savedRequests, `${trial.hedges.length} were asked again`);
    assert.equal(trial.origin.bodies.length, 10_000 + trial.hedges.length);
    trial.assertNothingLeft();
  });
});

describe('while the origin asks to slow down', () => {
  const busy = new SluiceError('origin-busy', 'slow down', { retryable: true, retryAfterMs: 40_000 });

  /** Makes a slow body, and tells whether it was asked again. */
  async function isAskedAgain(trial: HedgeTrial): Promise<boolean> {
    const before = trial.origin.bodies.length;
    const body = trial.open();
    await trial.clock.advance(30);
    body.close();
    return trial.origin.bodies.length === before + 2;
  }

  async function taught(): Promise<HedgeTrial> {
    const trial = new HedgeTrial();
    await trial.teach();
    assert.ok(await isAskedAgain(trial));
    return trial;
  }

  test('nothing is asked again, until some time after', async () => {
    const trial = await taught();
    const body = trial.open();
    trial.origin.bodies.at(-1)!.fail(new SluiceError('origin-busy', 'slow down', { retryable: true }));
    await assert.rejects(body.opened, { code: 'origin-busy' });
    await trial.clock.advance(EAGER_POLICY.busyPauseMs - 31);
    assert.equal(await isAskedAgain(trial), false);
    await trial.clock.advance(1);
    assert.ok(await isAskedAgain(trial));
    trial.assertNothingLeft();
  });

  test('as long as it has asked for', async () => {
    const trial = await taught();
    const body = trial.open();
    await trial.clock.advance(30);
    const [first, second] = trial.origin.bodies.slice(-2);
    second!.fail(busy);
    await settle();
    first!.confirm();
    await body.opened;
    body.close();
    await trial.clock.advance(39_900);
    assert.equal(await isAskedAgain(trial), false);
    await trial.clock.advance(100);
    assert.ok(await isAskedAgain(trial));
    trial.assertNothingLeft();
  });

  test('also where stat() was told so, or who retries below', async () => {
    const { signal } = new AbortController();
    for (const tell of [
      async (trial: HedgeTrial) => {
        trial.origin.know(OBJECT, Promise.reject(busy));
        await assert.rejects(trial.source.stat(OBJECT, { signal }), busy);
      },
      async (trial: HedgeTrial) => trial.source.noteBusy(),
    ]) {
      const trial = await taught();
      await tell(trial);
      assert.equal(await isAskedAgain(trial), false);
      trial.assertNothingLeft();
    }
  });
});

test('what is not a body is passed on', async () => {
  const trial = new HedgeTrial();
  const { signal } = trial.controller;
  trial.origin.know(OBJECT, VERSION);
  assert.deepEqual(await trial.source.stat(OBJECT, { signal }), VERSION);
  const listed = await Array.fromAsync(trial.source.list({ bucket: OBJECT.bucket, prefix: '', signal }));
  assert.deepEqual(listed, [{ ...VERSION, key: OBJECT.key }]);
  trial.source.close();
  assert.ok(trial.origin.isClosed);
});

test('an empty range is the origin’s own body, and earns nothing', async () => {
  const trial = new HedgeTrial();
  const body = trial.open({ start: 7, end: 7 });
  assert.equal(body, trial.attempt(0));
  assert.equal(trial.clock.alarmCount, 0);
  body.close();
});

test('a signal that was aborted before asks nothing', async () => {
  const trial = new HedgeTrial();
  trial.controller.abort();
  await assert.rejects(trial.open(SMALL).opened, { code: 'closed' });
  assert.equal(trial.origin.bodies.length, 0);
  trial.assertNothingLeft();
});
