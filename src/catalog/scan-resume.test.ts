// Scans that are broken off: where the next one goes on, and that whatever happens one that ends has told the truth.
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import type { Catalog } from './catalog.ts';
import { createCatalog } from './database-catalog.ts';
import { listed, ListedStore, scanStore, toResult } from './listed-store.test-double.ts';
import type { ScanOptions } from './scan.ts';

const DAY_MS = 24 * 3_600_000;
const KEYS = ['a', 'a//', 'b', 'b/1', 'c', 'c/', 'd', 'é', '\uffff', '🧬', '🧬//'];

onEveryDatabase('a scan that is broken off', (open) => {
  let database: Kysely<Schema>;
  let catalog: Catalog;
  let now: number;
  beforeEach(async () => {
    database = await open();
    now = 1_000;
    catalog = createCatalog(database, { now: () => now });
  });

  const run = (store: ListedStore, more: Partial<ScanOptions> = {}) =>
    scanStore(database, store, { now: () => (now += 1), batchSize: 2, ...more });
  const storeOf = (keys: readonly string[]) => new ListedStore(keys.map((key) => listed(key)));

  /** Fails when an object is to be listed. */
  async function breakAt(store: ListedStore, broken: string, more: Partial<ScanOptions> = {}): Promise<void> {
    store.before = async ({ key }) => {
      if (key === broken) throw new Error('broken off');
    };
    await assert.rejects(run(store, more), { message: 'broken off' });
    store.before = async () => undefined;
  }

  it('goes on after the last batch that was written, and counts on', async () => {
    const store = storeOf(['a', 'b//', 'c', 'd', 'e']);
    await breakAt(store, 'd');
    const { counts } = await database.selectFrom('scans').selectAll().executeTakeFirstOrThrow();
    assert.equal(JSON.parse(counts).added, 2);
    assert.deepEqual(await run(store), toResult({ seen: 5, added: 5, resumedAfter: 'b//' }));
    assert.deepEqual(
      store.requests.map(({ after }) => after),
      [undefined, 'b//'],
    );
    assert.deepEqual(await run(store), toResult({ seen: 5, unchanged: 5 }));
  });

  it('begins anew when it is told to, after a day, and where nothing was written', async () => {
    const store = storeOf(['a', 'b', 'c', 'd', 'e']);
    await breakAt(store, 'd');
    assert.equal((await run(store, { fromStart: true })).resumedAfter, undefined);
    await breakAt(store, 'd');
    now += DAY_MS;
    assert.equal((await run(store)).resumedAfter, undefined);
    await breakAt(store, 'a');
    assert.deepEqual(await run(store), toResult({ seen: 5, unchanged: 5 }));
  });

  it('is another one for another place', async () => {
    const store = storeOf(['a', 'b', 'c', 'd', 'e']);
    await breakAt(store, 'd');
    const others = [{ bucket: 'other' }, { prefix: 'a' }, { idPrefix: 'in/' }, { store: 'other' }];
    for (const other of others) assert.equal((await run(store, other)).resumedAfter, undefined);
    assert.equal((await run(store)).resumedAfter, 'b');
  });

  it('begins anew where the store lists in no order', async () => {
    const store = storeOf(['b', 'a', 'd', 'c', 'e']);
    store.isUnordered = true;
    await breakAt(store, 'e');
    const result = await run(store);
    assert.deepEqual([result.resumedAfter, result.seen, result.isOrdered], [undefined, 5, false]);
  });

  it('fails when another scan of its place has ended meanwhile, and marks nothing', async () => {
    const store = storeOf(['a', 'b//', 'c', 'd//', 'e']);
    await run(store);
    const other = storeOf(['a', 'b//', 'c', 'd//', 'e']);
    other.before = async ({ key }) => {
      if (key === 'd//') await run(store, { fromStart: true });
    };
    await assert.rejects(run(other), { code: 'bad-input', message: /another scan .* want one at a time/ });
    assert.ok((await catalog.list({ limit: 10 })).every(({ vanishedAt }) => vanishedAt === undefined));
  });

  it('tells the truth when it ends, whatever was there before and wherever it broke', async () => {
    const key = fc.constantFrom(...KEYS);
    const objects = fc.uniqueArray(fc.tuple(key, fc.constantFrom('"1"', '"2"')), { selector: ([one]) => one });
    const steps = fc.array(fc.record({ objects, breaks: fc.array(key, { maxLength: 2 }) }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (history, batchSize) => {
        await Promise.all(
          (['objects', 'scans', 'scan_marks'] as const).map((table) => database.deleteFrom(table).execute()),
        );
        const everSeen = new Set<string>();
        for (const { objects: there, breaks } of history) {
          const store = new ListedStore(there.map(([one, etag]) => listed(one, { etag })));
          for (const broken of breaks) {
            // One that goes on behind the place where it would break ends well.
            store.before = async (object) => {
              if (object.key === broken) throw new Error('broken off');
            };
            await run(store, { batchSize }).catch(() => undefined);
            store.before = async () => undefined;
          }
          await run(store, { batchSize });
          for (const [one] of there) everSeen.add(one);
          const entries = await catalog.list({ limit: 100 });
          const told = new Map(entries.map((one) => [one.key, one.vanishedAt ? 'gone' : one.etag]));
          const expected = [...everSeen].map((one) => [one, new Map(there).get(one) ?? 'gone'] as const);
          assert.deepEqual(told, new Map(expected));
        }
      }),
      { numRuns: 60 },
    );
  });
});
