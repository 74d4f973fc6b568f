// Quotas over a store that the test plays, on a clock that it moves.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock, settle } from '../clock.test-double.ts';
import type { Quota } from './limits.ts';
import { createQuotas } from './quotas.ts';

const DEFAULT = { transfers: 9 };

function begin() {
  const clock = new FakeClock();
  const rows = new Map<string, Quota>();
  const state = { isAway: false, isSilent: false, askedCount: 0 };
  const store = {
    async find(principal: string) {
      state.askedCount += 1;
      if (state.isSilent) return new Promise<never>(() => {});
      if (state.isAway) throw new Error('connection refused');
      return rows.get(principal);
    },
  };
  const quotas = createQuotas({ store, principal: DEFAULT, keepMs: 60_000, clock });
  return { clock, rows, state, quotas };
}

describe('createQuotas()', () => {
  it('takes what was given to a principal in place of the default as a whole', async () => {
    const { quotas, rows } = begin();
    rows.set('ada', { bytesPerDay: 7 });
    assert.deepEqual(await quotas.of('ada'), { bytesPerDay: 7 });
    assert.equal(await quotas.of('bob'), DEFAULT);
  });

  it('limits nothing by default', async () => {
    const { clock } = begin();
    assert.deepEqual(await createQuotas({ store: { find: async () => undefined }, clock }).of('ada'), {});
  });

  it('asks once for many who ask at once, and answers at once what it knows', async () => {
    const { quotas, state } = begin();
    await Promise.all([quotas.of('ada'), quotas.of('ada'), quotas.of('ada')]);
    assert.equal(quotas.of('ada'), DEFAULT);
    assert.equal(state.askedCount, 1);
  });

  it('renews what is in use before it is old, so that nobody waits, and knows what was changed within a second', async () => {
    const { quotas, rows, state, clock } = begin();
    await quotas.of('ada');
    rows.set('ada', { transfers: 1 });
    await clock.advance(600);
    assert.equal(quotas.of('ada'), DEFAULT, 'while it is renewed');
    await settle();
    assert.deepEqual(quotas.of('ada'), { transfers: 1 });
    assert.equal(state.askedCount, 2);
    rows.delete('ada');
    await clock.advance(1001);
    assert.equal(await quotas.of('ada'), DEFAULT, 'what nobody has used is looked up');
  });

  it('answers from memory while the database is away or silent, and no longer than it may', async () => {
    const { quotas, state, clock } = begin();
    await quotas.of('ada');
    state.isAway = true;
    await clock.advance(2000);
    assert.equal(await quotas.of('ada'), DEFAULT);
    assert.equal(quotas.of('ada'), DEFAULT, 'once it is known to be away nobody waits for it');
    await assert.rejects(async () => quotas.of('bob'), { code: 'unavailable', retryable: true });
    await settle();
    state.isAway = false;
    void quotas.of('ada');
    await settle();
    await clock.advance(2000);
    state.isSilent = true;
    const answer = quotas.of('ada');
    assert.equal(clock.alarmCount, 1);
    await clock.advance(500);
    assert.equal(await answer, DEFAULT);
    assert.equal(clock.alarmCount, 0);
  });

  it('is at a loss when what it knows is too old', async () => {
    const { quotas, state, clock } = begin();
    await quotas.of('ada');
    state.isAway = true;
    await clock.advance(60_001);
    await assert.rejects(async () => quotas.of('ada'), { code: 'unavailable' });
    state.isAway = false;
    assert.equal(await quotas.of('ada'), DEFAULT, 'a failure is not remembered');
  });
});
