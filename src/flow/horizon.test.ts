// How far a flow may ask, and where the next request ends: by the window, the share of the memory, what the kernel may hold
// unseen, and the end of the range.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../clock.test-double.ts';
import { Budget } from './budget.ts';
import type { Drinker } from './drinker.ts';
import { GUARDED } from './http-trial.test-double.ts';
import { Horizon } from './horizon.ts';
import type { Part } from './part.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;
const START = 1_000;

type Played = { -readonly [Key in keyof Drinker]: Drinker[Key] };

function begin({
  bytes = 256 * MIB,
  budgetBytes = 256 * MIB,
  unseenBytes = 0,
  maxConnections = 12,
  isProven = false,
} = {}) {
  const clock = new FakeClock();
  const budget = new Budget({ totalBytes: budgetBytes });
  const account = budget.open();
  const drinker: Played = { undrunkBytes: 0, unseenBytes, roundTripMs: 0, isProven, onceDrunk: () => assert.fail() };
  const horizon = new Horizon({
    range: { start: START, end: START + bytes },
    drinker,
    account,
    policy: { maxBytes: 64 * MIB, maxConnections },
    clock,
  });
  horizon.look(START);
  /** Up to where was asked, from the start of the range. */
  const state = { askedBytes: 0 };
  const ask = () => {
    const end = horizon.next(START + state.askedBytes);
    if (end === undefined) return undefined;
    horizon.asked();
    const bytes = end - START - state.askedBytes;
    state.askedBytes += bytes;
    return bytes;
  };
  /** How much would be asked for now, while so many connections are busy. */
  const next = (busyCount: number) => {
    const end = horizon.next(START + state.askedBytes, busyCount);
    return end === undefined ? undefined : end - START - state.askedBytes;
  };
  /** Asks until there is nothing to ask for now. */
  const askAll = () => {
    const asked: number[] = [];
    for (let bytes = ask(); bytes !== undefined; bytes = ask()) asked.push(bytes);
    return asked;
  };
  /** So much was written, and the client drank it in that time but for `undrunkBytes`. */
  const drink = async (writtenBytes: number, { inMs = 1, undrunkBytes = 0 } = {}) => {
    await clock.advance(inMs);
    drinker.undrunkBytes = undrunkBytes;
    horizon.look(START + writtenBytes);
  };
  return { budget, drinker, horizon, state, ask, askAll, next, drink };
}

/** A part that is through, as far as it teaches anything. */
const toLesson = (firstByteMs: number, bytes: number, ms: number) =>
  ({ firstByteMs, timed: { bytes, ms } }) as unknown as Part;

