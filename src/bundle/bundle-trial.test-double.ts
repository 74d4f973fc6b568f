// Bundles in front of the model store, for the contract suite: each object that the suite puts is a tar of several
// members, and what it does to the object happens to the largest of them. A look-up can be held like any origin.
import { SluiceError } from '../errors.ts';
import type { ByteRange, ObjectName, Source } from '../source/source.ts';
import { ModelStore } from '../testing/model-store.ts';
import type { Capabilities, PlacedObject, SourceHarness } from '../testing/source-harness.ts';
import type { Bundle, Bundleable, Bundles, ListedBundle } from './bundles.ts';
import { createBundleSource } from './bundle-source.ts';
import { buildNaiveTar } from './naive-tar.test-double.ts';
import { pinBundle } from './pin.ts';

const STORE = 'model';

/** The sizes of the members before and after the largest one. */
const SMALL_BEFORE = [0];
const SMALL_AFTER = [700, 0, 1];

/** In the header of the first member. */
const WINDOW_START = 300;

/** Of a window, besides the largest member: so it ends behind the member after that, and before the tar does. */
const BESIDE_BYTES = 3000;

/** The largest member of an object, and where in its tar the object is. */
type Placed = { readonly member: ObjectName; readonly start: number; readonly size: number; readonly tarBytes: number };

const NOWHERE: Placed = { member: { bucket: '', key: '' }, start: 0, size: 0, tarBytes: 0 };

/** Bundles under keys of the test's own, so that one can be replaced by another. */
export class MemoryBundles implements Bundles {
  readonly maxMembers = 100;
  readonly kept = new Map<string, Bundle>();
  /** Look-ups that have not been answered and are still wanted. */
  heldCount = 0;
  isHeld = false;

  async find(id: string, { signal }: { readonly signal: AbortSignal }): Promise<Bundle | undefined> {
    if (!this.isHeld) return this.kept.get(id);
    if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
    this.heldCount += 1;
    return new Promise((_resolve, reject) => {
      const onAbort = () => {
        this.heldCount -= 1;
        reject(new SluiceError('closed', 'the signal was aborted'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  pin(objects: readonly Bundleable[]): Bundle {
    return pinBundle(objects);
  }

  async keep(bundle: Bundle): Promise<boolean> {
    const isNew = !this.kept.has(bundle.id);
    this.kept.set(bundle.id, bundle);
    return isNew;
  }

  async list(options: { readonly prefix: string; readonly after: string; readonly limit: number }) {
    const { prefix, after, limit } = options;
    const ids = [...this.kept.keys()].filter((id) => id.startsWith(prefix) && id > after).toSorted();
    return ids.slice(0, limit).map((id): ListedBundle => ({ ...this.kept.get(id)!, id }));
  }
}

/** An object of the suite is as long as it wants, a tar is not: it is a window in the tar, with headers in it. */
export function createBundledStore(): SourceHarness & Capabilities {
  const model = new ModelStore();
  const bundles = new MemoryBundles();
  const tars = createBundleSource({ bundles, sources: new Map([[STORE, model.source]]) });
  const objects = new Map<string, Placed>();
  const find = (key: string): Placed => objects.get(key) ?? NOWHERE;

  const source: Source = {
    ...tars,
    stat: async (object, options) => {
      const { size } = find(object.key);
      return { ...(await tars.stat(object, options)), size };
    },
    open: (request) => {
      const { tarBytes, start } = find(request.object.key);
      const range = { start: request.range.start + start, end: request.range.end + start };
      return tars.open({ ...request, range, version: { ...request.version, size: tarBytes } });
    },
    async *list(request) {
      for await (const listed of tars.list(request)) yield { ...listed, size: find(listed.key).size };
    },
  };

  return {
    source,
    async put({ size }) {
      const sizes = [...SMALL_BEFORE, Math.max(1, size - BESIDE_BYTES), ...SMALL_AFTER];
      const placed: PlacedObject[] = [];
      for (const each of sizes) placed.push(await model.put({ size: each }));
      const bundle = pinBundle(placed.map(toBundleable));
      const whole = buildNaiveTar(bundle.members, (index) => placed[index]!.bytes({ start: 0, end: sizes[index]! }));
      const object = { bucket: '', key: `bundle-${objects.size}.` };
      bundles.kept.set(object.key, bundle);
      objects.set(object.key, {
        member: placed[SMALL_BEFORE.length]!.object,
        start: WINDOW_START,
        size,
        tarBytes: whole.length,
      });
      const bytes = ({ start, end }: ByteRange) => whole.subarray(start + WINDOW_START, end + WINDOW_START);
      return { object, version: { size, etag: bundle.etag }, bytes };
    },
    async replace({ key }) {
      const { member } = find(key);
      await model.replace(member);
      const { etag } = await model.source.stat(member, { signal: new AbortController().signal });
      const renewed = bundles.kept
        .get(key)!
        .members.map((each) => (each.key === member.key ? { ...each, etag } : each));
      bundles.kept.set(key, pinBundle(renewed.map((each) => ({ ...each, filename: each.name }))));
    },
    async remove({ key }) {
      bundles.kept.delete(key);
    },
    takenSlabs: () => model.takenSlabs(),
    heldByOrigin: () => model.heldByOrigin() + bundles.heldCount,
    heldNow: () => model.heldNow() + bundles.heldCount,
    sentByOrigin: () => model.sentByOrigin(),
    hold: () => {
      bundles.isHeld = true;
    },
    silence: ({ key }) => model.silence(find(key).member),
    cut: ({ key }) => model.cut(find(key).member),
    answerAnotherRange: ({ key }) => model.answerAnotherRange(find(key).member),
    tearDown: () => model.tearDown(),
  };
}

function toBundleable({ object, version }: PlacedObject): Bundleable {
  return { id: object.key, store: STORE, filename: object.key, ...object, ...version };
}
