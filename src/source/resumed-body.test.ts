// A body that breaks off: at which byte, of which version and how its rest is asked for, and when it is not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settle } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { breakOff, busy, OBJECT, RANGE, ResumeTrial, VERSION } from './resume-trial.test-double.ts';

describe('a body that breaks off', () => {
  const broken: readonly [what: string, error: SluiceError][] = [
    ['a reset', new SluiceError('origin-unreachable', 'reset', { retryable: true })],
    ['a truncation', new SluiceError('truncated', 'cut')],
    ['a stall', new SluiceError('stalled', 'silent', { retryable: true })],
    ['a failure of the origin', new SluiceError('origin-failed', '500', { retryable: true })],
  ];
  for (const [what, error] of broken) {
    test(`by ${what} goes on at the exact byte, on a fresh connection, and the reader sees bytes alone`, async () => {
      const trial = new ResumeTrial({ request: { slabBytes: 16_384 } });
      const first = await trial.source.nextBody();
      first.confirm();
      await trial.body.opened;
      trial.give(first, 1_000);
      await trial.readAll(1_000);
      const read = trial.read();
      first.fail(error);
      const second = await trial.nextBody();
      assert.ok(first.isOver);
      const { signal } = trial.controller;
      const asked = { object: OBJECT, version: VERSION, signal, slabBytes: 16_384 };
      assert.deepEqual(first.request, { ...asked, range: RANGE });
      assert.deepEqual(second.request, {
        ...asked,
        range: { start: RANGE.start + 1_000, end: RANGE.end },
        fresh: true,
      });
      second.confirm();
      trial.give(second, 500);
      await read;
      assert.equal(trial.body.resumedCount, 1);
      assert.deepEqual(trial.reports, [
        { object: OBJECT, position: RANGE.start + 1_000, error, attempt: 1, pauseMs: 12.5 },
      ]);
      trial.giveRest(second);
      await trial.readAll();
      assert.equal(trial.body.receivedBytes, RANGE.end - RANGE.start);
      trial.assertNothingLeft();
    });
  }

  const final: readonly ErrorCode[] = ['changed', 'not-found', 'origin-denied', 'origin-invalid', 'misuse', 'closed'];
  for (const code of final) {
    test(`by ${code} has ended, and is not asked for again`, async () => {
      const trial = new ResumeTrial();
      const error = new SluiceError(code, 'it is final');
      const first = await trial.source.nextBody();
      first.confirm();
      trial.give(first, 10);
      await trial.readAll(10);
      first.fail(error);
      await assert.rejects(trial.read(), error);
      await assert.rejects(trial.read(), error);
      assert.deepEqual([trial.source.bodies.length, trial.reports], [1, []]);
      trial.assertNothingLeft();
    });
  }

  test('by what is no error of ours has ended', async () => {
    const trial = new ResumeTrial();
    const first = await trial.source.nextBody();
    first.confirm();
    first.fail(new RangeError('a bug'));
    await assert.rejects(trial.read(), RangeError);
    assert.equal(trial.source.bodies.length, 1);
    trial.assertNothingLeft();
  });

  test('ends when its object has changed in the meantime, and gives no byte of the other version', async () => {
    const trial = new ResumeTrial();
    const changed = new SluiceError('changed', 'another version');
    await trial.breakAfter(500);
    const read = assert.rejects(trial.read(), changed);
    (await trial.nextBody()).fail(changed);
    await read;
    trial.assertNothingLeft();
  });

  test('gives what had come before it broke off, and then the rest', async () => {
    const trial = new ResumeTrial();
    const first = await trial.source.nextBody();
    first.confirm();
    trial.give(first, 100);
    trial.give(first, 50);
    first.fail(breakOff());
    await trial.readAll(150);
    assert.equal(trial.source.bodies.length, 1);
    const rest = trial.readAll();
    const second = await trial.nextBody();
    assert.equal(second.request.range.start, RANGE.start + 150);
    second.confirm();
    trial.giveRest(second);
    await rest;
    trial.assertNothingLeft();
  });

  test('that ends as if complete before it is, breaks off', async () => {
    const trial = new ResumeTrial();
    const first = await trial.source.nextBody();
    first.confirm();
    trial.give(first, 100);
    first.end();
    const rest = trial.readAll();
    const second = await trial.nextBody();
    assert.equal(trial.reports[0]?.error.code, 'truncated');
    second.confirm();
    trial.giveRest(second);
    await rest;
    trial.assertNothingLeft();
  });

  test('that goes on beyond its range is cut off there', async () => {
    const trial = new ResumeTrial();
    const first = await trial.source.nextBody();
    first.confirm();
    trial.give(first, RANGE.end - RANGE.start + 77);
    await trial.readAll();
    assert.equal(first.closedBy, 'close()');
    trial.assertNothingLeft();
  });

  test('counts all that has come, of whatever was opened', async () => {
    const trial = new ResumeTrial();
    const first = await trial.source.nextBody();
    first.confirm();
    first.receivedBytes = 4_000;
    first.fail(breakOff());
    const read = trial.read();
    assert.equal(trial.body.receivedBytes, 4_000);
    const second = await trial.nextBody();
    assert.equal(trial.body.receivedBytes, 4_000);
    second.confirm();
    trial.give(second, 30);
    await read;
    assert.equal(trial.body.receivedBytes, 4_030);
    trial.body.close();
    assert.equal(trial.body.receivedBytes, 4_030);
    trial.assertNothingLeft();
  });
});

