// Transfers at once in one process, on a clock that is moved by hand.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeClock, settle } from '../clock.test-double.ts';
import { PATIENCE_MS, Slots } from './slots.ts';
import type { Slot } from './slots.ts';

function begin() {
  const clock = new FakeClock();
  const slots = new Slots(clock);
  const controller = new AbortController();
  const take = (limit: number, principal = 'p') => slots.take(principal, { limit, signal: controller.signal });
  return { clock, slots, controller, take };
}

/** It was given at once. */
function now(taken: ReturnType<Slots['take']>): Slot {
  assert.ok(taken && !(taken instanceof Promise));
  return taken;
}

describe('Slots', () => {
  it('gives as many as there may be, to each principal, and says how many are left', () => {
    const { take, clock } = begin();
    assert.deepEqual([now(take(2)).leftCount, now(take(2)).leftCount, now(take(2, 'q')).leftCount], [1, 0, 1]);
    assert.equal(take(0), undefined, 'who may have none is told at once');
    assert.equal(clock.alarmCount, 0);
  });

  it('has somebody who is at their limit wait a moment for the end of a transfer', async () => {
    const { take, clock, slots } = begin();
    const first = now(take(1));
    const [second, third] = [take(1), take(1)];
    await clock.advance(PATIENCE_MS - 1);
    first.end();
    first.end();
    const slot = await second;
    assert.ok(slot, 'who came first goes first');
    await clock.advance(1);
    assert.equal(await third, undefined);
    assert.equal(clock.alarmCount, 0);
    slot.end();
    assert.equal(slots.seats.size, 0, 'nothing is kept of who has nothing');
  });

  it('lets go of somebody who leaves while they wait', async () => {
    const { take, clock, controller, slots } = begin();
    const slot = now(take(1));
    const waiting = take(1);
    controller.abort();
    await assert.rejects(async () => waiting, { code: 'closed' });
    await assert.rejects(async () => take(1), { code: 'closed' }, 'and of who had left before');
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    slot.end();
    assert.deepEqual([clock.alarmCount, slots.seats.size], [0, 0]);
  });

  it('goes by the newest word on a limit', async () => {
    const { take } = begin();
    const slots = [now(take(3)), now(take(3)), now(take(3))];
    const waiting = take(1);
    slots[0]!.end();
    slots[1]!.end();
    const another = take(3);
    assert.deepEqual([now(await waiting).leftCount, now(await another).leftCount], [0, 0]);
  });

  it('never has more than the limit, whoever comes, leaves and gives up', async () => {
    const step = fc.oneof(
      fc.constant('take' as const),
      fc.constant('give up' as const),
      fc.record({ end: fc.nat() }),
      fc.record({ waitMs: fc.nat(PATIENCE_MS) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), async (limit, steps) => {
        const clock = new FakeClock();
        const slots = new Slots(clock);
        const held: Slot[] = [];
        let controller = new AbortController();
        const take = async (): Promise<void> => {
          const slot = await slots.take('p', { limit, signal: controller.signal });
          if (slot) held.push(slot);
        };
        for (const one of steps) {
          if (one === 'take') take().catch(() => undefined);
          else if (one === 'give up') {
            controller.abort();
            controller = new AbortController();
          } else if ('end' in one) held.splice(one.end % (held.length || 1), 1)[0]?.end();
          else await clock.advance(one.waitMs);
          await settle();
          assert.ok(held.length <= limit);
          assert.equal(slots.seats.get('p')?.usedCount ?? 0, held.length);
        }
        await clock.advance(PATIENCE_MS);
        for (const slot of held) slot.end();
        assert.deepEqual([slots.seats.size, clock.alarmCount], [0, 0]);
      }),
    );
  });
});
