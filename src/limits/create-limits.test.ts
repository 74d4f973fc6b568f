// All limits of one gateway together, as the gateway asks for them.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { openSqlite } from '../database/sqlite.ts';
import { createLimits } from './create-limits.ts';
import type { LimitsOptions } from './create-limits.ts';
import { Gateways, NOON, drink } from './gateways.test-double.ts';
import type { Permit, Quota, WholeQuota } from './limits.ts';
import { createQuotaStore } from './quota-store.ts';
import { createQuotas } from './quotas.ts';

async function start(quota: Quota, whole: WholeQuota = {}) {
  const gateways = new Gateways(await openSqlite(':memory:'));
  const gateway = gateways.start('g', quota, { shared: false, whole });
  const begin = (principal = 'p', signal?: AbortSignal) => gateways.begin(gateway, principal, signal);
  const permit = async (principal?: string): Promise<Permit> => {
    const answer = await begin(principal);
    assert.ok(answer.kind === 'permit');
    return answer;
  };
  return { gateways, gateway, begin, permit };
}

const { signal } = new AbortController();

describe('createLimits()', () => {
  it('lets who is not limited through at once, and asks nobody', async () => {
    const { gateway } = await start({});
    const answer = gateway.limits.begin('p', { signal });
    assert.ok(!(answer instanceof Promise) && answer.kind === 'permit');
    assert.deepEqual([answer.pace, answer.standings], [undefined, []]);
    answer.end();
    assert.equal(gateway.line.callCount, 0);
    await gateway.limits.close();
  });

  it('asks for nothing but the quota when that is not known yet', async () => {
    const database = await openSqlite(':memory:');
    const store = createQuotaStore(database);
    await store.put('vip', { transfers: 1 });
    const options = { database, gatewayId: 'g', clock: new FakeClock(), now: () => NOON };
    const limits = createLimits({ ...options, quotas: createQuotas({ store, clock: options.clock }) });
    const answer = limits.begin('p', { signal });
    assert.ok(answer instanceof Promise);
    assert.equal((await answer).kind, 'permit');
    assert.ok(!(limits.begin('p', { signal }) instanceof Promise), 'and at once when it is');
    assert.deepEqual(
      ((await limits.begin('vip', { signal })) as Permit).standings.map(({ limit }) => limit),
      ['transfers'],
    );
    await limits.close();
    await database.destroy();
  });

  it('limits all of it at once, and says where the principal stands', async () => {
    const { gateways, gateway, begin, permit } = await start({ transfers: 2, bytesPerSecond: 1000, bytesPerDay: 5000 });
    const first = await permit();
    assert.deepEqual(first.standings, [
      { limit: 'transfers', quota: 2, left: 1, resetMs: 1000 },
      { limit: 'bytes-per-day', quota: 5000, left: 5000, resetMs: 12 * 3_600_000 },
    ]);
    assert.equal(first.pace?.bytesPerSecond, 1000);
    const second = await permit();
    const refused = await begin();
    assert.equal(refused.kind === 'refusal' && refused.standing.limit, 'transfers');
    const startedMs = gateways.clock.now();
    const drunk = await gateways.settled(Promise.all([drink(first, 9000), drink(second, 9000)]));
    assert.equal(drunk[0] + drunk[1], 5000);
    const tookMs = gateways.clock.now() - startedMs;
    assert.ok(tookMs >= 4600 && tookMs <= 5400, `${tookMs}`);
    first.end();
    const refusedToday = await begin();
    assert.equal(refusedToday.kind === 'refusal' && refusedToday.standing.limit, 'bytes-per-day');
    second.end();
    await gateway.limits.close();
    assert.equal(gateways.clock.alarmCount, 0);
  });

  it('holds nothing of somebody who was refused by the second limit', async () => {
    const { gateway, begin } = await start({ transfers: 1, bytesPerDay: 0 }, { transfers: 5 });
    for (let count = 0; count < 3; count += 1) {
      const answer = await begin();
      assert.equal(answer.kind === 'refusal' && answer.standing.limit, 'bytes-per-day');
    }
    await gateway.limits.close();
    const other = await start({ transfers: 9 }, { transfers: 1 });
    const only = await other.permit('p');
    await assert.rejects(other.begin('q'), { code: 'overloaded' });
    only.end();
    only.end();
    assert.equal((await other.permit('q')).standings[0]?.left, 8);
    await assert.rejects(other.begin('r'), { code: 'overloaded' }, 'to end twice frees nothing twice');
    await other.gateway.limits.close();
  });

  it('paces everybody by what all may have', async () => {
    const { gateways, gateway, permit } = await start({}, { bytesPerSecond: 2000 });
    const permits = [await permit('p'), await permit('q')];
    const startedMs = gateways.clock.now();
    await gateways.settled(Promise.all(permits.map((one) => drink(one, 5000))));
    const tookMs = gateways.clock.now() - startedMs;
    assert.ok(tookMs >= 4600 && tookMs <= 5200, `${tookMs}`);
    await gateway.limits.close();
  });

  it('gives up for who has left, at whatever step, and holds nothing of it', async () => {
    const { gateways, gateway, permit } = await start({ transfers: 1, bytesPerDay: 5000, bytesPerSecond: 100 });
    const gone = new AbortController();
    const only = await permit();
    const waiting = gateway.limits.begin('p', { signal: gone.signal });
    gone.abort();
    await assert.rejects(async () => waiting, { code: 'closed' });
    const { pace } = only;
    const leaving = new AbortController();
    await drink(only, 30);
    const taking = pace!.take(1000, { signal: leaving.signal });
    leaving.abort();
    await assert.rejects(async () => taking, { code: 'closed' });
    for (const one of [gone, leaving]) assert.equal(getEventListeners(one.signal, 'abort').length, 0);
    only.end();
    await gateways.pass(3000);
    (await permit()).end();
    await gateway.limits.close();
    assert.equal(gateways.clock.alarmCount, 0);
  });

  it('knows nobody without a name', async () => {
    const { gateway } = await start({});
    await assert.rejects(async () => gateway.limits.begin('', { signal }), { code: 'misuse' });
    await gateway.limits.close();
  });

  it('runs on the machine’s own clock, and leaves nothing behind on it', async () => {
    const database = await openSqlite(':memory:');
    const quotas: LimitsOptions['quotas'] = {
      of: () => ({ transfers: 2, bytesPerSecond: 1 << 30, bytesPerDay: 1 << 30 }),
    };
    const limits = createLimits({ database, gatewayId: 'g', shared: true, quotas });
    const answer = await limits.begin('p', { signal });
    assert.ok(answer.kind === 'permit');
    assert.equal(await drink(answer, 3 << 20), 3 << 20);
    answer.end();
    await limits.close();
    assert.deepEqual(await database.selectFrom('leases').selectAll().execute(), []);
    const { bytes } = await database.selectFrom('used_days').select('bytes').executeTakeFirstOrThrow();
    assert.equal(bytes, 3 << 20);
    await database.destroy();
  });
});
