// The model store with another source in front of it, for the contract suite: the store's hands and eyes, and the source
// that a test has made of the store's own. What befalls a body of the store need not befall one of that source: a
// capability that says nothing there is left out.
import type { Source } from '../source/source.ts';
import type { ModelStore } from './model-store.ts';
import type { Capability, SourceHarness } from './source-harness.ts';

export function decoratedStore(store: ModelStore, source: Source, lacks: readonly Capability[] = []): SourceHarness {
  const harness: SourceHarness = {
    source,
    put: (options) => store.put(options),
    replace: (object) => store.replace(object),
    remove: (object) => store.remove(object),
    takenSlabs: () => store.takenSlabs(),
    heldByOrigin: () => store.heldByOrigin(),
    heldNow: () => store.heldNow(),
    sentByOrigin: () => store.sentByOrigin(),
    hold: () => store.hold(),
    silence: (object) => store.silence(object),
    cut: (object) => store.cut(object),
    answerAnotherRange: (object) => store.answerAnotherRange(object),
    tearDown: () => store.tearDown(),
  };
  for (const capability of lacks) delete harness[capability];
  return harness;
}
