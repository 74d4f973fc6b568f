import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { WHOLE, countOthers, readOthers, removeExpiredLeases, removeLeases, writeLeases } from './leases.ts';
import { lockPrincipals } from './lock-principals.ts';

const lease = (principal: string, transfers: number, streams = 0) => ({ principal, transfers, streams });

onEveryDatabase('leases', (open) => {
  it('are what was written last, and count until they expire', async () => {
    const database = await open();
    await writeLeases(database, { gateway: 'a', leases: [lease('p', 9), lease('q', 1)], expiresAt: 100 });
    await writeLeases(database, { gateway: 'a', leases: [lease('p', 3, 2)], expiresAt: 200 });
    await writeLeases(database, { gateway: 'b', leases: [lease('p', 4, 1)], expiresAt: 150 });
    await writeLeases(database, { gateway: 'c', leases: [lease('p', 50)], expiresAt: 999 });
    const seen = async (now: number) =>
      Object.fromEntries(await readOthers(database, { gateway: 'c', principals: ['p', 'q', 'r'], now }));
    assert.deepEqual(await seen(99), { p: { transfers: 7, streams: 3 }, q: { transfers: 1, streams: 0 } });
    assert.deepEqual(await seen(100), { p: { transfers: 7, streams: 3 } });
    assert.deepEqual(await seen(150), { p: { transfers: 3, streams: 2 } });
    await removeLeases(database, 'a');
    assert.deepEqual(await seen(99), { p: { transfers: 4, streams: 1 } });
    await removeExpiredLeases(database, 151);
    assert.deepEqual(await seen(0), {});
  });

  it('are as many as there are principals', async () => {
    const database = await open();
    const principals = Array.from({ length: 2500 }, (_, index) => `p${index}`);
    const leases = principals.map((principal) => lease(principal, 1));
    await writeLeases(database, { gateway: 'a', leases, expiresAt: 100 });
    assert.equal((await readOthers(database, { gateway: 'b', principals, now: 0 })).size, 2500);
    await writeLeases(database, { gateway: 'a', leases: [], expiresAt: 100 });
  });

  it('say who lives', async () => {
    const database = await open();
    for (const [gateway, expiresAt] of Object.entries({ a: 100, b: 200, c: 300 }))
      await writeLeases(database, { gateway, leases: [lease(WHOLE, 0), lease('p', 1)], expiresAt });
    assert.equal(await countOthers(database, { gateway: 'a', now: 150 }), 2);
    assert.equal(await countOthers(database, { gateway: 'c', now: 150 }), 1);
    assert.equal(await countOthers(database, { gateway: 'c', now: 200 }), 0);
  });

  it('are counted by one at a time: nobody comes between the look and the write', async () => {
    const database = await open();
    const take = (gateway: string) =>
      database.transaction().execute(async (transaction) => {
        await lockPrincipals(transaction, 'leases', ['p', 'q', "q'; drop table leases; --"]);
        const others = await readOthers(transaction, { gateway, principals: ['p'], now: 0 });
        const transfers = Math.min(3, 10 - (others.get('p')?.transfers ?? 0));
        await writeLeases(transaction, { gateway, leases: [lease('p', transfers)], expiresAt: 1 });
        return transfers;
      });
    const taken = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(take));
    assert.deepEqual(
      taken.toSorted((one, other) => one - other),
      [0, 1, 3, 3, 3],
    );
  });
});
