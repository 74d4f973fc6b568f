import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { Catalog, FoundEntry } from './catalog.ts';
import { cacheCatalog } from './cached-catalog.ts';
import { HeldCatalog } from './held-catalog.test-double.ts';

const found = (id: string, size = 1): FoundEntry => ({
  id,
  collection: 'default',
  store: 'archive',
  bucket: 'library',
  key: id,
  size,
  etag: '"abc"',
  filename: id,
  mediaType: 'text/plain',
  digests: {},
  isPublic: true,
});

describe('a cached catalog', () => {
  let inner: HeldCatalog;
  let cached: Catalog;
  let now: number;
  beforeEach(() => {
    inner = new HeldCatalog();
    // Some clocks begin at nought, and nought must not pass for "never".
    now = 1;
    cached = cacheCatalog(inner, { now: () => now, staleMs: 60_000, maxEntries: 3, maxMisses: 2 });
  });

  it('asks once for an id, and gives the same promise for each hit', async () => {
    inner.entries.set('a', found('a'));
    assert.deepEqual(await cached.find('a'), found('a'));
    assert.equal(cached.find('a'), cached.find('a'));
    assert.deepEqual(inner.asked, ['a']);
  });

  it('sees a change of another process once the answer is a second old', async () => {
    inner.entries.set('a', found('a', 1));
    await cached.find('a');
    inner.entries.set('a', found('a', 2));
    now += 999;
    assert.equal((await cached.find('a'))?.size, 1);
    now += 2;
    assert.equal((await cached.find('a'))?.size, 2);
  });

  it('counts the age of an answer from the question', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    inner.hold = promise;
    inner.entries.set('a', found('a', 1));
    const slow = cached.find('a');
    inner.entries.set('a', found('a', 2));
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
      inner.entries.set(id, found(id));
      await cached.find(id);
    }
    for (const id of ['x', 'y', 'z', 'x']) await cached.find(id);
    await Promise.all(['a', 'b', 'c'].map((id) => cached.find(id)));
    assert.deepEqual(inner.asked, ['a', 'b', 'c', 'x', 'y', 'z', 'x']);
    inner.entries.set('d', found('d'));
    await cached.find('d');
    await cached.find('a');
    assert.deepEqual(inner.asked.slice(7), ['d', 'a']);
  });

  it('shares one look-up between those who ask at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    inner.hold = promise;
    inner.entries.set('a', found('a'));
    const both = [cached.find('a'), cached.find('a')];
    resolve();
    assert.deepEqual(await Promise.all(both), [found('a'), found('a')]);
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
    inner.entries.set('a', found('a'));
    assert.deepEqual(await cached.find('a'), found('a'));
  });

  it('sees its own changes at once, also those made while a look-up is on its way', async () => {
    await cached.find('a');
    await cached.put(found('a', 1));
    assert.equal((await cached.find('a'))?.size, 1);

    const { promise, resolve } = Promise.withResolvers<void>();
    inner.hold = promise;
    await cached.put(found('b', 1));
    const old = cached.find('b');
    await cached.put(found('b', 2));
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
    await cached.put(found('a'));
    assert.deepEqual(await cached.list({ limit: 5 }), [found('a')]);
    await cached.close();
    assert.equal(inner.closed, true);
  });

  it('forgets what a collection was when another is said of it', async () => {
    inner.entries.set('a', found('a'));
    assert.equal((await cached.find('a'))?.isPublic, true);
    await cached.putCollection({ id: 'default', title: 'All', isPublic: false });
    assert.equal((await cached.find('a'))?.isPublic, false);
    assert.equal(await cached.removeCollection('other'), false);
    await cached.find('a');
    assert.deepEqual(inner.asked, ['a', 'a', 'a']);
    assert.equal((await cached.collections()).length, 1);
  });
});

describe('a cached catalog whose catalog is away', () => {
  const away = new SluiceError('unavailable', 'the database is away', { retryable: true });
  let inner: HeldCatalog;
  let cached: Catalog;
  let now: number;
  beforeEach(async () => {
    inner = new HeldCatalog();
    now = 1;
    cached = cacheCatalog(inner, { now: () => now, staleMs: 60_000, maxEntries: 3 });
    for (const id of ['a', 'b']) inner.entries.set(id, found(id));
    for (const id of ['a', 'b', 'none']) await cached.find(id);
    inner.asked.length = 0;
    now += 2_000;
  });

  for (const failure of [away, new SluiceError('overloaded', 'locked', { retryable: true })]) {
    it(`gives what it knows: ${failure.code}`, async () => {
      inner.failure = failure;
      assert.deepEqual(await cached.find('a'), found('a'));
    });
  }

  it('rejects for what it does not know, and for what it knew not to be there', async () => {
    inner.failure = away;
    for (const id of ['other', 'none']) await assert.rejects(cached.find(id), away);
  });

  it('rejects for any other failure', async () => {
    for (const failure of [
      new Error('bug'),
      new SluiceError('overloaded', 'full'),
      new SluiceError('bad-input', 'x'),
    ]) {
      inner.failure = failure;
      await assert.rejects(cached.find('a'), failure);
    }
  });

  it('asks for one id a second, and makes the others wait for nothing', async () => {
    inner.failure = away;
    await cached.find('a');
    const { promise, resolve } = Promise.withResolvers<void>();
    inner.hold = promise;
    await Promise.all([cached.find('a'), cached.find('b')]);
    assert.deepEqual(inner.asked, ['a']);
    now += 1_000;
    const asking = cached.find('a');
    assert.deepEqual(await cached.find('b'), found('b'));
    assert.deepEqual(inner.asked, ['a', 'a']);
    resolve();
    assert.deepEqual(await asking, found('a'));
  });

  it('answers all who wait for one look-up with what it knows', async () => {
    inner.failure = away;
    assert.deepEqual(await Promise.all([cached.find('a'), cached.find('a')]), [found('a'), found('a')]);
    assert.deepEqual(inner.asked, ['a']);
  });

  it('stops when what it knows is too old', async () => {
    inner.failure = away;
    now = 60_001;
    assert.deepEqual(await cached.find('a'), found('a'));
    now += 1;
    await assert.rejects(cached.find('a'), away);
  });

  it('sees the truth as soon as the catalog is back', async () => {
    inner.failure = away;
    await cached.find('a');
    inner.failure = undefined;
    inner.entries.delete('a');
    inner.entries.set('b', found('b', 2));
    now += 1_000;
    assert.equal(await cached.find('a'), undefined);
    assert.equal((await cached.find('b'))?.size, 2);
    inner.failure = away;
    now += 2_000;
    await assert.rejects(cached.find('a'), away);
  });

  it('does not give an entry that was removed here', async () => {
    await cached.remove('a');
    inner.failure = away;
    await assert.rejects(cached.find('a'), away);
  });
});