describe('Horizon', GUARDED, () => {
  it('asks for one request of 256 KiB at first, or for all of a smaller range', () => {
    assert.deepEqual(begin().askAll(), [256 * KIB]);
    assert.deepEqual(begin({ bytes: 256 * KIB }).askAll(), [256 * KIB]);
    assert.deepEqual(begin({ bytes: 10 }).askAll(), [10]);
  });

  it('asks for more only as the client drinks, and for nearly a whole request rather than wait for its last packets', async () => {
    const { horizon, askAll, drink } = begin();
    // At 1 KiB/ms and 64 ms a round the window stays what it is.
    horizon.learn(toLesson(64, 0, 0));
    askAll();
    await drink(256 * KIB, { inMs: 100, undrunkBytes: 156 * KIB });
    assert.deepEqual(askAll(), []);
    await drink(256 * KIB, { inMs: 71, undrunkBytes: 86 * KIB });
    assert.deepEqual(askAll(), []);
    await drink(256 * KIB, { inMs: 0, undrunkBytes: 85 * KIB });
    assert.deepEqual([horizon.windowBytes(0), askAll()], [256 * KIB, [171 * KIB]]);
  });

  it('takes nothing back of what it has seen drunk', async () => {
    const { horizon, state, drink } = begin();
    await drink(200 * KIB);
    const before = horizon.windowBytes(START + 256 * KIB);
    await drink(200 * KIB, { undrunkBytes: 150 * KIB });
    assert.equal(horizon.windowBytes(START + 256 * KIB), before);
    assert.equal(state.askedBytes, 0);
  });

  it('tries more connections where one is too slow for the client, and asks on each that is free', async () => {
    const { horizon, askAll, drink, next } = begin();
    askAll();
    horizon.learn(toLesson(50, 256 * KIB, 100));
    await drink(256 * KIB, { inMs: 10 });
    assert.deepEqual([next(2), next(1)], [undefined, 256 * KIB]);
    assert.deepEqual(askAll(), [256 * KIB, 256 * KIB]);
  });

  it('keeps to one connection where there may be no more, and halves the window all the same', async () => {
    const { horizon, askAll, drink, next } = begin({ maxConnections: 1 });
    askAll();
    horizon.learn(toLesson(50, 256 * KIB, 100));
    await drink(256 * KIB, { inMs: 10 });
    assert.equal(next(1), undefined);
    assert.deepEqual(askAll(), [256 * KIB, 256 * KIB]);
  });

  it('widens by the shortest round that was seen, to the origin and to the client', async () => {
    const { horizon, drinker, askAll, drink } = begin();
    drinker.roundTripMs = 10;
    horizon.learn(toLesson(20, 0, 0));
    horizon.learn(toLesson(25, 0, 0));
    askAll();
    // 256 KiB in 64 ms are 4 KiB/ms; four rounds of 30 ms of that are 480 KiB.
    await drink(256 * KIB, { inMs: 64 });
    assert.equal(horizon.windowBytes(0), 480 * KIB);
  });

  it('stays within its share of the memory, less the page of each slab, down to the smallest slab', () => {
    const shared = begin({ budgetBytes: MIB });
    for (let count = 1; count < 7; count += 1) shared.budget.open();
    shared.horizon.look(START);
    assert.deepEqual(shared.askAll(), [(128 * KIB * 4) / 5].map(Math.floor));
    for (let count = 7; count < 1_000; count += 1) shared.budget.open();
    const crowded = begin({ budgetBytes: MIB });
    for (let count = 1; count < 1_000; count += 1) crowded.budget.open();
    crowded.horizon.look(START);
    assert.deepEqual(crowded.askAll(), [16 * KIB]);
  });

  it('shrinks when it is refused, and begins anew after a rest', async () => {
    const { horizon, askAll, drink } = begin();
    askAll();
    await drink(256 * KIB, { inMs: 10 });
    horizon.refused();
    assert.equal(horizon.windowBytes(0), 256 * KIB);
    horizon.refused();
    assert.equal(horizon.windowBytes(0), 256 * KIB);
    horizon.rested();
    assert.equal(horizon.windowBytes(0), 256 * KIB);
    await drink(256 * KIB, { inMs: 60_000 });
    assert.equal(horizon.windowBytes(0), 256 * KIB, 'the rest was not drinking');
  });

  it('says how far ahead it is where that is more than a window that has shrunk', async () => {
    const { horizon, drink } = begin();
    await drink(100 * KIB);
    assert.equal(horizon.windowBytes(START + 500 * KIB), 400 * KIB);
    assert.equal(horizon.windowBytes(START + 200 * KIB), 256 * KIB);
  });

  it('gives a new client small bites until it has drunk a window, and a proven one what there is', async () => {
    const { horizon, askAll, drink } = begin();
    assert.equal(horizon.biteBytes, 72 * KIB);
    assert.equal(begin({ isProven: true }).horizon.biteBytes, Number.POSITIVE_INFINITY);
    askAll();
    await drink(256 * KIB, { inMs: 10 });
    assert.equal(horizon.biteBytes, Number.POSITIVE_INFINITY);
  });

  it('asks for no more than the kernel surely takes, then little by little, until the client must have drunk', async () => {
    const { askAll, drink, state } = begin({ unseenBytes: 4 * MIB });
    for (let drunkBytes = 0; drunkBytes < 3.75 * MIB; drunkBytes = state.askedBytes) {
      await drink(drunkBytes);
      askAll();
      assert.ok(state.askedBytes <= 3.75 * MIB);
    }
    for (let drunkBytes = state.askedBytes; drunkBytes < 5 * MIB; drunkBytes = state.askedBytes) {
      await drink(drunkBytes);
      askAll();
      assert.ok(state.askedBytes > drunkBytes && state.askedBytes <= drunkBytes + 128 * KIB);
    }
    await drink(state.askedBytes);
    const askedBytes = askAll().reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(askedBytes > 128 * KIB, 'the client is trusted');
  });

  it('never asks beyond the window or the range, and always asks for something when all is drunk', async () => {
    const aStep = fc.record({ ms: fc.nat(200), drinks: fc.double({ min: 0, max: 1, noNaN: true }), flows: fc.nat(20) });
    const aFlow = fc.record({
      bytes: fc.integer({ min: 1, max: 64 * MIB }),
      budgetBytes: fc.integer({ min: 100 * KIB, max: 256 * MIB }),
      unseenBytes: fc.constantFrom(0, 4 * MIB),
      maxConnections: fc.integer({ min: 1, max: 12 }),
    });
    const property = fc.asyncProperty(aFlow, fc.array(aStep, { maxLength: 40 }), async (options, steps) => {
      const { horizon, drink, ask, state, budget } = begin(options);
      let drunkBytes = 0;
      const askAndCheck = () => {
        for (let bytes = ask(); bytes !== undefined; bytes = ask()) {
          assert.ok(bytes > 0 && state.askedBytes <= options.bytes);
          assert.ok(state.askedBytes - drunkBytes <= horizon.windowBytes(START), 'beyond the window');
        }
        assert.ok(
          state.askedBytes > drunkBytes || drunkBytes === options.bytes,
          'nothing is asked for, nothing to wait for',
        );
      };
      askAndCheck();
      for (const { ms, drinks, flows } of steps) {
        for (let count = 0; count < flows; count += 1) budget.open();
        drunkBytes += Math.floor((state.askedBytes - drunkBytes) * drinks);
        await drink(drunkBytes, { inMs: ms });
        askAndCheck();
        if (ms % 7 === 0) horizon.refused();
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
