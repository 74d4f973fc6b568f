// What becomes of a body that is slow: who is asked, who wins, and which bytes the reader gets.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settle } from '../clock.test-double.ts';
import { HedgeTrial, SMALL, assertReads, assertRest, give } from './hedge-trial.test-double.ts';

const { start, end } = SMALL;

/** When the watch finds out what takes longer than the floor of 25 ms. */
const SLOW_MS = 30;

const MIB = 1 << 20;

async function taught(): Promise<HedgeTrial> {
  const trial = new HedgeTrial();
  await trial.teach();
  return trial;
}

describe('an answer that is slow', () => {
  test('is asked for again on a new connection; the first answer wins, and the loser is closed in the same turn', async () => {
    const trial = await taught();
    const body = trial.open();
    const first = trial.attempt(0);
    await trial.clock.advance(SLOW_MS - 1);
    assert.equal(trial.origin.bodies.length, 1);
    await trial.clock.advance(1);
    const second = trial.attempt(1);
    assert.deepEqual(second.request, { ...first.request, range: SMALL, fresh: true });
    second.confirm();
    await body.opened;
    assert.equal(first.closedBy, 'close()');
    assert.deepEqual(trial.hedges, [{ kind: 'first-byte', winner: 'second', waitedMs: SLOW_MS }]);
    give(second, start, end);
    await assertRest(body, start, end);
    trial.assertNothingLeft();
  });

  test('that comes after all closes the second', async () => {
    const trial = await taught();
    const body = trial.open();
    await trial.clock.advance(SLOW_MS);
    const [first, second] = trial.origin.bodies;
    first!.confirm();
    await body.opened;
    assert.equal(second!.closedBy, 'close()');
    assert.deepEqual(trial.hedges, [{ kind: 'first-byte', winner: 'first', waitedMs: SLOW_MS }]);
    give(first!, start, end);
    await assertRest(body, start, end);
    trial.assertNothingLeft();
  });

  test('is never asked for by three at once, and twice again at most, later the second time', async () => {
    const trial = await taught();
    const body = trial.open();
    await trial.clock.advance(SLOW_MS);
    trial.attempt(1).fail(new Error('reset'));
    await trial.clock.advance(19);
    assert.equal(trial.origin.bodies.length, 2);
    await trial.clock.advance(1);
    trial.attempt(2).fail(new Error('reset'));
    await trial.clock.advance(60_000);
    assert.equal(trial.origin.bodies.length, 3);
    trial.origin.bodies[0]!.confirm();
    await body.opened;
    body.close();
    trial.assertNothingLeft();
  });
});

