// A paced body keeps the contract of a body, whether its pace answers at once or later, and what only it can do: slices
// of the size that the pace says, and a close that does not wait for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import { createMemorySource } from '../source/memory.ts';
import { MEMORY_LACKS, createMemoryHarness } from '../source/memory-harness.test-double.ts';
import type { OpenRequest, Source } from '../source/source.ts';
import { decoratedStore } from '../testing/decorated-store.test-double.ts';
import { ModelStore } from '../testing/model-store.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import { Client } from './client.ts';
import { flow } from './flow.ts';
import { GUARDED, HttpTrial, countListeners } from './http-trial.test-double.ts';
import type { Pace } from './pace.ts';
import { paced } from './paced-body.ts';

const SLICE_BYTES = 60_000;

const AT_ONCE: Pace = { take: (bytes) => Math.min(bytes, SLICE_BYTES) };

/** Deaf to its signal, so that a close has to do without. */
const LATER: Pace = {
  async take(bytes) {
    await new Promise(setImmediate);
    return Math.min(bytes, SLICE_BYTES);
  },
};

function over(source: Source, pace: Pace): Source {
  const open = (request: OpenRequest) => paced(source.open(request), pace, request.signal);
  return { ...source, open };
}

describeSourceContract('a paced body over memory', async () => createMemoryHarness((source) => over(source, AT_ONCE)), {
  lacks: MEMORY_LACKS,
});

describeSourceContract('a paced body over a store', async () => {
  const store = new ModelStore();
  return decoratedStore(store, over(store.source, LATER));
});

