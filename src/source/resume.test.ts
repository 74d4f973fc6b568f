// A resumed source keeps the contract: over memory, over a store that can do all that the suite asks for, and over one
// whose origin refuses, resets, stalls and truncates at every turn, which the suite must not notice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../errors.ts';
import { ModelStore } from '../testing/model-store.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedBody } from '../testing/scripted-body.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import type { SourceHarness } from '../testing/source-harness.ts';
import { createMemorySource } from './memory.ts';
import { resumed } from './resume.ts';
import type { ObjectName, OpenRequest } from './source.ts';

/** So short that the suite's own patience outlasts them. */
const QUICK = { breakMs: 1, refusalMs: 1, maxMs: 1 };

function createMemoryHarness(): SourceHarness {
  const memory = createMemorySource();
  let count = 0;
  return {
    source: resumed(memory),
    async put({ size }) {
      const object = { bucket: 'bucket', key: `object-${(count += 1)}.` };
      const { etag } = memory.put(object, patternBytes({ start: 0, end: size }));
      return { object, version: { size, etag }, bytes: (range) => patternBytes(range) };
    },
    async replace(object) {
      const { size } = await memory.stat(object, { signal: new AbortController().signal });
      memory.put(object, patternBytes({ start: 0, end: size }, 1));
    },
    async remove(object) {
      memory.remove(object);
    },
    takenSlabs: () => 0,
    async tearDown() {},
  };
}

describeSourceContract('resumed(memory)', async () => createMemoryHarness(), {
  lacks: ['heldByOrigin', 'heldNow', 'sentByOrigin', 'hold', 'silence', 'cut', 'answerAnotherRange'],
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

function harnessOver(store: ModelStore, attempts: number): SourceHarness {
  return {
    source: resumed(store.source, { policy: { ...QUICK, attempts } }),
    put: (options) => store.put(options),
    replace: (object) => store.replace(object),
    remove: (object) => store.remove(object),
    takenSlabs: () => store.takenSlabs(),
    sentByOrigin: () => store.sentByOrigin(),
    hold: () => store.hold(),
    silence: (object) => store.silence(object),
    cut: (object) => store.cut(object),
    answerAnotherRange: (object) => store.answerAnotherRange(object),
    tearDown: () => store.tearDown(),
  };
}

describeSourceContract('resumed(a store)', async () => {
  const store = new StubbornStore();
  const held = () => store.heldNow();
  return { ...harnessOver(store, 2), heldByOrigin: held, heldNow: held };
});

/** Lehmer's generator with Park and Miller's multiplier (CACM 31:10): from 0 to below 1, the same in every run. */
let state = 1;
function draw(): number {
  state = (state * 16_807) % 2_147_483_647;
  return state / 2_147_483_647;
}

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

// Between two of its bodies the origin holds nothing, so what it holds at a moment is no measure here.
describeSourceContract('resumed(a flaky store)', async () => harnessOver(new FlakyStore(), 20), {
  lacks: ['heldByOrigin', 'heldNow'],
});

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
