// The proof that the suite means something: for each sentence of the contract, sources that break it and that the suite
// must catch. Each fault is one that sources in the field have had.
import type { OpenRequest } from '../source/source.ts';
import type { Member } from './contract-test.ts';
import * as bodies from './faulty-bodies.ts';
import * as stores from './faulty-stores.ts';
import { ModelStore } from './model-store.ts';
import type { ScriptedBody } from './scripted-body.ts';

/** A store with one fault, and the sentence that it breaks. */
export type Fault = {
  readonly member: Member;
  readonly must: string;
  /** The case of it that must catch the fault, where one matters more than the others. */
  readonly when?: string;
  create(): ModelStore;
};

type BodyClass = new (...args: ConstructorParameters<typeof ScriptedBody>) => ScriptedBody;

/** A store whose bodies are of another class. */
function storeWith(FaultyBody: BodyClass): ModelStore {
  class StoreWithFaultyBodies extends ModelStore {
    protected override createBody(request: OpenRequest): ScriptedBody {
      return new FaultyBody(request, this.memory);
    }
  }
  return new StoreWithFaultyBodies();
}

const AT_ONCE = 'Closing is O(1): it MUST return at once, whatever is left of the body, and MUST NOT throw.';
const ANY_MOMENT = 'It MAY come at any moment: before `opened`, between two reads, during one, twice, after the end.';
const CLOSED = 'A pending read or `opened` MUST reject with `closed`, and so MUST every later read.';
const TOLD = 'The origin MUST be told before the event loop turns again: what was held for this body is let go.';
const CONFIRMED =
  'It MUST resolve only when the origin has confirmed the pinned version and the range that was asked for.';
const NOT_FOUND = 'It MUST reject with `not-found` when there is no such object.';

