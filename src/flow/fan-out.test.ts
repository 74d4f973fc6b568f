// How many connections a flow uses: more are tried where it could be worth it, and kept only if it was.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FanOut } from './fan-out.ts';

/** Drinks so many stretches, and says how many connections there were after each. */
function drink(fanOut: FanOut, bytesPerMs: number, { stretches = 1, wanted = 12 } = {}): number[] {
  return Array.from({ length: stretches }, () => {
    fanOut.drank(bytesPerMs, wanted);
    return fanOut.connections;
  });
}

describe('FanOut', () => {
  it('begins with one, and stays there when no more are wanted', () => {
    const fanOut = new FanOut();
    assert.equal(fanOut.connections, 1);
    assert.deepEqual(drink(fanOut, 100, { stretches: 3, wanted: 1 }), [1, 1, 1]);
  });

  it('doubles while that makes the client notably faster, up to what is wanted', () => {
    const fanOut = new FanOut();
    const connections = [100, 200, 200, 400, 400, 800, 800].flatMap((bytesPerMs) => drink(fanOut, bytesPerMs));
    assert.deepEqual(connections, [2, 2, 4, 4, 8, 8, 12]);
  });

  it('goes back when it does not, and tries again only after a while', () => {
    const fanOut = new FanOut();
    assert.deepEqual(drink(fanOut, 100, { stretches: 3 }), [2, 2, 1], 'the first stretch of a trial says nothing');
    assert.deepEqual(drink(fanOut, 100, { stretches: 8 }), [1, 1, 1, 1, 1, 1, 1, 2]);
  });

  it('gives up at once what is no longer wanted, a trial among it', () => {
    const fanOut = new FanOut();
    drink(fanOut, 100);
    assert.deepEqual(drink(fanOut, 100, { wanted: 1 }), [1]);
    assert.deepEqual(drink(fanOut, 100), [2], 'it was no trial that failed');
  });

  it('has one at the least, and never more than were wanted at some time', () => {
    const aStretch = fc.tuple(fc.double({ min: 0, max: 1_000, noNaN: true }), fc.integer({ min: 1, max: 12 }));
    const property = fc.property(fc.array(aStretch), (stretches) => {
      const fanOut = new FanOut();
      for (const [bytesPerMs, wanted] of stretches) {
        fanOut.drank(bytesPerMs, wanted);
        assert.ok(fanOut.connections >= 1 && fanOut.connections <= wanted, `${fanOut.connections} of ${wanted}`);
      }
    });
    fc.assert(property);
  });
});
