// Bundles as a source: the object of the empty bucket whose key is a bundle's id is that bundle's tar. Its bytes are
// headers made on demand and the members' own, opened in the versions that the bundle has pinned.
import { SluiceError } from '../errors.ts';
import type { ListedObject, ListRequest, ObjectName, OpenRequest, Source, Stat } from '../source/source.ts';
import type { Bundle, BundleMember, Bundles, ListedBundle } from './bundles.ts';
import { planTar } from './layout.ts';
import type { TarLayout, TarSegment } from './layout.ts';
import { PieceBody } from './piece-body.ts';
import type { Piece } from './piece-body.ts';

/** Registered nowhere, and what everyone calls it. */
const MEDIA_TYPE = 'application/x-tar';

const LIST_LIMIT = 1_000;

export type BundleSourceOptions = {
  readonly bundles: Pick<Bundles, 'find' | 'list'>;
  /** Where the members are, by the names that the bundles have for them. Whoever opened them closes them. */
  readonly sources: ReadonlyMap<string, Source>;
};

/** A source of tars. It holds nothing by itself; a body of it holds what its one open member does. */
export function createBundleSource({ bundles, sources }: BundleSourceOptions): Source {
  /** As long as anybody has the bundle, so that its many ranges are laid out once. */
  const layouts = new WeakMap<Bundle, TarLayout>();
  const layoutOf = (bundle: Bundle): TarLayout => {
    const layout = layouts.get(bundle) ?? planTar(bundle.members);
    layouts.set(bundle, layout);
    return layout;
  };

  const find = async (object: ObjectName, signal: AbortSignal): Promise<Bundle> => {
    const isBundle = object.bucket === '' && object.versionId === undefined;
    const bundle = isBundle ? await bundles.find(object.key, { signal }) : undefined;
    if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
    if (!bundle) throw new SluiceError('not-found', `there is no bundle ${object.bucket}/${object.key}`);
    return bundle;
  };

  const begin = async (request: OpenRequest, signal: AbortSignal): Promise<Iterator<Piece>> => {
    const { object, version, range } = request;
    const bundle = await find(object, signal);
    if (bundle.etag !== version.etag || bundle.size !== version.size) {
      throw new SluiceError('changed', `the bundle ${object.key} is ${bundle.etag}, not ${version.etag}`);
    }
    const toPiece = (segment: TarSegment): Piece => {
      if (segment.kind === 'own') return segment.bytes;
      const member = bundle.members[segment.index]!;
      const sizeBytes = segment.range.end - segment.range.start;
      return {
        sizeBytes,
        open: (own) => openMember({ ...request, range: segment.range, signal: own }, member, sources),
      };
    };
    return layoutOf(bundle).segments(range).map(toPiece);
  };

  return {
    stat: async (object, { signal }) => {
      if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
      return toStat(await find(object, signal));
    },
    open: (request) => new PieceBody((signal) => begin(request, signal), request.signal),
    list: (request) => listBundles(bundles, request),
    close() {},
  };
}

/** The request of a bundle, for a member of it: the hints for memory and connections are the same. */
function openMember(request: OpenRequest, member: BundleMember, sources: ReadonlyMap<string, Source>) {
  const { store, bucket, key, versionId, size, etag } = member;
  const source = sources.get(store);
  if (!source) throw new SluiceError('bad-config', `a bundle names the store ${store}, which is not configured`);
  const object = versionId === undefined ? { bucket, key } : { bucket, key, versionId };
  return source.open({ ...request, object, version: { size, etag } });
}

async function* listBundles(
  bundles: Pick<Bundles, 'list'>,
  { bucket, prefix, signal, after: beginning = '' }: ListRequest,
): AsyncGenerator<ListedObject> {
  for (let after = beginning; ;) {
    if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
    const page = bucket === '' ? await bundles.list({ prefix, after, limit: LIST_LIMIT }) : [];
    for (const bundle of page) {
      if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
      yield { ...toStat(bundle), key: bundle.id };
    }
    if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
    if (page.length < LIST_LIMIT) return;
    after = page.at(-1)!.id;
  }
}

function toStat({ size, etag }: ListedBundle): Stat {
  return { size, etag, mediaType: MEDIA_TYPE };
}
