// A read-ahead keeps the contract of a body: over memory, for a client that drinks at once and for one that drinks late,
// and over a store whose origin can be silent, break off and answer wrongly.
import type { ByteRange, OpenRequest, Source } from '../source/source.ts';
import { MEMORY_LACKS, createMemoryHarness } from '../source/memory-harness.test-double.ts';
import { decoratedStore } from '../testing/decorated-store.test-double.ts';
import { ModelStore } from '../testing/model-store.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import type { SourceHarness } from '../testing/source-harness.ts';
import { Budget } from './budget.ts';
import type { Drinker } from './drinker.ts';
import { DEFAULT_READ_AHEAD, ReadAhead } from './readahead.ts';

const BUDGET = new Budget({ totalBytes: 256 << 20 });

/** Has drunk whatever was written by the time anyone looks. */
const AT_ONCE: Drinker = {
  undrunkBytes: 0,
  unseenBytes: 0,
  roundTripMs: 0,
  isProven: false,
  onceDrunk(callback) {
    const soon = setImmediate(callback);
    return () => clearImmediate(soon);
  },
};

/** Is always some bytes behind: a sip with every turn of the loop in which anyone waits for it. */
class LateDrinker implements Drinker {
  undrunkBytes = 0;
  readonly unseenBytes = 0;
  readonly roundTripMs = 1;
  readonly isProven = false;

  onceDrunk(callback: () => void): () => void {
    const soon = setImmediate(() => {
      this.undrunkBytes = Math.max(0, this.undrunkBytes - (20 << 10));
      callback();
    });
    return () => clearImmediate(soon);
  }
}

/** Every body of `source`, read ahead; what its reader releases is what was written to the client. */
function readAhead(source: Source, toDrinker: () => Drinker): Source {
  const open = (request: OpenRequest) => {
    const { range, signal } = request;
    const drinker = toDrinker();
    const body = new ReadAhead({
      open: (part: ByteRange, slabBytes) => source.open({ ...request, range: part, slabBytes }),
      range,
      drinker,
      budget: BUDGET,
      policy: DEFAULT_READ_AHEAD,
      signal,
    });
    if (!(drinker instanceof LateDrinker)) return body;
    const read = body.read.bind(body);
    body.read = async () => {
      const chunk = await read();
      if (!chunk) return undefined;
      drinker.undrunkBytes += chunk.bytes.length;
      return chunk;
    };
    return body;
  };
  return { ...source, open };
}

function overMemory(toDrinker: () => Drinker): SourceHarness {
  const harness = createMemoryHarness((source) => readAhead(source, toDrinker));
  return { ...harness, takenSlabs: () => BUDGET.reservedBytes };
}

describeSourceContract('a read-ahead over memory', async () => overMemory(() => AT_ONCE), { lacks: MEMORY_LACKS });

describeSourceContract('a read-ahead for a client that drinks late', async () => overMemory(() => new LateDrinker()), {
  lacks: MEMORY_LACKS,
});

/** A part that is whole is no longer open at the origin, so how many are says nothing here. */
const STORE_LACKS = ['heldByOrigin', 'heldNow'] as const;

describeSourceContract(
  'a read-ahead over a store',
  async () => {
    const store = new ModelStore();
    const source = readAhead(store.source, () => AT_ONCE);
    return {
      ...decoratedStore(store, source, STORE_LACKS),
      takenSlabs: () => Math.max(store.takenSlabs(), BUDGET.reservedBytes),
    };
  },
  { lacks: STORE_LACKS },
);
