// How a body that is asked for twice ends: by failures of either attempt, by a close, by an abort.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settle } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { HedgeTrial, SMALL, assertReads, assertRest, give } from './hedge-trial.test-double.ts';
import type { Body, Chunk } from './source.ts';

const { start, end } = SMALL;
const SLOW_MS = 30;

const RESET = new SluiceError('origin-unreachable', 'reset', { retryable: true });
const FINAL: readonly ErrorCode[] = ['changed', 'not-found', 'origin-denied', 'origin-invalid'];

type Race = {
  readonly trial: HedgeTrial;
  readonly body: Body;
  readonly first: ScriptedBody;
  readonly second: ScriptedBody;
};

/** Two attempts that have not answered. */
async function raceForAnswer(): Promise<Race> {
  const trial = new HedgeTrial();
  await trial.teach();
  const body = trial.open();
  await trial.clock.advance(SLOW_MS);
  const [first, second] = trial.origin.bodies;
  return { trial, body, first: first!, second: second! };
}

/** Two attempts, of which the first has given 100 bytes, and a read that is pending. */
async function raceForBytes(): Promise<Race & { readonly read: Promise<Chunk | undefined> }> {
  const trial = new HedgeTrial();
  await trial.teach();
  const { body, first } = await trial.openAnswered();
  give(first, start, start + 100);
  await assertReads(body, start, start + 100);
  const read = body.read();
  read.catch(() => undefined);
  await trial.clock.advance(SLOW_MS);
  return { trial, body, first, second: trial.attempt(1), read };
}

describe('when the first fails', () => {
  test('before its answer, the second goes on alone', async () => {
    const { trial, body, first, second } = await raceForAnswer();
    first.fail(RESET);
    await settle();
    second.confirm();
    give(second, start, end);
    await body.opened;
    await assertRest(body, start, end);
    assert.deepEqual(trial.hedges, [{ kind: 'first-byte', winner: 'second', waitedMs: SLOW_MS }]);
    trial.assertNothingLeft();
  });

  test('in the middle, the second goes on alone', async () => {
    const { trial, body, first, second, read } = await raceForBytes();
    first.fail(RESET);
    await settle();
    second.confirm();
    give(second, start + 100, end);
    (await read)!.release();
    assert.equal(await body.read(), undefined);
    trial.assertNothingLeft();
  });

  test('by ending early as if complete, the second goes on alone', async () => {
    const { trial, first, second, read } = await raceForBytes();
    first.end();
    await settle();
    second.confirm();
    give(second, start + 100, end);
    (await read)!.release();
    trial.controller.abort();
    trial.assertNothingLeft();
  });

  test('and then the second, the body fails as the second did', async () => {
    const before = await raceForAnswer();
    const during = await raceForBytes();
    for (const { trial, body, first, second } of [before, during]) {
      first.fail(RESET);
      await settle();
      const failure = new SluiceError('origin-failed', 'again', { retryable: true });
      second.fail(failure);
      await settle();
      await assert.rejects(body.read(), failure);
      trial.assertNothingLeft();
    }
    await assert.rejects(before.body.opened, { code: 'origin-failed' });
    await assert.rejects(during.read, { code: 'origin-failed' });
  });

  for (const code of FINAL) {
    test(`with ${code}, which the second could only say again, the body ends at once`, async () => {
      const failure = new SluiceError(code, 'so it is');
      for (const { trial, body, first, second } of [await raceForAnswer(), await raceForBytes()]) {
        first.fail(failure);
        await settle();
        assert.equal(second.closedBy, 'close()');
        await assert.rejects(body.read(), failure);
        trial.assertNothingLeft();
      }
    });
  }

  test('and nothing was asked again, the body fails', async () => {
    const trial = new HedgeTrial();
    const body = trial.open();
    trial.attempt(0).fail(RESET);
    await assert.rejects(body.opened, RESET);
    trial.assertNothingLeft();
  });
});

describe('when the second fails', () => {
  for (const code of FINAL) {
    test(`with ${code}, the first goes on as if nothing had been`, async () => {
      const { trial, body, first, second } = await raceForAnswer();
      second.fail(new SluiceError(code, 'so it is'));
      await settle();
      first.confirm();
      give(first, start, end);
      await assertRest(body, start, end);
      assert.equal(trial.hedges[0]?.winner, 'first');
      trial.assertNothingLeft();
    });
  }

  test('in the middle, the first goes on as if nothing had been', async () => {
    const { trial, body, first, second, read } = await raceForBytes();
    second.fail(RESET);
    await settle();
    give(first, start + 100, end);
    (await read)!.release();
    assert.equal(await body.read(), undefined);
    trial.assertNothingLeft();
  });
});

describe('whoever lets go lets go of both, in the same turn', () => {
  const ways: readonly (readonly [string, (race: Race) => void])[] = [
    ['close()', ({ body }) => body.close()],
    ['the signal', ({ trial }) => trial.controller.abort()],
  ];
  for (const [way, letGo] of ways) {
    test(`by ${way}, before an answer`, async () => {
      const race = await raceForAnswer();
      letGo(race);
      race.trial.assertNothingLeft();
      await assert.rejects(race.body.opened, { code: 'closed' });
      assert.equal(race.trial.hedges[0]?.winner, 'neither');
    });

    test(`by ${way}, during a read`, async () => {
      const race = await raceForBytes();
      letGo(race);
      race.trial.assertNothingLeft();
      await assert.rejects(race.read, { code: 'closed' });
      assert.equal(race.trial.hedges[0]?.winner, 'neither');
    });

    test(`by ${way}, in the turn in which bytes of both have come`, async () => {
      const race = await raceForBytes();
      race.second.confirm();
      give(race.second, start + 100, end);
      give(race.first, start + 100, end);
      letGo(race);
      await settle();
      (await race.read.catch(() => undefined))?.release();
      race.trial.assertNothingLeft();
    });

    test(`by ${way}, with a chunk that is held for the next read`, async () => {
      const race = await raceForBytes();
      give(race.first, start + 100, start + 200);
      (await race.read)!.release();
      race.second.confirm();
      give(race.second, start + 100, end);
      await settle();
      assert.equal(race.trial.origin.unreleasedChunks, 1);
      letGo(race);
      race.trial.assertNothingLeft();
    });
  }

  test('what both have received stays counted', async () => {
    const { trial, body, first, second } = await raceForBytes();
    second.confirm();
    give(second, start + 100, start + 150);
    await settle();
    assert.ok(first.isOver);
    assert.equal(body.receivedBytes, 150);
    body.close();
    assert.equal(body.receivedBytes, 150);
    assert.equal(trial.hedges.length, 1);
  });
});
