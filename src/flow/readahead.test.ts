// A read-ahead in each of its states, with an origin and a client that the test plays: how it opens, fails, waits for memory
// and for the client, and that whatever ends it lets go of everything.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settle } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import type { Chunk } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { GUARDED } from './http-trial.test-double.ts';
import { begin, beginAhead, serve } from './played-flow.test-double.ts';
import { DEFAULT_READ_AHEAD } from './readahead.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;

function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(promise, { code });
}

describe('ReadAhead', GUARDED, () => {
  it('asks for 256 KiB at once, and is open when the origin has confirmed them', async () => {
    const begun = begin();
    const body = begun.open();
    const [first] = begun.source.bodies;
    assert.deepEqual(first!.request.range, { start: 0, end: 256 * KIB });
    let isOpen = false;
    void body.opened.then(() => (isOpen = true));
    await settle();
    assert.deepEqual([isOpen, begun.source.bodies.length, body.windowBytes], [false, 1, 256 * KIB]);
    first!.confirm();
    await settle();
    assert.equal(isOpen, true);
    body.close();
    begun.assertNothingLeft();
  });

  it('asks for nothing more until the client has drunk, however often it is told', async () => {
    const begun = begin();
    const { source, drinker } = begun;
    const body = begun.open();
    await serve(source.bodies[0]!);
    const chunk = (await body.read())!;
    drinker.undrunkBytes = 256 * KIB;
    chunk.release();
    void body.read().catch(() => undefined);
    assert.deepEqual([source.bodies.length, drinker.waiting.size], [1, 1]);
    drinker.drink(128 * KIB);
    assert.deepEqual([source.bodies.length, drinker.waiting.size], [1, 1]);
    drinker.drink();
    assert.deepEqual([source.bodies.length, drinker.waiting.size], [2, 0]);
    body.close();
    begun.assertNothingLeft();
  });

  it('hands a new client nothing while it has not drunk most of a bite, and gives up what is here when it parks', async () => {
    const begun = begin({ isProven: false });
    const { drinker, source, clock, budget, others } = begun;
    const body = begun.open();
    await serve(source.bodies[0]!, 100 * KIB);
    const chunk = (await body.read())!;
    drinker.undrunkBytes = 72 * KIB + 1;
    chunk.release();
    source.bodies[0]!.give(patternBytes({ start: 100 * KIB, end: 256 * KIB }));
    source.bodies[0]!.end();
    let next: Chunk | undefined;
    const reading = body.read().then((more) => (next = more));
    await settle();
    assert.deepEqual([next, drinker.waiting.size, source.unreleasedChunks], [undefined, 1, 1]);
    await clock.advance(2 * DEFAULT_READ_AHEAD.parkAfterMs);
    assert.deepEqual([source.unreleasedChunks, budget.reservedBytes - others.heldBytes], [0, 0]);
    drinker.drink(72 * KIB);
    await serve(source.bodies[1]!);
    await reading;
    assert.equal(source.bodies[1]!.request.range.start, 100 * KIB);
    assert.equal(drinker.waiting.size, 0, 'nobody waits any more');
    next!.release();
    body.close();
    begun.assertNothingLeft();
  });

  it('goes on waiting for a new client to drink when a connection has become free meanwhile', async () => {
    const begun = begin({ isProven: false });
    const { drinker, source } = begun;
    const body = begun.open();
    await serve(source.bodies[0]!, 100 * KIB);
    const chunk = (await body.read())!;
    drinker.undrunkBytes = 72 * KIB + 1;
    chunk.release();
    const reading = body.read();
    source.bodies[0]!.give(patternBytes({ start: 100 * KIB, end: 256 * KIB }));
    source.bodies[0]!.end();
    await settle();
    assert.equal(drinker.waiting.size, 1);
    drinker.drink();
    (await reading)!.release();
    body.close();
    begun.assertNothingLeft();
  });

  it('fails at once when any of its parts does, and for good, with all others closed', async () => {
    const begun = begin();
    const { body, reading, pending } = await beginAhead(begun);
    const error = new SluiceError('stalled', 'a test');
    const failed = assert.rejects(reading, error);
    pending.at(-1)!.fail(error);
    await failed;
    begun.assertNothingLeft();
    body.close();
    await assert.rejects(body.read(), error, 'what came first stays');
  });

  for (const openedCount of [0, 1])
    it(`fails when its source throws instead of opening a part, after ${openedCount} of them`, async () => {
      const begun = begin();
      const { source } = begun;
      const open = source.open.bind(source);
      const error = new SluiceError('misuse', 'a test');
      source.open = (request) => {
        if (source.bodies.length === openedCount) throw error;
        return open(request);
      };
      const body = begun.open();
      for (const part of source.bodies) await serve(part);
      for (let count = 0; count < openedCount; count += 1) (await body.read())!.release();
      await assert.rejects(body.read(), error);
      if (openedCount === 0) await assert.rejects(body.opened, error);
      begun.assertNothingLeft();
    });

  it('fails with a part behind also while its reader has bytes to read', async () => {
    const begun = begin();
    const { body, reading, pending } = await beginAhead(begun);
    await serve(pending[0]!, 10);
    const chunk = (await reading)!;
    await serve(pending[0]!, 10);
    const error = new SluiceError('truncated', 'a test');
    pending.at(-1)!.fail(error);
    await settle();
    assert.equal(pending[0]!.closedBy, 'close()');
    chunk.release();
    await assert.rejects(body.read(), error);
    begun.assertNothingLeft();
  });

  it('rejects opened and every read with what its first part failed with', async () => {
    const begun = begin();
    const body = begun.open();
    const error = new SluiceError('changed', 'a test');
    const read = assert.rejects(body.read(), error);
    begun.source.bodies[0]!.fail(error);
    await read;
    await assert.rejects(body.opened, error);
    await assert.rejects(body.read(), error);
    begun.assertNothingLeft();
  });

  it('counts what came, and how often it was resumed, over all of its parts', async () => {
    const begun = begin({ bytes: 300 * KIB });
    const body = begun.open();
    for (const [index, resumedCount] of [2, 3].entries()) {
      const reading = body.read();
      await serve(Object.assign(begun.source.bodies[index]!, { resumedCount }));
      (await reading)!.release();
    }
    assert.deepEqual([body.receivedBytes, body.resumedCount], [300 * KIB, 5]);
    assert.equal(await body.read(), undefined);
    begun.assertNothingLeft();
  });

  it('waits for memory before it asks, and is overloaded when there is none in time', async () => {
    const begun = begin();
    assert.ok(begun.others.takeFirst(64 * MIB));
    const body = begun.open();
    const read = rejectsWith(body.read(), 'overloaded');
    await begun.clock.advance(DEFAULT_READ_AHEAD.memoryWaitMs - 1);
    assert.deepEqual([begun.source.bodies.length, begun.budget.waitingCount], [0, 1]);
    await begun.clock.advance(1);
    await read;
    await rejectsWith(body.opened, 'overloaded');
    begun.assertNothingLeft();
  });

  it('asks for as little as 16 KiB when that is all there is, and goes on when there is more', async () => {
    const begun = begin();
    assert.ok(begun.others.takeFirst(64 * MIB));
    const body = begun.open();
    begun.others.giveBack(20 * KIB);
    await settle();
    assert.deepEqual(
      begun.source.bodies.map(({ request }) => request.range),
      [{ start: 0, end: 16 * KIB }],
    );
    begun.others.giveBack(64 * MIB - 20 * KIB);
    await serve(begun.source.bodies[0]!);
    (await body.read())!.release();
    assert.deepEqual(begun.source.bodies[1]!.request.range, { start: 16 * KIB, end: 256 * KIB });
    body.close();
    begun.assertNothingLeft();
  });

  it('waits for memory as long as it takes once it has begun', async () => {
    const begun = begin();
    const body = begun.open();
    await serve(begun.source.bodies[0]!);
    const chunk = (await body.read())!;
    assert.ok(begun.others.takeFirst(64 * MIB - begun.budget.reservedBytes));
    let next: Chunk | undefined;
    const read = body.read().then((more) => (next = more));
    await begun.clock.advance(100 * DEFAULT_READ_AHEAD.memoryWaitMs);
    assert.deepEqual([begun.source.bodies.length, begun.budget.waitingCount], [1, 1]);
    chunk.release();
    await settle();
    assert.equal(begun.source.bodies.length, 2, 'what its own reader gave back is enough');
    await serve(begun.source.bodies[1]!);
    await read;
    next!.release();
    body.close();
    begun.assertNothingLeft();
  });

  it('leaves the line for memory when it is aborted', async () => {
    const begun = begin();
    assert.ok(begun.others.takeFirst(64 * MIB));
    const read = rejectsWith(begun.open().read(), 'closed');
    assert.equal(begun.budget.waitingCount, 1);
    begun.controller.abort();
    assert.equal(begun.budget.waitingCount, 0, 'in the same turn');
    await read;
    begun.assertNothingLeft();
  });

  for (const order of ['the abort first', 'the memory first'] as const) {
    it(`leaves no memory reserved when it is aborted in the turn in which it gets some, ${order}`, async () => {
      const begun = begin();
      assert.ok(begun.others.takeFirst(64 * MIB));
      const body = begun.open();
      const read = rejectsWith(body.read(), 'closed');
      if (order === 'the abort first') begun.controller.abort();
      begun.others.giveBack(64 * MIB);
      if (order === 'the memory first') begun.controller.abort();
      await read;
      await rejectsWith(body.opened, 'closed');
      await settle();
      assert.equal(begun.source.bodies.length, 0);
      begun.assertNothingLeft();
    });
  }

  it('begins anew, with one request of 256 KiB, for a client that drinks again after it was parked', async () => {
    const begun = begin();
    const { drinker, source, clock, budget } = begun;
    const { body, reading, pending } = await beginAhead(begun);
    await serve(pending[0]!);
    const chunk = (await reading)!;
    drinker.undrunkBytes = chunk.bytes.length;
    await clock.advance(2 * DEFAULT_READ_AHEAD.parkAfterMs);
    assert.deepEqual([pending.at(-1)!.closedBy, budget.activeCount], ['close()', 1], 'it is parked');
    const askedCount = source.bodies.length;
    chunk.release();
    const next = body.read();
    assert.equal(source.bodies.length, askedCount, 'it has not drunk');
    drinker.drink();
    const [again, ...others] = source.bodies.slice(askedCount);
    const { start, end } = again!.request.range;
    assert.deepEqual([start, end - start, others.length], [pending[0]!.request.range.end, 256 * KIB, 0]);
    assert.equal(budget.activeCount, 2);
    await serve(again!);
    (await next)!.release();
    body.close();
    begun.assertNothingLeft();
  });

  it('gives back a chunk that is released after the close, once', async () => {
    const begun = begin();
    const body = begun.open();
    await serve(begun.source.bodies[0]!, 100);
    const chunk = (await body.read())!;
    body.close();
    assert.ok(begun.budget.reservedBytes > 0, 'the reader still has it');
    chunk.release();
    assert.throws(() => chunk.release());
    begun.assertNothingLeft();
  });

  it('goes on for a reader that keeps what it was given and comes for more', async () => {
    const begun = begin({ bytes: 600 * KIB });
    const body = begun.open();
    const held: Chunk[] = [];
    for (let index = 0; index < 3; index += 1) {
      const reading = body.read();
      await begun.clock.advance(5);
      await serve(begun.source.bodies[index]!);
      held.push((await reading)!);
    }
    body.close();
    for (const chunk of held.toReversed()) chunk.release();
    begun.assertNothingLeft();
  });
});
