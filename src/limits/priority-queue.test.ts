// The queue against a list that is sorted each time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PriorityQueue } from './priority-queue.ts';

type Thing = { readonly rank: number };

describe('PriorityQueue', () => {
  it('gives what comes first, whatever has come and gone', () => {
    const rank = fc.integer({ min: 0, max: 20 });
    const step = fc.oneof(
      fc.record({ add: rank }),
      fc.record({ remove: fc.nat() }),
      fc.constant({ removeFirst: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new PriorityQueue<Thing>((one, other) => one.rank < other.rank);
        const things: Thing[] = [];
        const take = (index: number) => {
          const [gone] = things.splice(index, 1);
          if (gone) assert.equal(queue.remove(gone), true);
          if (gone) assert.equal(queue.remove(gone), false);
        };
        for (const one of steps) {
          if ('add' in one) {
            things.push({ rank: one.add });
            queue.add(things.at(-1)!);
          } else if ('remove' in one) take(one.remove % (things.length || 1));
          else if (queue.first) take(things.indexOf(queue.first));
          assert.equal(queue.size, things.length);
          assert.equal(
            queue.first?.rank,
            things.length === 0 ? undefined : Math.min(...things.map((thing) => thing.rank)),
          );
          assert.deepEqual(new Set(queue.items), new Set(things));
        }
      }),
    );
  });
});
