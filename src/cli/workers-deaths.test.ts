import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Deaths, MAX_YOUNG_DEATHS, YOUNG_MS } from './workers-deaths.ts';

const YOUNG = { livedMs: YOUNG_MS - 1, wasReady: true, isAway: false };
const OLD = { livedMs: YOUNG_MS, wasReady: true, isAway: false };
/** Whatever it lived, it did not serve. */
const NEVER_READY = { livedMs: 10 * YOUNG_MS, wasReady: false, isAway: false };
const AWAY = { ...NEVER_READY, isAway: true };

/** What is said of each of these deaths, one after the other. */
function waits(deaths: readonly (typeof YOUNG)[], random = 1): readonly (number | undefined)[] {
  const book = new Deaths(() => random);
  return deaths.map((death) => book.add(death));
}

describe('Deaths', () => {
  it('has one replaced at once that has served for a while, every time', () => {
    assert.deepEqual(waits([OLD, OLD, OLD]), [0, 0, 0]);
  });

  it('waits from the second young death in a row on, twice as long each time', () => {
    assert.deepEqual(waits([YOUNG, YOUNG, NEVER_READY, YOUNG]), [0, 250, 500, 1_000]);
  });

  it('begins anew after one that has served for a while', () => {
    assert.deepEqual(waits([YOUNG, YOUNG, OLD, YOUNG, YOUNG]), [0, 250, 0, 0, 250]);
  });

  it('waits between half as long and as long', () => {
    assert.deepEqual(waits([YOUNG, YOUNG, YOUNG], 0), [0, 125, 250]);
  });

  it('gives up after so many young deaths in a row, and not before', () => {
    const said = waits(Array.from({ length: MAX_YOUNG_DEATHS + 1 }, () => NEVER_READY));
    assert.ok(said.slice(0, -1).every((waitMs) => waitMs !== undefined && waitMs <= 8_000));
    assert.equal(said.at(-1), undefined);
  });

  it('never gives up for what is away, and does not count it', () => {
    const away = Array.from({ length: 100 }, () => AWAY);
    assert.ok(waits([...away, YOUNG]).every((waitMs) => waitMs !== undefined));
  });
});