/** Every fault, by its name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'a stat() that remembers': {
    member: 'stat',
    must: 'What the store says of the object now.',
    create: () => new stores.RememberingStore(),
  },
  'a stat() that takes missing for empty': {
    member: 'stat',
    must: NOT_FOUND,
    create: () => new stores.EmptyForMissingStore(),
  },
  'a stat() that is deaf to its signal': {
    member: 'stat',
    must: 'An abort MUST make it reject with `closed`.',
    create: () => new stores.DeafStatStore(),
  },
  'an open() that throws': {
    member: 'open',
    must: 'It MUST return at once; what it needs from the origin it learns afterwards.',
    create: () => new stores.ThrowingStore(),
  },
  'an open() that takes an empty range for the whole': {
    member: 'open',
    must: 'An empty range MUST end without a byte.',
    create: () => new stores.WholeForEmptyStore(),
  },
  'an `opened` that does not wait for the origin': {
    member: 'opened',
    must: CONFIRMED,
    create: () => new stores.HastyStore(),
  },
  'an `opened` that takes any range': {
    member: 'opened',
    must: CONFIRMED,
    create: () => new stores.AnyRangeStore(),
  },
  'an `opened` that takes any version': {
    member: 'opened',
    must: 'It MUST reject with `changed` when the object has another version.',
    create: () => new stores.AnyVersionStore(),
  },
  'an `opened` that misnames what is missing': {
    member: 'opened',
    must: NOT_FOUND,
    create: () => new stores.MisnamingStore(),
  },
  'an `opened` of which a copy goes unhandled': {
    member: 'opened',
    must: 'When nobody listens to it, its rejection MUST NOT become an unhandled one.',
    create: () => storeWith(bodies.UnhandledBody),
  },
  'a receivedBytes that stands still': {
    member: 'receivedBytes',
    must: 'Bytes of this body that have come out of the origin so far, wanted or not.',
    create: () => storeWith(bodies.UncountingBody),
  },
  'a read() that is off by one after the first': {
    member: 'read',
    must: 'It MUST give the bytes of the range, in order, each exactly once, then `undefined`.',
    create: () => new stores.WrongOffsetStore(),
  },
  'a read() that does not wait for `opened`': {
    member: 'read',
    must: 'It MUST wait for `opened` by itself, and reject with the error of `opened`.',
    create: () => storeWith(bodies.ImpatientBody),
  },
  'a read() that swallows a truncation': {
    member: 'read',
    must: 'It MUST reject when the body ends early, never end as if complete.',
    create: () => new stores.SwallowingStore(),
  },
  'a read() that queues behind another': {
    member: 'read',
    must: 'A second read while one is pending MUST reject with `misuse`.',
    create: () => storeWith(bodies.QueueingBody),
  },
  'a read() that fails only once': {
    member: 'read',
    must: 'After a failure every later read MUST reject with the same error.',
    create: () => storeWith(bodies.FailingOnceBody),
  },
  'a read-ahead without a bound': {
    member: 'read',
    must: 'A body that nobody reads MUST stop receiving by itself, within 4 MiB.',
    create: () => new stores.UnboundedStore(),
  },
  'a read() that splices two versions': {
    member: 'read',
    must: 'What is pinned when a response is planned, so that every byte of it comes from one version.',
    create: () => new stores.SplicingStore(),
  },
  'a chunk whose memory is lent again while it is held': {
    member: 'chunk',
    must: "They are the holder's until it calls `release()`, which it does exactly once; after that the memory belongs to other bytes.",
    create: () => storeWith(bodies.SnatchingBody),
  },
  'a close() that drains': {
    member: 'close',
    must: AT_ONCE,
    when: 'by close(), between two reads',
    create: () => storeWith(bodies.DrainingBody),
  },
  'a close() that waits': {
    member: 'close',
    must: AT_ONCE,
    when: 'measured: the quickest of nine',
    create: () => storeWith(bodies.WaitingBody),
  },
  'a close() that throws the second time': {
    member: 'close',
    must: ANY_MOMENT,
    when: 'by close(), then by close(), during a read',
    create: () => storeWith(bodies.OnceClosableBody),
  },
  'a close() that leaves a read pending': {
    member: 'close',
    must: CLOSED,
    when: 'by close(), while the origin is silent in the middle, during a read',
    create: () => storeWith(bodies.ForgetfulBody),
  },
  'a close() that looks like the end': {
    member: 'close',
    must: CLOSED,
    when: 'by close(), while the origin is silent in the middle, during a read',
    create: () => storeWith(bodies.EndingBody),
  },
  'a signal that is not heard': {
    member: 'close',
    must: CLOSED,
    when: 'by the signal, between two reads',
    create: () => storeWith(bodies.DeafBody),
  },
  'a close() that tells the origin in the next turn': {
    member: 'close',
    must: TOLD,
    when: 'by close(), between two reads [needs heldNow',
    create: () => new stores.LateTellingStore(),
  },
  'a close() that tells the origin too late': {
    member: 'close',
    must: TOLD,
    when: 'measured: the middle one of nine within 50 ms',
    create: () => new stores.SlowTellingStore(),
  },
  'a close() that never tells the origin': {
    member: 'close',
    must: TOLD,
    when: 'by close(), between two reads [needs heldByOrigin',
    create: () => new stores.NeverTellingStore(),
  },
  'a close() that drains behind the back': {
    member: 'close',
    must: 'After a close the body MUST NOT receive anything more.',
    when: 'by close(), between two reads',
    create: () => storeWith(bodies.SecretlyDrainingBody),
  },
  'a close() that leaks a slab': {
    member: 'close',
    must: 'When the chunks that were handed out are released, no slab of this body MUST be left outside its pool.',
    when: 'by close(), between two reads',
    create: () => storeWith(bodies.LeakingBody),
  },
  'a signal that was aborted before and is not looked at': {
    member: 'signal',
    must: 'An abort MUST do what `close()` does.',
    create: () => storeWith(bodies.LateListeningBody),
  },
  'a listener that stays on the signal': {
    member: 'signal',
    must: 'When the body is over, no listener of it MUST be left on the signal.',
    create: () => storeWith(bodies.ListeningBody),
  },
  'a list() that does not look at the prefix': {
    member: 'list',
    must: 'Every object of a bucket whose key begins with the prefix, in constant memory.',
    create: () => new stores.PrefixlessStore(),
  },
  'a list() in no order': {
    member: 'list',
    must: "It MUST list in the order of the keys' UTF-8 bytes.",
    create: () => new stores.BackwardStore(),
  },
  'a list() that begins at the beginning': {
    member: 'list',
    must: 'It MUST list only what comes after the key that it is to begin after.',
    create: () => new stores.BeginninglessStore(),
  },
  'a list() that keeps what it held': {
    member: 'list',
    must: 'Leaving the loop MUST let go of what the listing held.',
    create: () => new stores.ListLeakingStore(),
  },
  'a list() that is deaf to its signal': {
    member: 'list',
    must: 'An abort MUST make the next step reject with `closed`.',
    create: () => new stores.DeafListStore(),
  },
  'a source that closes open bodies': {
    member: 'source',
    must: "Lets go of idle connections. Open bodies are their holders' to close.",
    create: () => new stores.SlammingStore(),
  },
};
