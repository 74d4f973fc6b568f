import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { cacheCatalog } from './cached-catalog.ts';

const entry = (id: string, size = 1): CatalogEntry => ({
  id,
  store: 'archive',
  bucket: 'library',
  key: id,
  size,
  etag: '"abc"',
  filename: id,
  mediaType: 'text/plain',
  digests: {},
});

/** A catalog whose look-ups are answered when the test says so. */
class HeldCatalog implements Catalog {
  readonly asked: string[] = [];
  readonly entries = new Map<string, CatalogEntry>();
  hold: Promise<void> = Promise.resolve();
  failure: Error | undefined;
  closed = false;

  async find(id: string): Promise<CatalogEntry | undefined> {
    this.asked.push(id);
    const found = this.entries.get(id);
    await this.hold;
    if (this.failure) throw this.failure;
    return found;
  }
  async list(): Promise<readonly CatalogEntry[]> {
    return [...this.entries.values()];
  }
  put(one: CatalogEntry): Promise<void> {
    return this.putMany([one]);
  }
  async putMany(entries: readonly CatalogEntry[]): Promise<void> {
    for (const one of entries) this.entries.set(one.id, one);
  }
  async remove(id: string): Promise<boolean> {
    return this.entries.delete(id);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

describe('a cached catalog', () => {
  let inner: HeldCatalog;
  let cached: Catalog;
  let now: number;
  beforeEach(() => {
    inner = new HeldCatalog();
    // Some clocks begin at nought, and nought must not pass for "never".
    now = 1;
    cached = cacheCatalog(inner, { now: () => now, maxEntries: 3, maxMisses: 2 });
  });

  it('asks once for an id, and gives the same promise for each hit', async () => {
    inner.entries.set('a', entry('a'));
    assert.deepEqual(await cached.find('a'), entry('a'));
    assert.equal(cached.find('a'), cached.find('a'));
    assert.deepEqual(inner.asked, ['a']);
  });

  it('sees a change of another process once the answer is a second old', async () => {
    inner.entries.set('a', entry('a', 1));
    await cached.find('a');
    inner.entries.set('a', entry('a', 2));
    now += 999;
    assert.equal((await cached.find('a'))?.size, 1);
    now += 2;
    assert.equal((await cached.find('a'))?.size, 2);
  });

  it('counts the age of an answer from the question', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    inner.hold = promise;
    inner.entries.set('a', entry('a', 1));
    const slow = cached.find('a');
    inner.entries.set('a', entry('a', 2));
    now += 1_001;
    resolve();
    assert.equal((await slow)?.size, 1);
    assert.equal((await cached.find('a'))?.size, 2);
  });

  it('remembers that there is no such id', async () => {
    assert.equal(await cached.find('a'), undefined);
    assert.equal(await cached.find('a'), undefined);
    assert.deepEqual(inner.asked, ['a']);
  });

  it('bounds both memories, and misses displace no entry', async () => {
    for (const id of ['a', 'b', 'c']) {
      inner.entries.set(id, entry(id));
      await cached.find(id);
    }
    for (const id of ['x', 'y', 'z', 'x']) await cached.find(id);
    await Promise.all(['a', 'b', 'c'].map((id) => cached.find(id)));
    assert.deepEqual(inner.asked, ['a', 'b', 'c', 'x', 'y', 'z', 'x']);
    inner.entries.set('d', entry('d'));
    await cached.find('d');
    await cached.find('a');
    assert.deepEqual(inner.asked.slice(7), ['d', 'a']);
  });

  it('shares one look-up between those who ask at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    inner.hold = promise;
    inner.entries.set('a', entry('a'));
    const both = [cached.find('a'), cached.find('a')];
    resolve();
    assert.deepEqual(await Promise.all(both), [entry('a'), entry('a')]);
    assert.deepEqual(inner.asked, ['a']);
  });

  it('rejects for all who asked at once, and remembers no rejection', async () => {
    inner.failure = new Error('disk');
    const answers = await Promise.allSettled([cached.find('a'), cached.find('a')]);
    assert.deepEqual(
      answers.map((answer) => answer.status),
      ['rejected', 'rejected'],
    );
    inner.failure = undefined;
    inner.entries.set('a', entry('a'));
    assert.deepEqual(await cached.find('a'), entry('a'));
  });

  it('sees its own changes at once, also those made while a look-up is on its way', async () => {
    await cached.find('a');
    await cached.put(entry('a', 1));
    assert.equal((await cached.find('a'))?.size, 1);

    const { promise, resolve } = Promise.withResolvers<void>();
    inner.hold = promise;
    await cached.put(entry('b', 1));
    const old = cached.find('b');
    await cached.put(entry('b', 2));
    resolve();
    assert.equal((await old)?.size, 1);
    assert.equal((await cached.find('b'))?.size, 2);

    assert.equal(await cached.remove('b'), true);
    assert.equal(await cached.find('b'), undefined);
  });

  it('neither asks for nor remembers a text that is no id', async () => {
    assert.equal(await cached.find('../a'), undefined);
    assert.deepEqual(inner.asked, []);
  });

  it('lists what the catalog lists, and closes it', async () => {
    await cached.put(entry('a'));
    assert.deepEqual(await cached.list({ limit: 5 }), [entry('a')]);
    await cached.close();
    assert.equal(inner.closed, true);
  });
});