describe('a part that is slow', () => {
  test('is asked for again from where its reader is; the second gives the next byte, and the first is closed', async () => {
    const trial = await taught();
    const { body, first } = await trial.openAnswered();
    give(first, start, start + 300);
    await assertReads(body, start, start + 300);
    const read = assertReads(body, start + 300, end);
    await trial.clock.advance(SLOW_MS);
    const second = trial.attempt(1);
    assert.deepEqual(second.request.range, { start: start + 300, end });
    assert.equal(second.request.fresh, true);
    assert.ok(!first.isOver);
    second.confirm();
    give(second, start + 300, end);
    await read;
    assert.equal(first.closedBy, 'close()');
    assert.equal(await body.read(), undefined);
    assert.deepEqual(trial.hedges, [{ kind: 'part', winner: 'second', waitedMs: SLOW_MS }]);
    trial.assertNothingLeft();
  });

  test('of which the first gave more meanwhile is given once: the second is cut off, or catches up', async () => {
    const trial = await taught();
    const { body, first } = await trial.openAnswered();
    const read = assertReads(body, start, start + 400);
    await trial.clock.advance(SLOW_MS);
    const second = trial.attempt(1);
    give(first, start, start + 400);
    await read;
    const next = assertReads(body, start + 400, start + 500);
    second.confirm();
    give(second, start, start + 100);
    give(second, start + 100, start + 400);
    await settle();
    assert.ok(!first.isOver && !second.isOver);
    give(second, start + 400, start + 500);
    await next;
    assert.ok(first.isOver);
    give(second, start + 500, end);
    await assertRest(body, start + 500, end);
    assert.equal(body.receivedBytes, 400 + 1_000);
    trial.assertNothingLeft();
  });

  test('is given once where a chunk of the second begins before the reader’s place', async () => {
    const trial = await taught();
    const { body, first } = await trial.openAnswered();
    const read = assertReads(body, start, start + 400);
    await trial.clock.advance(SLOW_MS);
    give(first, start, start + 400);
    await read;
    const next = assertReads(body, start + 400, end);
    const second = trial.attempt(1);
    second.confirm();
    give(second, start, end);
    await next;
    assert.equal(await body.read(), undefined);
    trial.assertNothingLeft();
  });

  test('that the first completes closes the second, also before it has answered', async () => {
    const trial = await taught();
    const { body, first } = await trial.openAnswered();
    const read = assertReads(body, start, end);
    await trial.clock.advance(SLOW_MS);
    give(first, start, end);
    await read;
    assert.equal(trial.attempt(1).closedBy, 'close()');
    assert.equal(trial.hedges[0]?.winner, 'first');
    assert.equal(trial.clock.alarmCount, 0, 'before the reader has asked for the end');
    body.close();
    trial.assertNothingLeft();
  });

  test('is left to the first if the second does not catch up within 2 MiB', async () => {
    const range = { start: 0, end: 4 * MIB };
    const trial = new HedgeTrial();
    await trial.teach(range);
    const { body, first } = await trial.openAnswered(range);
    const read = assertReads(body, 0, 3 * MIB);
    await trial.clock.advance(SLOW_MS);
    const second = trial.attempt(1);
    give(first, 0, 3 * MIB);
    await read;
    const rest = assertRest(body, 3 * MIB, 4 * MIB);
    second.confirm();
    for (const offset of [0, MIB]) give(second, offset, offset + MIB);
    await settle();
    assert.ok(!second.isOver);
    give(second, 2 * MIB, 2 * MIB + 1);
    await settle();
    assert.equal(second.closedBy, 'close()');
    give(first, 3 * MIB, 4 * MIB);
    await rest;
    assert.equal(trial.hedges[0]?.winner, 'first');
    trial.assertNothingLeft();
  });

  test('is not slow while no read is pending, however long', async () => {
    const trial = await taught();
    const { body, first } = await trial.openAnswered();
    await trial.clock.advance(60_000);
    const read = assertReads(body, start, start + 100);
    await trial.clock.advance(29);
    give(first, start, start + 100);
    await read;
    await trial.clock.advance(60_000);
    assert.equal(trial.origin.bodies.length, 1);
    body.close();
    trial.assertNothingLeft();
  });

  test('counts all the time that its reader has waited, in several reads', async () => {
    const trial = await taught();
    const { body, first } = await trial.openAnswered();
    for (const offset of [0, 100]) {
      const read = assertReads(body, start + offset, start + offset + 100);
      await trial.clock.advance(11);
      give(first, start + offset, start + offset + 100);
      await read;
      await trial.clock.advance(10);
    }
    const read = body.read();
    await trial.clock.advance(7);
    assert.equal(trial.origin.bodies.length, 1);
    await trial.clock.advance(1);
    trial.attempt(1);
    body.close();
    await assert.rejects(read, { code: 'closed' });
    trial.assertNothingLeft();
  });

  test('that comes while no read is pending is held for the next', async () => {
    const trial = await taught();
    const { body, first } = await trial.openAnswered();
    const read = assertReads(body, start, start + 100);
    await trial.clock.advance(SLOW_MS);
    const second = trial.attempt(1);
    give(first, start, start + 100);
    await read;
    second.confirm();
    give(second, start, start + 700);
    await settle();
    assert.ok(first.isOver);
    assert.equal(second.isReadPending, false, 'nothing more is read than is held');
    await assertReads(body, start + 100, start + 700);
    give(second, start + 700, end);
    await assertRest(body, start + 700, end);
    trial.assertNothingLeft();
  });
});
