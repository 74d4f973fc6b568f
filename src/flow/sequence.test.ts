// A sequence keeps the contract of a body as far as its parts do, and what only a sequence can do: bytes of our own.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { Body, ByteRange, Chunk, OpenRequest } from '../source/source.ts';
import { decoratedStore } from '../testing/decorated-store.test-double.ts';
import { ModelStore } from '../testing/model-store.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import type { SourceHarness } from '../testing/source-harness.ts';
import { GUARDED, countListeners } from './http-trial.test-double.ts';
import { Sequence } from './sequence.ts';

/** The model store, with every range that is asked for made of two bodies, one after the other. */
function createSplitStore(): SourceHarness {
  const store = new ModelStore();
  const whole = store.source;
  const open = (request: OpenRequest): Body => {
    const { start, end } = request.range;
    const middle = start + Math.ceil((end - start) / 2);
    const part = (range: ByteRange) => () => whole.open({ ...request, range });
    return new Sequence([part({ start, end: middle }), part({ start: middle, end })], request.signal);
  };
  return decoratedStore(store, { ...whole, open });
}

describeSourceContract('a sequence of two bodies', async () => createSplitStore());

/** A sequence of two scripted bodies with a head before each and a closing after them. */
function begin() {
  const controller = new AbortController();
  const { signal } = controller;
  const source = new ScriptedSource();
  const open = (start: number, end: number) => () =>
    source.open({
      object: { bucket: '', key: 'object' },
      version: { size: 20, etag: '"v"' },
      range: { start, end },
      signal,
    });
  const own = ['[one]', '[two]', '[end]'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const sequence = new Sequence([own[0], open(0, 10), own[1], open(10, 20), own[2]], signal);
  return { source, sequence, controller };
}

async function readAll(body: Body): Promise<string> {
  const parts: Buffer[] = [];
  for (let chunk: Chunk | undefined; (chunk = await body.read()); chunk.release()) parts.push(Buffer.from(chunk.bytes));
  return Buffer.concat(parts).toString('latin1');
}

describe('Sequence', GUARDED, () => {
  it('gives our bytes and those of the bodies in order, and tells them apart', async () => {
    const { source, sequence } = begin();
    const all = readAll(sequence);
    const bytes = patternBytes({ start: 0, end: 20 });
    for (const part of [bytes.subarray(0, 10), bytes.subarray(10)]) {
      const body = await source.nextBody();
      body.confirm();
      body.give(part.subarray(0, 3));
      body.give(part.subarray(3));
      body.end();
    }
    const text = bytes.toString('latin1');
    assert.equal(await all, `[one]${text.slice(0, 10)}[two]${text.slice(10)}[end]`);
    assert.deepEqual([sequence.ownBytes, sequence.receivedBytes, source.unreleasedChunks], [15, 20, 0]);
    assert.equal(await sequence.read(), undefined);
  });

  it('asks for the first body at once, and gives nothing before it has opened', async () => {
    const { source, sequence } = begin();
    assert.equal(source.bodies.length, 1);
    let isRead = false;
    const read = sequence.read().then((chunk) => (isRead = chunk !== undefined));
    await new Promise(setImmediate);
    assert.equal(isRead, false, 'until then the status can still say that it failed');
    source.bodies[0]!.confirm();
    await sequence.opened;
    assert.equal(await read, true);
    sequence.close();
  });

  it('has one body open at a time', async () => {
    const { source, sequence } = begin();
    const all = readAll(sequence);
    const first = await source.nextBody();
    first.confirm();
    await first.untilRead();
    assert.equal(source.bodies.length, 1);
    first.give(patternBytes({ start: 0, end: 10 }));
    first.end();
    const second = await source.nextBody();
    assert.equal(first.isOver, true);
    second.confirm();
    second.end();
    await all;
  });

  it('fails as its second body fails, and stays failed', async () => {
    const { source, sequence } = begin();
    const all = readAll(sequence);
    const first = await source.nextBody();
    first.confirm();
    first.end();
    const failure = new SluiceError('changed', 'another version');
    (await source.nextBody()).fail(failure);
    await assert.rejects(all, failure);
    await assert.rejects(sequence.read(), failure);
    assert.equal(source.bodies.length, 2);
  });

  for (const how of ['closed', 'aborted'] as const)
    it(`opens nothing more once it is ${how}`, async () => {
      const { source, sequence, controller } = begin();
      const first = await source.nextBody();
      first.confirm();
      first.end();
      (await sequence.read())?.release();
      assert.equal(first.isOver, false, 'its end is read with the next of ours');
      (await sequence.read())?.release();
      assert.equal(first.isOver, true, 'it is between the two');
      if (how === 'closed') sequence.close();
      else controller.abort();
      await assert.rejects(sequence.read(), { code: 'closed' });
      assert.equal(source.bodies.length, 1);
    });

  it('of our bytes alone, or of nothing, is open from the beginning', async () => {
    const { signal } = new AbortController();
    const own = new Sequence([Buffer.from('a'), Buffer.from('b')], signal);
    await own.opened;
    assert.equal(await readAll(own), 'ab');
    assert.deepEqual([own.ownBytes, own.receivedBytes], [2, 0]);
    const nothing = new Sequence([], signal);
    await nothing.opened;
    assert.equal(await nothing.read(), undefined);
    nothing.close();
    await assert.rejects(nothing.read(), { code: 'closed' });
  });

  it('leaves the list it was made from alone', async () => {
    const { signal } = new AbortController();
    const segments = [Buffer.from('a'), Buffer.from('b')];
    const sequence = new Sequence(segments, signal);
    await readAll(sequence);
    sequence.close();
    assert.equal(segments.length, 2);
    assert.deepEqual(countListeners(signal), { abort: 0 });
  });
});
