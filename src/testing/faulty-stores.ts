// Stores whose source keeps the contract but for one sentence each, as sources in the field break it.
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import type { ListedObject, ListRequest, ObjectName, OpenRequest, Stat } from '../source/source.ts';
import { ModelStore, type StoredObject } from './model-store.ts';
import type { ScriptedBody } from './scripted-body.ts';

/** Tells the origin in the next turn of the event loop. */
export class LateTellingStore extends ModelStore {
  protected override told(body: ScriptedBody): void {
    setImmediate(() => super.told(body));
  }
}

/** Tells the origin after 80 ms, and does not let that be seen from the kernel. */
export class SlowTellingStore extends ModelStore {
  override heldNow(): number {
    return 0;
  }

  protected override told(body: ScriptedBody): void {
    void delay(80).then(() => super.told(body));
  }
}

/** Never tells the origin that nobody wants the body any more. */
export class NeverTellingStore extends ModelStore {
  protected override told(): void {}
}

/** Counts an inclusive end as an exclusive one from the second read on. */
export class WrongOffsetStore extends ModelStore {
  protected override bytesOf(
    found: StoredObject,
    range: { start: number; end: number },
    request: OpenRequest,
  ): Uint8Array {
    const shift = range.start === request.range.start ? 0 : 1;
    return super.bytesOf(found, { start: range.start + shift, end: range.end + shift }, request);
  }
}

/** Goes on with whatever version the object has by now. */
export class SplicingStore extends ModelStore {
  protected override bytesOf(
    found: StoredObject,
    range: { start: number; end: number },
    request: OpenRequest,
  ): Uint8Array {
    return super.bytesOf(this.stored.get(request.object.key) ?? found, range, request);
  }
}

/** Takes a body that was cut for a complete one. */
export class SwallowingStore extends ModelStore {
  protected override endedEarly(body: ScriptedBody): void {
    body.end();
  }
}

/** Reads ahead without a bound. */
export class UnboundedStore extends ModelStore {
  protected override mayReceive(): boolean {
    return true;
  }
}

/** Does not compare the version that the origin answers. */
export class AnyVersionStore extends ModelStore {
  protected override checkVersion(): void {}
}

/** Does not compare the range that the origin answers. */
export class AnyRangeStore extends ModelStore {
  protected override checkRange(): void {}
}

/** Is open before the origin has answered. */
export class HastyStore extends ModelStore {
  protected override begin(body: ScriptedBody): ScriptedBody {
    body.confirm();
    return super.begin(body);
  }
}

/** Takes an object that is not there for an empty one. */
export class EmptyForMissingStore extends ModelStore {
  protected override find(key: string): StoredObject {
    return this.stored.get(key) ?? { size: 0, seed: 0 };
  }
}

/** Reports an object that is not there as a failure of the origin. */
export class MisnamingStore extends ModelStore {
  protected override find(key: string): StoredObject {
    if (this.stored.has(key)) return super.find(key);
    throw new SluiceError('origin-failed', `the origin answered 404 for ${key}`);
  }
}

/** Throws from open() what belongs into `opened`. */
export class ThrowingStore extends ModelStore {
  protected override open(request: OpenRequest): ScriptedBody {
    this.find(request.object.key);
    return super.open(request);
  }
}

/** Asks for the whole object where an empty range is wanted. */
export class WholeForEmptyStore extends ModelStore {
  protected override open(request: OpenRequest): ScriptedBody {
    const { range, version } = request;
    return super.open(range.start === range.end ? { ...request, range: { start: 0, end: version.size } } : request);
  }
}

/** Answers what it has answered once. */
export class RememberingStore extends ModelStore {
  readonly #remembered = new Map<string, Promise<Stat>>();

  protected override async stat(object: ObjectName, signal: AbortSignal): Promise<Stat> {
    const answer = this.#remembered.get(object.key) ?? super.stat(object, signal);
    this.#remembered.set(object.key, answer);
    return answer;
  }
}

/** Takes no notice of the signal in stat(). */
export class DeafStatStore extends ModelStore {
  protected override stat(object: ObjectName, _signal: AbortSignal): Promise<Stat> {
    return super.stat(object, new AbortController().signal);
  }
}

/** Lists everything. */
export class PrefixlessStore extends ModelStore {
  protected override list(request: ListRequest): AsyncGenerator<ListedObject> {
    return super.list({ ...request, prefix: '' });
  }
}

/** Lists what was put last first. */
export class BackwardStore extends ModelStore {
  protected override inOrder(): readonly (readonly [string, StoredObject])[] {
    return super.inOrder().toReversed();
  }
}

/** Lists from the first key on, wherever it was to begin. */
export class BeginninglessStore extends ModelStore {
  protected override list({ bucket, prefix, signal }: ListRequest): AsyncGenerator<ListedObject> {
    return super.list({ bucket, prefix, signal });
  }
}

/** Takes no notice of the signal in list(). */
export class DeafListStore extends ModelStore {
  protected override list(request: ListRequest): AsyncGenerator<ListedObject> {
    return super.list({ ...request, signal: new AbortController().signal });
  }
}

/** Lets go of a listing only when it has come to its end. */
export class ListLeakingStore extends ModelStore {
  protected override async *list(request: ListRequest): AsyncGenerator<ListedObject> {
    const listing = {};
    this.held.add(listing);
    yield* super.list(request);
    this.held.delete(listing);
  }
}

/** Closes the open bodies with the source. */
export class SlammingStore extends ModelStore {
  readonly #open: ScriptedBody[] = [];

  protected override begin(body: ScriptedBody): ScriptedBody {
    this.#open.push(body);
    return super.begin(body);
  }

  protected override close(): void {
    for (const body of this.#open) body.close();
  }
}
