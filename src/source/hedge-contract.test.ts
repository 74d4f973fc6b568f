// A hedged source keeps the contract: with nothing that is slow, and with a second attempt under way all the time.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { Clock } from '../clock.ts';
import { decoratedStore } from '../testing/decorated-store.test-double.ts';
import { ModelStore } from '../testing/model-store.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import type { PlacedObject, SourceHarness } from '../testing/source-harness.ts';
import { hedged } from './hedge.ts';
import { DEFAULT_HEDGE_POLICY } from './hedge-policy.ts';
import type { Hedge, HedgePolicy } from './hedge-policy.ts';
import { MEMORY_LACKS, createMemoryHarness } from './memory-harness.test-double.ts';
import type { Source } from './source.ts';

describeSourceContract('hedged(createMemorySource())', async () => createMemoryHarness((source) => hedged(source)), {
  lacks: MEMORY_LACKS,
});

describeSourceContract('hedged(the model store)', async () => {
  const store = new ModelStore();
  return decoratedStore(store, hedged(store.source));
});

/** Whatever has not come when the watch looks is slow. */
const ANYTHING_IS_SLOW: HedgePolicy = {
  ...DEFAULT_HEDGE_POLICY,
  minSamples: 1,
  quantile: 0,
  medianTimes: 0,
  floorMs: 0,
  share: 100,
  savedRequests: 100,
  maxPerBody: 1_000,
};

/** Looks in every turn of the event loop; and time passes whenever it is asked for. */
function createHastyClock(): Clock {
  let nowMs = 0;
  return {
    now: () => (nowMs += 0.2),
    after(_delayMs, callback) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    },
  };
}

/** Calls back after so many turns of the event loop. */
function afterTurns(turns: number, callback: () => void): void {
  if (turns === 0) callback();
  else setImmediate(() => afterTurns(turns - 1, callback));
}

/** Answers late enough to be asked again; some attempts later than others, and some send slowly. */
class LateStore extends ModelStore {
  #attempts = 0;

  protected override answer(body: ScriptedBody): void {
    this.#attempts += 1;
    afterTurns(this.#attempts % 2 === 0 ? 1 : 5, () => super.answer(body));
  }

  protected override mayReceive(body: ScriptedBody): boolean {
    return body.queuedChunks === 0;
  }

  protected override send(...[body, sending]: Parameters<ModelStore['send']>): void {
    super.send(body, sending);
    const { onRead } = body;
    if (this.#attempts % 3 !== 0) body.onRead = () => afterTurns(20, onRead);
  }
}

/** Reads an object once, so that it is known how fast the store answers and sends. */
async function teach(source: Source, { object, version }: PlacedObject): Promise<void> {
  const { signal } = new AbortController();
  const body = source.open({ object, version, range: { start: 0, end: version.size }, signal });
  for (let chunk = await body.read(); chunk; chunk = await body.read()) chunk.release();
}

const hedges: Hedge[] = [];

/** What befalls the first attempt alone does not befall the body, so the suite is not to count on it. */
const RACING_LACKS = ['silence', 'cut', 'answerAnotherRange'] as const;

async function createRacingHarness(): Promise<SourceHarness> {
  const store = new LateStore();
  const report = (hedge: Hedge): void => void hedges.push(hedge);
  const source = hedged(store.source, { clock: createHastyClock(), policy: ANYTHING_IS_SLOW, report });
  for (const size of [300 << 10, 600 << 10, 1 << 20, 16 << 20]) await teach(source, await store.put({ size }));
  return {
    ...decoratedStore(store, source, RACING_LACKS),
    // What two attempts hold for one body counts as one.
    heldByOrigin: () => Math.min(1, store.heldByOrigin()),
    heldNow: () => Math.min(1, store.heldNow()),
  };
}

describeSourceContract('hedged(the model store), with a second attempt all the time', createRacingHarness, {
  lacks: RACING_LACKS,
});

after(() => {
  for (const kind of ['first-byte', 'part']) {
    for (const winner of ['first', 'second']) {
      const { length } = hedges.filter((hedge) => hedge.kind === kind && hedge.winner === winner);
      assert.ok(length > 10, `the ${winner} has won ${length} times, of those that were slow as a ${kind}`);
    }
  }
});