/** A paced body of twenty bytes whose pace is played by the test. */
function begin({ pace }: { readonly pace?: Pace } = {}) {
  const controller = new AbortController();
  const { signal } = controller;
  const source = new ScriptedSource();
  const scripted = source.open({
    object: { bucket: '', key: 'object' },
    version: { size: 20, etag: '"v"' },
    range: { start: 0, end: 20 },
    signal,
  });
  const asked: {
    readonly bytes: number;
    readonly signal: AbortSignal;
    readonly answer: PromiseWithResolvers<number>;
  }[] = [];
  const played: Pace = {
    take(bytes, options) {
      const answer = Promise.withResolvers<number>();
      asked.push({ bytes, signal: options.signal, answer });
      return answer.promise;
    },
  };
  const body = paced(scripted, pace ?? played, signal);
  scripted.confirm();
  const bytes = patternBytes({ start: 0, end: 20 });
  const assertNothingLeft = () => {
    assert.equal(source.unreleasedChunks, 0);
    assert.equal(scripted.isOver, true);
    assert.deepEqual(countListeners(signal), { abort: 0 });
  };
  return { body, scripted, source, asked, controller, bytes, assertNothingLeft };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('paced()', GUARDED, () => {
  it('asks when the bytes are here and wanted, and hands on what it was told', async () => {
    const { body, scripted, source, asked, bytes, assertNothingLeft } = begin();
    const first = body.read();
    await scripted.untilRead();
    assert.equal(asked.length, 0, 'who waits for the origin takes nothing');
    scripted.give(bytes);
    scripted.end();
    await turn();
    asked[0]!.answer.resolve(5);
    const slice = await first;
    assert.deepEqual(Buffer.from(slice!.bytes), Buffer.from(bytes.subarray(0, 5)));
    await turn();
    assert.equal(asked.length, 1, 'who waits for the client takes nothing');
    const second = body.read();
    asked[1]!.answer.resolve(15);
    const rest = await second;
    assert.deepEqual([asked.map((one) => one.bytes), rest!.bytes.length], [[20, 15], 15]);
    rest!.release();
    assert.equal(source.unreleasedChunks, 1, 'the first slice is still out');
    slice!.release();
    assert.equal(await body.read(), undefined);
    assertNothingLeft();
  });

  it('gives every byte once, whatever the pace and the chunks are, and each chunk back after its last slice', async () => {
    const sizes = fc.array(fc.nat(9), { maxLength: 8 });
    const steps = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, steps, fc.boolean(), async (chunks, allowed, late) => {
        let count = 0;
        const next = (bytes: number) => Math.min(bytes, allowed[(count += 1) % allowed.length]!);
        const take = (bytes: number) => (late ? Promise.resolve(next(bytes)) : next(bytes));
        const { body, scripted, source } = begin({ pace: { take } });
        const whole = patternBytes({ start: 0, end: 100 });
        let given = 0;
        for (const size of chunks) scripted.give(whole.subarray(given, (given += size)));
        scripted.end();
        const got: Buffer[] = [];
        for (let chunk = await body.read(); chunk; chunk = await body.read()) {
          got.push(Buffer.from(chunk.bytes));
          chunk.release();
        }
        assert.deepEqual(Buffer.concat(got), Buffer.from(whole.subarray(0, given)));
        assert.equal(source.unreleasedChunks, 0);
      }),
    );
  });

  for (const how of ['closed', 'aborted'] as const)
    it(`lets go at once when it is ${how} while the pace is waited for, of a slice that is out and of the rest`, async () => {
      const { body, scripted, source, asked, controller, bytes, assertNothingLeft } = begin();
      scripted.give(bytes);
      const first = body.read();
      await turn();
      asked[0]!.answer.resolve(5);
      const slice = await first;
      const read = body.read();
      await turn();
      if (how === 'closed') body.close();
      else controller.abort();
      assert.deepEqual([scripted.isOver, asked[1]!.signal.aborted], [true, true], 'in the same turn');
      await assert.rejects(read, { code: 'closed' });
      asked[1]!.answer.resolve(5);
      await assert.rejects(body.read(), { code: 'closed' });
      assert.equal(source.unreleasedChunks, 1);
      slice!.release();
      assertNothingLeft();
    });

  it('gives nothing when the pace has answered and the close comes before the reader knows', async () => {
    const { body, scripted, asked, bytes, assertNothingLeft } = begin();
    scripted.give(bytes);
    const read = body.read();
    await turn();
    asked[0]!.answer.resolve(5);
    body.close();
    await assert.rejects(read, { code: 'closed' });
    assertNothingLeft();
  });

  it('fails as the pace does, and stays failed', async () => {
    const { body, scripted, asked, bytes, assertNothingLeft } = begin();
    scripted.give(bytes);
    const read = body.read();
    await turn();
    const failure = new SluiceError('limited', 'no more today');
    asked[0]!.answer.reject(failure);
    await assert.rejects(read, failure);
    body.close();
    await assert.rejects(body.read(), failure);
    assertNothingLeft();
  });

  it('says what the body under it says of itself', () => {
    const { signal } = new AbortController();
    const plain = createMemorySource();
    const under = {
      opened: Promise.resolve(),
      receivedBytes: 7,
      read: async () => undefined,
      close: () => plain.close(),
    };
    const without = paced(under, AT_ONCE, signal);
    assert.deepEqual([without.receivedBytes, without.resumedCount, without.ownBytes], [7, 0, 0]);
    const full = paced({ ...under, resumedCount: 2, ownBytes: 3 }, AT_ONCE, signal);
    assert.deepEqual([full.receivedBytes, full.resumedCount, full.ownBytes], [7, 2, 3]);
    without.close();
    full.close();
  });

  it('at its limit is a transfer that was cut short', async (t) => {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    peer.ask();
    const { request, response } = await trial.nextRequest();
    const client = new Client(request, response, { stallTimeoutMs: 600_000 });
    let left = 15;
    const take = (wanted: number) => {
      const taken = Math.min(wanted, left);
      left -= taken;
      if (taken === 0) throw new SluiceError('limited', 'no more today');
      return taken;
    };
    const { body, scripted, bytes, assertNothingLeft } = begin({ pace: { take } });
    scripted.give(bytes);
    client.head(200, { 'content-length': '20' });
    const { outcome, deliveredBytes, error } = await flow(body, client);
    assert.deepEqual([outcome, deliveredBytes, error?.code], ['cut-short', 15, 'limited']);
    assertNothingLeft();
  });
});
