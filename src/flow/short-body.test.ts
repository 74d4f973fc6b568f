// A short range keeps the contract of a body as its source does, and its memory is held exactly as long as it is needed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Body, ByteRange, Chunk } from '../source/source.ts';
import { decoratedStore } from '../testing/decorated-store.test-double.ts';
import { ModelStore } from '../testing/model-store.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import { Budget } from './budget.ts';
import { openShort } from './short-body.ts';

const KIB = 1 << 10;

describeSourceContract('a short body', async () => {
  const store = new ModelStore();
  const budget = new Budget({ totalBytes: 1 << 30 });
  const whole = store.source;
  const open: typeof whole.open = (request) => {
    const direct = (range: ByteRange) => whole.open({ ...request, range });
    return openShort({ open: direct, range: request.range, budget }) ?? whole.open(request);
  };
  return decoratedStore(store, { ...whole, open });
});

function begin({ totalBytes = 1 << 20, end = 10 }: { readonly totalBytes?: number; readonly end?: number } = {}) {
  const source = new ScriptedSource();
  const budget = new Budget({ totalBytes });
  const controller = new AbortController();
  const open = (range: ByteRange): Body =>
    source.open({
      object: { bucket: '', key: 'object' },
      version: { size: 1 << 30, etag: '"v"' },
      range,
      signal: controller.signal,
    });
  return { source, budget, controller, body: openShort({ open, range: { start: 0, end }, budget }) };
}

describe('openShort()', () => {
  it('is for what fits into one slab', () => {
    assert.ok(begin({ end: 64 * KIB }).body);
    const { body, budget, source } = begin({ end: 64 * KIB + 1 });
    assert.deepEqual([body, budget.activeCount, source.bodies.length], [undefined, 0, 0]);
  });

  it('leaves it to others to wait for memory', () => {
    const { body, budget, source } = begin({ totalBytes: KIB });
    assert.deepEqual([body, budget.reservedBytes, budget.activeCount, source.bodies.length], [undefined, 0, 0, 0]);
  });

  it('holds memory until it is closed and nobody has any of its bytes', async () => {
    const { source, budget, body } = begin();
    const opened = await source.nextBody();
    opened.confirm();
    opened.give(patternBytes({ start: 0, end: 10 }));
    const chunk = (await body!.read()) as Chunk;
    assert.ok(budget.reservedBytes >= 10);
    body!.close();
    assert.ok(budget.reservedBytes >= 10, 'the chunk is still there');
    chunk.release();
    assert.deepEqual([budget.reservedBytes, budget.activeCount], [0, 0]);
    body!.close();
    assert.equal(budget.reservedBytes, 0, 'given back once');
  });

  it('gives it back at the end, and when the source fails, without a close', async () => {
    for (const isFailing of [false, true]) {
      const { source, budget, body } = begin();
      const opened = await source.nextBody();
      opened.confirm();
      if (isFailing) {
        opened.fail(new Error('gone'));
        await assert.rejects(body!.read());
      } else {
        opened.give(patternBytes({ start: 0, end: 10 }));
        (await body!.read())!.release();
        opened.end();
        assert.equal(await body!.read(), undefined);
      }
      assert.deepEqual([budget.reservedBytes, budget.activeCount], [0, 0]);
    }
  });

  it('holds nothing for a source that cannot even begin', () => {
    const budget = new Budget({ totalBytes: 1 << 20 });
    const open = () => {
      throw new RangeError('oops');
    };
    assert.throws(() => openShort({ open, range: { start: 0, end: 1 }, budget }), RangeError);
    assert.deepEqual([budget.reservedBytes, budget.activeCount], [0, 0]);
  });
});
