import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { createQuotaStore } from './quota-store.ts';

onEveryDatabase('a store of quotas', (open) => {
  it('has what was put, and no longer what was put before', async () => {
    const store = createQuotaStore(await open());
    assert.equal(await store.find('ada'), undefined);
    await store.put('ada', { transfers: 4, bytesPerSecond: 1 << 20 });
    await store.put('ada', { transfers: 0, bytesPerDay: 2 ** 50 });
    assert.deepEqual(await store.find('ada'), { transfers: 0, bytesPerDay: 2 ** 50 });
    await store.put('ada', {});
    assert.deepEqual(await store.find('ada'), {});
  });

  it('lists them page by page in the order of their bytes', async () => {
    const store = createQuotaStore(await open());
    for (const name of ['b', 'Z', 'ä', "'; drop table limits; --", 'a']) await store.put(name, { transfers: 1 });
    const first = await store.list({ limit: 2 });
    const rest = await store.list({ after: first.at(-1)!.principal, limit: 10 });
    assert.deepEqual(
      [...first, ...rest].map(({ principal }) => principal),
      ["'; drop table limits; --", 'Z', 'a', 'b', 'ä'],
    );
    assert.deepEqual(first[1], { principal: 'Z', transfers: 1 });
  });

  it('forgets one, and says whether there was one', async () => {
    const store = createQuotaStore(await open());
    await store.put('ada', { transfers: 4 });
    assert.deepEqual([await store.remove('ada'), await store.remove('ada')], [true, false]);
    assert.equal(await store.find('ada'), undefined);
  });

  it('refuses what is no quota, and says what would be one', async () => {
    const store = createQuotaStore(await open());
    for (const quota of [
      { transfers: -1 },
      { transfers: 2 ** 31 },
      { transfers: 0.5 },
      { bytesPerSecond: 0 },
      { bytesPerDay: 2 ** 53 },
      { bytesPerDay: Number.NaN },
    ])
      await assert.rejects(store.put('ada', quota), { code: 'bad-input', message: /want a whole number from/ });
    await assert.rejects(store.put('', {}), { code: 'bad-input' });
    assert.deepEqual(await store.list({ limit: 1 }), []);
  });
});