describe('a body that has not opened', () => {
  test('is asked for again, and counts as never resumed', async () => {
    const trial = new ResumeTrial();
    (await trial.source.nextBody()).fail(busy());
    const second = await trial.nextBody();
    assert.deepEqual(second.request.range, RANGE);
    assert.equal(second.request.fresh, true);
    second.confirm();
    await trial.body.opened;
    assert.deepEqual([trial.body.resumedCount, trial.reports.length, trial.reports[0]?.pauseMs], [0, 1, 250]);
    trial.body.close();
    trial.assertNothingLeft();
  });

  test('is not asked for again when the source below has tried for longer than anybody should wait', async () => {
    const trial = new ResumeTrial();
    const timeout = new SluiceError('origin-timeout', 'no answer', { retryable: true });
    const first = await trial.source.nextBody();
    await trial.clock.advance(5_000);
    first.fail(timeout);
    await assert.rejects(trial.body.opened, timeout);
    assert.equal(trial.source.bodies.length, 1);
    trial.assertNothingLeft();
  });

  test('rejects with the last error when the attempts are used up', async () => {
    const trial = new ResumeTrial({ policy: { attempts: 3, openingMs: 60_000 } });
    const errors = [1, 2, 3].map((nth) => busy(`the refusal ${nth}`));
    for (const error of errors) (await trial.nextBody()).fail(error);
    await assert.rejects(trial.body.opened, errors[2]);
    await settle();
    assert.equal(trial.source.bodies.length, 3);
    trial.assertNothingLeft();
  });

  test('once it has, tells of later openings that fail the reader alone', async () => {
    const trial = new ResumeTrial({ policy: { attempts: 2 } });
    await trial.breakAfter(10);
    const refusal = busy();
    const read = assert.rejects(trial.read(), refusal);
    (await trial.nextBody()).fail(refusal);
    await read;
    await trial.body.opened;
    trial.assertNothingLeft();
  });

  test('has nothing to ask for an empty range, and ends without a byte', async () => {
    const trial = new ResumeTrial({ request: { range: { start: 7, end: 7 } } });
    (await trial.source.nextBody()).confirm();
    assert.equal(await trial.body.read(), undefined);
    trial.assertNothingLeft();
  });
});

describe('failures without progress', () => {
  test('end the body, and the last one is the error of every read', async () => {
    const trial = new ResumeTrial({ policy: { attempts: 4 } });
    await trial.breakAfter(100_000);
    const errors = [2, 3, 4].map((nth) => breakOff(`the break ${nth}`));
    const read = assert.rejects(trial.read(), errors[2]);
    for (const error of errors) {
      const next = await trial.nextBody();
      assert.equal(next.request.range.start, RANGE.start + 100_000);
      next.confirm();
      next.fail(error);
    }
    await read;
    await assert.rejects(trial.read(), errors[2]);
    assert.deepEqual([trial.source.bodies.length, trial.body.resumedCount], [4, 3]);
    trial.assertNothingLeft();
  });

  test('are those of an origin that gives one byte at a time', async () => {
    const trial = new ResumeTrial({ policy: { attempts: 5 } });
    const last = assert.rejects(trial.readAll(), { code: 'truncated' });
    for (let nth = 1; nth <= 5; nth += 1) {
      const next = await trial.nextBody();
      next.confirm();
      trial.give(next, 1);
      next.fail(breakOff());
    }
    await last;
    assert.equal(trial.source.bodies.length, 5);
    trial.assertNothingLeft();
  });

  test('are counted anew after progress, so that a body may break a hundred times', async () => {
    const trial = new ResumeTrial({ policy: { attempts: 2, progressBytes: 1_000 } });
    const all = trial.readAll();
    for (let nth = 1; nth <= 100; nth += 1) {
      const next = await trial.nextBody();
      next.confirm();
      trial.give(next, 1_000);
      next.fail(breakOff());
    }
    const last = await trial.nextBody();
    last.confirm();
    trial.giveRest(last);
    await all;
    assert.equal(trial.body.resumedCount, 100);
    assert.ok(trial.reports.every(({ attempt }) => attempt === 1));
    trial.assertNothingLeft();
  });
});
