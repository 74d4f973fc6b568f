// Bytes a day, over gateways that share a book, die, lose it, and see midnight.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { usedBytes } from './day-book.ts';
import { LINGER_MS } from './day-quotas.ts';
import { Gateways, drink } from './gateways.test-double.ts';
import type { Gateway } from './gateways.test-double.ts';
import type { Permit } from './limits.ts';

const DAY = { principal: 'p', day: '2026-11-23' } as const;
const NEXT_DAY = { principal: 'p', day: '2026-11-24' } as const;
const MIB = 1 << 20;
const HOUR_MS = 3_600_000;

onEveryDatabase('bytes a day', (open) => {
  async function start(bytesPerDay: number, { count = 1, shared = false } = {}) {
    const database = await open();
    const fleet = new Gateways(database);
    const boot = (id: string) => fleet.start(id, { bytesPerDay }, { shared });
    const all = Array.from({ length: count }, (_, index) => boot(`g${index}`)) as [Gateway, Gateway, Gateway];
    const permit = async (gateway = all[0]): Promise<Permit> => {
      const answer = await fleet.begin(gateway);
      assert.ok(answer.kind === 'permit');
      return answer;
    };
    const take = async (gateway: Gateway, bytes: number): Promise<number> => {
      const answer = await permit(gateway);
      const drunk = await fleet.settled(drink(answer, bytes));
      answer.end();
      return drunk;
    };
    const refusal = async (gateway = all[0]) => {
      const answer = await fleet.begin(gateway);
      assert.ok(answer.kind === 'refusal', 'the day is used up');
      return answer.standing;
    };
    return { database, fleet, all, boot, permit, take, refusal };
  }

  it('are delivered to the last one, and end a transfer in the middle', async () => {
    const { database, fleet, all, permit, take, refusal } = await start(1_000_001);
    assert.equal(await take(all[0], 300_000), 300_000);
    const [first, second] = [await permit(), await permit()];
    const drunk = await fleet.settled(Promise.all([drink(first, 400_000), drink(second, 400_000)]));
    assert.equal(drunk[0] + drunk[1], 700_001);
    await assert.rejects(async () => first.pace!.take(1, { signal: new AbortController().signal }), {
      code: 'limited',
      message: /1000001 bytes of 2026-11-23/,
    });
    const { callCount } = all[0].line;
    assert.deepEqual(await refusal(), { limit: 'bytes-per-day', quota: 1_000_001, left: 0, resetMs: 12 * HOUR_MS });
    await refusal();
    assert.equal(all[0].line.callCount, callCount, 'who asks again at once costs nothing');
    first.end();
    second.end();
    await fleet.close();
    assert.equal(await usedBytes(database, DAY), 1_000_001);
  });

  it('that were entered ahead and not used are given back, when nothing is under way and at the end', async () => {
    const { database, fleet, all, boot, take } = await start(100 * MIB);
    await take(all[0], 10);
    assert.ok((await usedBytes(database, DAY)) > MIB, 'a block is entered ahead');
    await fleet.pass(2 * LINGER_MS);
    assert.equal(await usedBytes(database, DAY), 10);
    assert.equal(fleet.clock.alarmCount, 0);
    await take(all[0], 10);
    await all[0].limits.close();
    assert.equal(await usedBytes(database, DAY), 20);
    const again = boot('again');
    assert.equal(
      ((await fleet.begin(again)) as Permit).standings[0]?.left,
      100 * MIB - 20,
      'a restart forgets nothing',
    );
    await fleet.close();
  });

  it('cost a call for each block, and none for a piece', async () => {
    const { fleet, all, take } = await start(1 << 30);
    const { callCount } = all[0].line;
    await take(all[0], 100 * MIB);
    assert.ok(all[0].line.callCount - callCount <= 4, `${all[0].line.callCount - callCount}`);
    await fleet.close();
  });

  it('are not exceeded by several gateways, one of which dies with a block', async () => {
    const quota = 40 * MIB;
    const { fleet, all, permit, take } = await start(quota, { count: 3, shared: true });
    const lost = await permit(all[2]);
    assert.equal(await fleet.settled(drink(lost, 5 * MIB)), 5 * MIB);
    all[2].die();
    const drunk = [await take(all[0], 10 * MIB), await take(all[1], 100 * MIB), await take(all[0], 100 * MIB)];
    const sum = drunk.reduce((one, other) => one + other, 5 * MIB);
    assert.ok(sum <= quota && sum >= quota - 3 * MIB, `${sum}`);
    await fleet.close();
  });

  it('begin anew at midnight, also for a transfer that is under way', async () => {
    const { database, fleet, permit, refusal } = await start(3 * MIB);
    const transfer = await permit();
    assert.equal(await fleet.settled(drink(transfer, 2 * MIB)), 2 * MIB);
    fleet.aheadMs = 12 * HOUR_MS;
    assert.equal(await fleet.settled(drink(transfer, 5 * MIB)), 3 * MIB);
    assert.equal((await refusal()).resetMs, 24 * HOUR_MS);
    transfer.end();
    await fleet.close();
    assert.deepEqual([await usedBytes(database, DAY), await usedBytes(database, NEXT_DAY)], [2 * MIB, 3 * MIB]);
  });

  it('go by the newest word on a quota', async () => {
    const database = await open();
    const fleet = new Gateways(database);
    let bytesPerDay = 64 * MIB;
    const gateway = fleet.start('g', {}, { shared: false, quotas: { of: () => ({ bytesPerDay }) } });
    const transfer = (await fleet.begin(gateway)) as Permit;
    assert.equal(await fleet.settled(drink(transfer, MIB)), MIB);
    bytesPerDay = 2 * MIB;
    assert.equal((await fleet.begin(gateway)).kind, 'permit');
    const rest = await fleet.settled(drink(transfer, 10 * MIB));
    assert.ok(rest <= MIB, `${rest}`);
    bytesPerDay = 0;
    assert.equal((await fleet.begin(gateway)).kind, 'refusal');
    await fleet.close();
  });

  it('go on while the database is away, as far as they were left, and are entered when it is back', async () => {
    const { database, fleet, all, permit, take } = await start(40 * MIB);
    const transfer = await permit();
    assert.equal(await fleet.settled(drink(transfer, MIB)), MIB);
    all[0].line.isCut = true;
    assert.equal(await fleet.settled(drink(transfer, 20 * MIB)), 20 * MIB);
    assert.equal(await take(all[0], MIB), MIB, 'and new ones begin');
    all[0].line.isCut = false;
    await fleet.pass(2000);
    assert.equal(await fleet.settled(drink(transfer, 30 * MIB)), 18 * MIB);
    transfer.end();
    await fleet.pass(2 * LINGER_MS);
    assert.equal(await usedBytes(database, DAY), 40 * MIB);
    await fleet.close();
  });

  it('do not wait for a database that says nothing, and are counted right when it does', async () => {
    const { database, fleet, all, permit } = await start(MIB);
    const transfer = await permit();
    all[0].line.isSilent = true;
    assert.equal(await fleet.settled(drink(transfer, 2 * MIB)), MIB);
    all[0].line.isSilent = false;
    await fleet.pass(10);
    assert.equal(await fleet.settled(drink(transfer, 1)), 0);
    transfer.end();
    await fleet.close();
    assert.equal(await usedBytes(database, DAY), MIB);
  });

  it('that nobody knows are nobody’s: without the database a new principal is not let in', async () => {
    const { fleet, all, permit } = await start(MIB);
    all[0].line.isCut = true;
    await assert.rejects(permit(), { code: 'unavailable', retryable: true });
    await fleet.pass(2 * LINGER_MS);
    assert.equal(all[0].reports.length, 1, 'it is said once');
    all[0].line.isCut = false;
    await permit();
    await fleet.close();
  });

  it('are each gateway’s part of what was left, while all have lost the database', async () => {
    const quota = 60 * MIB;
    const { fleet, all, permit } = await start(quota, { count: 3, shared: true });
    await fleet.pass(2000);
    const permits: Permit[] = [];
    for (const gateway of all) permits.push(await permit(gateway));
    for (const { line } of all) line.isCut = true;
    let sum = 0;
    for (const one of permits) sum += await fleet.settled(drink(one, 1 << 30));
    assert.ok(sum <= quota && sum >= 0.9 * quota, `${sum}`);
    await fleet.close();
  });

  it('are not taken for somebody who has left while the book was asked', async () => {
    const { fleet, all, database } = await start(MIB);
    const controller = new AbortController();
    const begun = all[0].limits.begin('p', { signal: controller.signal });
    controller.abort();
    await assert.rejects(async () => fleet.settled(begun), { code: 'closed' });
    await fleet.close();
    assert.equal(await usedBytes(database, DAY), 0);
  });
});
