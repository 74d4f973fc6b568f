// Bundles keep the contract of a source; and what only they can do: go from one member to the next, and meet one that
// is no longer what it was.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { Body, ByteRange, Chunk } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import { createBundledStore, MemoryBundles } from './bundle-trial.test-double.ts';
import { createBundleSource } from './bundle-source.ts';
import { buildNaiveTar } from './naive-tar.test-double.ts';
import { pinBundle } from './pin.ts';

describeSourceContract('createBundleSource()', async () => createBundledStore());

const SIZES = [1000, 0, 600, 512];
const contentOf = (index: number) => patternBytes({ start: 0, end: SIZES[index]! }, index);

/** A bundle whose members the test plays. */
function begin(store = 'store') {
  const bundle = pinBundle(
    SIZES.map((size, index) => ({
      id: `m${index}`,
      store,
      bucket: 'b',
      key: `k${index}`,
      versionId: 'v',
      size,
      etag: `"e${index}"`,
      filename: `m${index}`,
    })),
  );
  const bundles = new MemoryBundles();
  bundles.kept.set(bundle.id, bundle);
  const members = new ScriptedSource();
  const source = createBundleSource({ bundles, sources: new Map([['store', members]]) });
  const whole = buildNaiveTar(bundle.members, contentOf);
  const open = (range: ByteRange = { start: 0, end: bundle.size }, hints = {}) => {
    const { signal } = new AbortController();
    return source.open({ object: { bucket: '', key: bundle.id }, version: bundle, range, signal, ...hints });
  };
  /** Plays the next member to its end. */
  const play = async () => {
    const body = await members.nextBody();
    const { object, range } = body.request;
    body.confirm();
    const bytes = contentOf(Number(object.key.slice(1))).subarray(range.start, range.end);
    body.give(bytes.subarray(0, 7));
    if (bytes.length > 7) body.give(bytes.subarray(7));
    body.end();
    return body;
  };
  return { bundle, bundles, members, source, whole, open, play };
}

async function readAll(body: Body): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let chunk: Chunk | undefined; (chunk = await body.read()); chunk.release()) parts.push(Buffer.from(chunk.bytes));
  return Buffer.concat(parts);
}

