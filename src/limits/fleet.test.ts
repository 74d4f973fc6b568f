// Three gateways on one database: what each of them may have, and what becomes of that when one dies or is alone.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { LEASE_MS, RENEW_MS } from './fleet.ts';
import { Gateways, drink } from './gateways.test-double.ts';
import type { Gateway } from './gateways.test-double.ts';
import { usedBytes } from './day-book.ts';
import type { Permit } from './limits.ts';

onEveryDatabase('gateways that share their limits', (open) => {
  async function start(quota: { transfers?: number; bytesPerSecond?: number }, count = 3) {
    const database = await open();
    const fleet = new Gateways(database);
    const all = Array.from({ length: count }, (_, index) => fleet.start(`g${index}`, quota)) as [
      Gateway,
      Gateway,
      Gateway,
    ];
    await fleet.pass(10);
    const permit = async (gateway: Gateway): Promise<Permit> => {
      const answer = await fleet.begin(gateway);
      assert.ok(answer.kind === 'permit');
      return answer;
    };
    const refusal = async (gateway: Gateway) => {
      const answer = await fleet.begin(gateway);
      assert.ok(answer.kind === 'refusal', 'more than the limit');
      return answer.standing;
    };
    return { database, fleet, all, permit, refusal };
  }

  it('have as many transfers together as one may', async () => {
    const { fleet, all, permit, refusal } = await start({ transfers: 4 });
    const permits = [await permit(all[0]), await permit(all[1]), await permit(all[2]), await permit(all[0])];
    assert.deepEqual(
      permits.map(({ standings }) => standings[0]?.left),
      [3, 2, 1, 0],
    );
    for (const gateway of all)
      assert.deepEqual(await refusal(gateway), { limit: 'transfers', quota: 4, left: 0, resetMs: 1000 });
    permits[0]!.end();
    await permit(all[2]);
    await refusal(all[0]);
    await fleet.close();
  });

  it('give to who waits what ends elsewhere meanwhile', async () => {
    const { fleet, all, permit } = await start({ transfers: 1 });
    const first = await permit(all[0]);
    const waiting = all[1].limits.begin('p', { signal: new AbortController().signal });
    await fleet.pass(100);
    first.end();
    assert.equal((await fleet.settled(waiting)).kind, 'permit');
    await fleet.close();
  });

  it('cost nothing for who has no such limit, and one call for each who has', async () => {
    const { fleet, all } = await start({}, 1);
    const [gateway] = all;
    const before = gateway.line.callCount;
    for (let count = 0; count < 50; count += 1) ((await fleet.begin(gateway)) as Permit).end();
    assert.equal(gateway.line.callCount, before);
    const limited = fleet.start('limited', { transfers: 50 });
    await fleet.pass(10);
    const { callCount } = limited.line;
    const { signal } = new AbortController();
    const many = await fleet.settled(
      Promise.all(Array.from({ length: 40 }, async () => limited.limits.begin('p', { signal }))),
    );
    assert.deepEqual([many.every(({ kind }) => kind === 'permit'), limited.line.callCount - callCount], [true, 1]);
    await fleet.close();
  });

  it('keep what they have for as long as it takes, and lose it when they die', async () => {
    const { fleet, all, permit, refusal } = await start({ transfers: 2 });
    await permit(all[0]);
    await permit(all[1]);
    await fleet.pass(4 * LEASE_MS);
    await refusal(all[2]);
    all[0].die();
    await refusal(all[2]);
    await fleet.pass(LEASE_MS);
    await permit(all[2]);
    await refusal(all[2]);
    await fleet.close();
  });

  it('give back what they have when they close', async () => {
    const { fleet, all, permit } = await start({ transfers: 1 });
    await permit(all[0]);
    await all[0].limits.close();
    await permit(all[1]);
    await fleet.close();
  });

  it('begin nothing that cannot be counted while the database is away, and go on with what they have', async () => {
    const { fleet, all, permit } = await start({ transfers: 3 });
    const first = await permit(all[0]);
    all[0].line.isCut = true;
    await assert.rejects(permit(all[0]), { code: 'unavailable', retryable: true });
    first.end();
    const again = await permit(all[0]);
    assert.ok(again, 'what was lent is still there');
    again.end();
    await fleet.pass(LEASE_MS);
    await assert.rejects(permit(all[0]), { code: 'unavailable' }, 'until it may be somebody else’s');
    assert.deepEqual(all[0].reports.length, 1);
    all[0].line.isCut = false;
    await fleet.pass(RENEW_MS);
    await assert.rejects(permit(all[0]), { code: 'unavailable' }, 'others may not have renewed their leases yet');
    await fleet.pass(2 * RENEW_MS);
    await permit(all[0]);
    await fleet.close();
  });

  it('do not wait for ever for a database that says nothing', async () => {
    const { fleet, all, permit } = await start({ transfers: 3 }, 1);
    all[0].line.isSilent = true;
    await assert.rejects(permit(all[0]), { code: 'unavailable' });
    all[0].line.isSilent = false;
    await fleet.pass(RENEW_MS);
    await permit(all[0]);
    await fleet.close();
  });

  it('share a rate by how many of their streams want bytes', async () => {
    const bytesPerSecond = 1 << 20;
    const { fleet, all, permit } = await start({ bytesPerSecond });
    const drunk = [0, 0, 0];
    const stop = new AbortController();
    const eat = async (index: 0 | 1 | 2): Promise<void> => {
      const { pace } = await permit(all[index]);
      assert.equal(pace?.bytesPerSecond, bytesPerSecond);
      const taking = async (): Promise<void> => {
        for (;;) {
          const bytes = await pace.take(1 << 20, { signal: stop.signal });
          drunk[index]! += bytes;
        }
      };
      taking().catch(() => undefined);
    };
    for (const index of [0, 1, 1, 2] as const) await eat(index);
    await fleet.pass(3 * RENEW_MS);
    drunk.fill(0);
    await fleet.pass(8000);
    for (const [index, streams] of [1, 2, 1].entries()) {
      const wanted = (8 * bytesPerSecond * streams) / 4;
      assert.ok(Math.abs(drunk[index]! - wanted) < 0.05 * wanted, drunk.join(' '));
    }
    all[1].die();
    await fleet.pass(LEASE_MS + RENEW_MS);
    drunk.fill(0);
    await fleet.pass(4000);
    for (const index of [0, 2])
      assert.ok(Math.abs(drunk[index]! - 2 * bytesPerSecond) < 0.05 * bytesPerSecond, drunk.join(' '));
    stop.abort();
    await fleet.close();
  });

  it('share the rate of all, and what comes anew has its part within a second', async () => {
    const bytesPerSecond = 1 << 20;
    const database = await open();
    const fleet = new Gateways(database);
    const all = ['a', 'b'].map((id) => fleet.start(id, {}, { whole: { bytesPerSecond } })) as [Gateway, Gateway];
    const permits = [(await fleet.begin(all[0])) as Permit, (await fleet.begin(all[1])) as Permit] as const;
    const stop = new AbortController();
    void drink(permits[0], 100 << 20);
    await fleet.pass(5000);
    let drunk = 0;
    const { pace } = permits[1];
    const eat = async (): Promise<void> => {
      for (;;) {
        const bytes = await pace!.take(1 << 20, { signal: stop.signal });
        drunk += bytes;
      }
    };
    eat().catch(() => undefined);
    await fleet.pass(2 * RENEW_MS);
    drunk = 0;
    await fleet.pass(4000);
    assert.ok(Math.abs(drunk - 2 * bytesPerSecond) < 0.1 * bytesPerSecond, `${drunk}`);
    stop.abort();
    await fleet.close();
  });

  it('are at their limit together as all principals are', async () => {
    const fleet = new Gateways(await open());
    const all = ['a', 'b'].map((id) => fleet.start(id, { transfers: 9 }, { whole: { transfers: 2 } })) as [
      Gateway,
      Gateway,
    ];
    await fleet.pass(10);
    const first = (await fleet.begin(all[0], 'p')) as Permit;
    await fleet.begin(all[1], 'q');
    await assert.rejects(fleet.begin(all[1], 'r'), { code: 'overloaded', retryable: true });
    first.end();
    assert.equal((await fleet.begin(all[1], 'r')).kind, 'permit');
    await fleet.close();
    assert.equal(await usedBytes(all[0].line.database, { principal: 'p', day: '2026-11-23' }), 0);
  });
});
