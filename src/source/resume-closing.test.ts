// A resumed body is closed or aborted at each of the moments that resuming adds: nothing is asked for any more, and no
// alarm, no listener and no body is left.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settle } from '../clock.test-double.ts';
import { breakOff, busy, ResumeTrial } from './resume-trial.test-double.ts';

const WAYS: readonly [way: string, letGo: (trial: ResumeTrial) => void][] = [
  ['close()', (trial) => trial.body.close()],
  ['the signal', (trial) => trial.controller.abort()],
];

type Moment = {
  readonly when: string;
  /** Bodies that were asked for by then. */
  readonly asked: number;
  /** Goes up to that moment, with a read pending. */
  readonly approach: (trial: ResumeTrial) => Promise<void>;
};

const MOMENTS: readonly Moment[] = [
  { when: 'while the first body opens', asked: 1, approach: async () => {} },
  {
    when: 'in the pause after a refusal',
    asked: 1,
    async approach(trial) {
      (await trial.source.nextBody()).fail(busy());
      await settle();
      assert.equal(trial.clock.alarmCount, 1);
    },
  },
  {
    when: 'in the pause after a break',
    asked: 1,
    async approach(trial) {
      await trial.breakAfter(0);
      await settle();
      assert.equal(trial.clock.alarmCount, 1);
    },
  },
  {
    when: 'while the rest is opened',
    asked: 2,
    async approach(trial) {
      await trial.breakAfter(0);
      await trial.nextBody();
    },
  },
  {
    when: 'in the turn in which the rest opens',
    asked: 2,
    async approach(trial) {
      await trial.breakAfter(0);
      (await trial.nextBody()).confirm();
    },
  },
  {
    when: 'in the turn in which the rest breaks off',
    asked: 2,
    async approach(trial) {
      await trial.breakAfter(0);
      const second = await trial.nextBody();
      second.confirm();
      await settle();
      second.fail(breakOff());
    },
  },
  {
    when: 'in the turn in which bytes of the rest come',
    asked: 2,
    async approach(trial) {
      await trial.breakAfter(0);
      const second = await trial.nextBody();
      second.confirm();
      await settle();
      trial.give(second, 100);
    },
  },
];

for (const [way, letGo] of WAYS) {
  describe(`closed by ${way}`, () => {
    for (const { when, asked, approach } of MOMENTS) {
      test(when, async () => {
        const trial = new ResumeTrial();
        const read = trial.body.read();
        const outcome = read.then(
          (chunk) => chunk?.release(),
          (error: { code: string }) => error.code,
        );
        await approach(trial);
        letGo(trial);
        trial.source.bodies.forEach((body) => assert.ok(body.isOver, 'the source below is told at once'));
        assert.equal(trial.clock.alarmCount, 0);
        assert.equal(await outcome, 'closed');
        await assert.rejects(trial.read(), { code: 'closed' });
        await trial.clock.advance(60_000);
        assert.equal(trial.source.bodies.length, asked);
        trial.assertNothingLeft();
      });
    }

    test('in the turn in which the pause ends', async () => {
      const trial = new ResumeTrial();
      const { clock } = trial;
      const after = clock.after.bind(clock);
      clock.after = (delayMs, callback) =>
        after(delayMs, () => {
          callback();
          letGo(trial);
        });
      const read = assert.rejects(trial.read(), { code: 'closed' });
      (await trial.source.nextBody()).fail(busy());
      await clock.advance(60_000);
      await read;
      assert.equal(trial.source.bodies.length, 1);
      trial.assertNothingLeft();
    });

    test('before it is opened', async () => {
      const aborted = new ResumeTrial({ request: { signal: AbortSignal.abort() } });
      await assert.rejects(aborted.body.opened, { code: 'closed' });
      assert.equal(aborted.source.bodies.length, 0);
      const trial = new ResumeTrial();
      letGo(trial);
      await assert.rejects(trial.body.opened, { code: 'closed' });
      trial.assertNothingLeft();
    });

    test('after bytes of two bodies, which its holder still has', async () => {
      const trial = new ResumeTrial();
      const first = await trial.source.nextBody();
      first.confirm();
      trial.give(first, 100);
      const held = [await trial.body.read()];
      first.fail(breakOff());
      const read = trial.body.read();
      const second = await trial.nextBody();
      second.confirm();
      trial.give(second, 100);
      held.push(await read);
      letGo(trial);
      assert.equal(trial.source.unreleasedChunks, 2);
      for (const chunk of held) chunk!.release();
      trial.assertNothingLeft();
    });
  });
}