describe('a body of a bundle', () => {
  it('asks each member for its pinned version, one after the other, and an empty one for nothing', async () => {
    const { open, play, members, whole, bundle } = begin();
    const body = open(undefined, { slabBytes: 1 << 14, fresh: true });
    const all = readAll(body);
    const played = [await play(), await play(), await play()];
    assert.ok((await all).equals(whole));
    for (const [index, { request, isOver }] of played.entries()) {
      const { object, version, range, slabBytes, fresh } = request;
      const { key, versionId, bucket, size, etag } = bundle.members[[0, 2, 3][index]!]!;
      assert.deepEqual(object, { bucket, key, versionId });
      assert.deepEqual(
        [version, range],
        [
          { size, etag },
          { start: 0, end: size },
        ],
      );
      assert.deepEqual([slabBytes, fresh, isOver], [1 << 14, true, true]);
    }
    assert.deepEqual([body.receivedBytes, members.unreleasedChunks, members.bodies.length], [whole.length, 0, 3]);
  });

  it('has one member open at a time', async () => {
    const { open, play, members } = begin();
    const all = readAll(open());
    const first = await members.nextBody();
    first.confirm();
    first.give(contentOf(0).subarray(0, 999));
    await first.untilRead();
    assert.equal(members.bodies.length, 1);
    first.give(contentOf(0).subarray(999));
    const second = await play();
    assert.deepEqual([second.request.object.key, first.isOver], ['k2', true]);
    await play();
    await all;
  });

  it('opens when the first member of the range has, though bytes of ours come before it', async () => {
    const { open, members } = begin();
    const body = open({ start: 100, end: 600 });
    const first = await members.nextBody();
    let isRead = false;
    const read = body.read().then((chunk) => (isRead = chunk !== undefined));
    await new Promise(setImmediate);
    assert.equal(isRead, false, 'until then the status can still say that it failed');
    first.confirm();
    await body.opened;
    assert.equal(await read, true);
    assert.deepEqual([body.receivedBytes, first.request.range], [412, { start: 0, end: 88 }]);
    body.close();
    assert.equal(first.isOver, true);
  });

  it('asks no member for a range that holds none of them', async () => {
    const { open, members, whole } = begin();
    for (const range of [
      { start: 3, end: 512 },
      { start: 1512, end: 2560 },
      { start: whole.length - 1024, end: whole.length },
    ]) {
      assert.ok((await readAll(open(range))).equals(whole.subarray(range.start, range.end)));
    }
    assert.equal(members.bodies.length, 0);
  });

  it('lets go of a member that has not answered', async () => {
    const { open, members } = begin();
    const body = open();
    const read = body.read();
    const first = await members.nextBody();
    body.close();
    assert.equal(first.isOver, true);
    await assert.rejects(read, { code: 'closed' });
    await assert.rejects(body.opened, { code: 'closed' });
  });

  it('does not make all headers of ten thousand empty members before it opens', async () => {
    const objects = Array.from({ length: 10_000 }, (_, index) => {
      return { id: `${index}`, store: 's', bucket: '', key: 'k', size: 0, etag: '"e"', filename: `${index}` };
    });
    const bundle = pinBundle(objects);
    const bundles = new MemoryBundles();
    bundles.kept.set(bundle.id, bundle);
    const source = createBundleSource({ bundles, sources: new Map() });
    const { signal } = new AbortController();
    const request = { object: { bucket: '', key: bundle.id }, version: bundle, signal };
    const body = source.open({ ...request, range: { start: 0, end: bundle.size } });
    const chunk = await body.read();
    assert.ok(chunk && chunk.bytes.length <= 17 << 10);
    body.close();
  });

  for (const [code, becomes] of [
    ['changed', 'changed'],
    ['not-found', 'changed'],
    ['origin-denied', 'origin-denied'],
  ] as const) {
    it(`fails with ${becomes} when a later member does with ${code}, and gives nothing more`, async () => {
      const { open, play, members, whole } = begin();
      const body = open();
      const parts: Buffer[] = [];
      const failed = (async () => {
        for (let chunk; (chunk = await body.read()); chunk.release()) parts.push(Buffer.from(chunk.bytes));
      })();
      await play();
      (await members.nextBody()).fail(new SluiceError(code, 'on purpose'));
      await assert.rejects(failed, { code: becomes });
      await assert.rejects(body.read(), { code: becomes });
      const given = Buffer.concat(parts);
      assert.ok(given.equals(whole.subarray(0, given.length)) && given.length < whole.length);
      assert.equal(members.bodies.length, 2);
    });
  }

  it('does not open with a first member that has gone, nor call the bundle gone for it', async () => {
    const { open, members } = begin();
    const body = open();
    (await members.nextBody()).fail(new SluiceError('not-found', 'no such key'));
    await assert.rejects(body.opened, { code: 'changed' });
  });

  it('never passes a member on that is too short', async () => {
    const { open, members } = begin();
    const failed = readAll(open());
    const first = await members.nextBody();
    first.confirm();
    first.give(contentOf(0).subarray(0, 999));
    first.end();
    await assert.rejects(failed, /with 1 bytes missing/);
  });

  it('says how often its members were asked again', async () => {
    const { open, play, members } = begin();
    const body = open();
    const all = readAll(body);
    for (let count = 0; count < 3; count += 1) Object.assign(await play(), { resumedCount: 2 });
    await all;
    assert.deepEqual([body.resumedCount, members.bodies.length], [6, 3]);
  });

  it('fails when the store of a member is not configured, and for a version that is not the bundle’s', async () => {
    const { open } = begin('gone');
    await assert.rejects(open().opened, { code: 'bad-config' });
    const { source, bundle } = begin();
    const request = {
      object: { bucket: '', key: bundle.id },
      range: { start: 0, end: 1 },
      signal: new AbortController().signal,
    };
    for (const version of [
      { size: bundle.size, etag: '"other"' },
      { size: bundle.size - 1, etag: bundle.etag },
    ]) {
      await assert.rejects(source.open({ ...request, version }).opened, { code: 'changed' });
    }
  });

  it('is of the empty bucket, and has no versions', async () => {
    const { source, bundle } = begin();
    const { signal } = new AbortController();
    const stat = { size: bundle.size, etag: bundle.etag, mediaType: 'application/x-tar' };
    assert.deepEqual(await source.stat({ bucket: '', key: bundle.id }, { signal }), stat);
    for (const object of [
      { bucket: 'b', key: bundle.id },
      { bucket: '', key: bundle.id, versionId: 'v' },
    ]) {
      await assert.rejects(source.stat(object, { signal }), { code: 'not-found' });
    }
    assert.deepEqual(await Array.fromAsync(source.list({ bucket: 'b', prefix: '', signal })), []);
  });
});
