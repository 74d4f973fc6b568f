// A resumed source keeps the contract: over memory, over a store that can do all that the suite asks for, and over one
// whose origin refuses, resets, stalls and truncates at every turn, which the suite must not notice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../errors.ts';
import { drawFrom } from '../random.test-double.ts';
import { decoratedStore } from '../testing/decorated-store.test-double.ts';
import { ModelStore } from '../testing/model-store.ts';
import { ScriptedBody } from '../testing/scripted-body.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import { MEMORY_LACKS, createMemoryHarness } from './memory-harness.test-double.ts';
import { resumed } from './resume.ts';
import type { ObjectName, OpenRequest, Source } from './source.ts';

/** So short that the suite's own patience outlasts them. */
const QUICK = { breakMs: 1, refusalMs: 1, maxMs: 1 };

describeSourceContract('resumed(memory)', async () => createMemoryHarness((source) => resumed(source)), {
  lacks: MEMORY_LACKS,
});

/** Whose next body of an object is cut in the middle, and every later one before its first byte. */
class StubbornStore extends ModelStore {
  readonly #cut = new Set<string>();
  readonly #toCut = new Set<string>();

  override cut({ key }: ObjectName): void {
    this.#toCut.add(key);
  }

  protected override answer(body: ScriptedBody): void {
    const { object } = body.request;
    if (this.#cut.has(object.key)) return this.endedEarly(body);
    if (this.#toCut.delete(object.key)) {
      this.#cut.add(object.key);
      super.cut(object);
    }
    super.answer(body);
  }
}

function resumedOver(store: ModelStore, attempts: number): Source {
  return resumed(store.source, { policy: { ...QUICK, attempts } });
}

describeSourceContract('resumed(a store)', async () => {
  const store = new StubbornStore();
  return decoratedStore(store, resumedOver(store, 2));
});

const draw = drawFrom(1);

const BREAKS = ['truncated', 'stalled', 'origin-unreachable', 'origin-failed'] as const;

/** Gives some of its bytes, breaks off, and gives nothing any more. */
class BreakingBody extends ScriptedBody {
  hasBroken = false;

  override give(bytes: Uint8Array): void {
    if (draw() < 0.7) return super.give(bytes);
    const partBytes = Math.floor(draw() * bytes.length);
    if (partBytes > 0) super.give(bytes.subarray(0, partBytes));
    this.hasBroken = true;
    const code = BREAKS[Math.floor(draw() * BREAKS.length)]!;
    this.fail(new SluiceError(code, 'the origin broke off', { retryable: true }));
  }
}

/** Refuses a fifth of what it is asked and breaks off nearly a third of the chunks. */
class FlakyStore extends StubbornStore {
  readonly #calm = new Set<string>();

  override silence(object: ObjectName): void {
    this.#calm.add(object.key);
    super.silence(object);
  }

  override cut(object: ObjectName): void {
    this.#calm.add(object.key);
    super.cut(object);
  }

  protected override createBody(request: OpenRequest): ScriptedBody {
    return this.#calm.has(request.object.key) ? super.createBody(request) : new BreakingBody(request, this.memory);
  }

  protected override answer(body: ScriptedBody): void {
    if (body instanceof BreakingBody && draw() < 0.2) {
      body.fail(new SluiceError('origin-busy', 'slow down', { retryable: true }));
    } else super.answer(body);
  }

  protected override mayReceive(body: ScriptedBody): boolean {
    return super.mayReceive(body) && !(body instanceof BreakingBody && body.hasBroken);
  }
}

/** Between two of its bodies the origin holds nothing, so what it holds at a moment is no measure here. */
const FLAKY_LACKS = ['heldByOrigin', 'heldNow'] as const;

describeSourceContract(
  'resumed(a flaky store)',
  async () => {
    const store = new FlakyStore();
    return decoratedStore(store, resumedOver(store, 20), FLAKY_LACKS);
  },
  { lacks: FLAKY_LACKS },
);

test('stat(), list() and close() are those of the source below', async () => {
  const below = new ScriptedSource();
  const { signal } = new AbortController();
  const object = { bucket: 'b', key: 'k' };
  const stat = { size: 10, etag: '"e"', partBytes: 5 };
  below.know(object, stat);
  const source = resumed(below);
  assert.deepEqual(await source.stat(object, { signal }), stat);
  assert.deepEqual(await Array.fromAsync(source.list({ bucket: 'b', prefix: '', signal })), [{ ...stat, key: 'k' }]);
  source.close();
  assert.ok(below.isClosed);
});
