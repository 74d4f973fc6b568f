// Objects in memory, for the contract suite: by themselves, or behind the source that a test makes of their source.
import { patternBytes } from '../testing/pattern.ts';
import type { Capability, SourceHarness } from '../testing/source-harness.ts';
import { createMemorySource } from './memory.ts';
import type { Source } from './source.ts';

/** There is no origin to look at, or to be played tricks by. */
export const MEMORY_LACKS: readonly Capability[] = [
  'heldByOrigin',
  'heldNow',
  'sentByOrigin',
  'hold',
  'silence',
  'cut',
  'answerAnotherRange',
];

export function createMemoryHarness(decorate: (source: Source) => Source = (source) => source): SourceHarness {
  const memory = createMemorySource();
  let count = 0;
  return {
    source: decorate(memory),
    async put({ size }) {
      const object = { bucket: 'bucket', key: `folder/object-${(count += 1)}.` };
      const { etag } = memory.put(object, patternBytes({ start: 0, end: size }));
      // Not the bytes that were put: a source that wrote into those would go unseen.
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
