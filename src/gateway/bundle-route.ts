// One request for the tar of a bundle: the bundle → access and catalog for each of its members → the way of any object.
// A bundle's id gives access to nothing: whoever asks must be allowed every member, each time.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bundle, Bundles, PinnedObject } from '../bundle/bundles.ts';
import type { Client } from '../flow/client.ts';
import type { Problem } from '../http/problem.ts';
import type { Source } from '../source/source.ts';
import { lookUpMembers, toNamedIds } from './bundle-members.ts';
import type { DataRouteOptions } from './data-route.ts';
import { toOwnFailure } from './own-failure.ts';
import { isRefusal, refuse, toHidden } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { serve } from './transfer-route.ts';
import type { Found } from './transfer-route.ts';

export const BUNDLES_PATH = '/bundles';
export const BUNDLE_PREFIX = '/bundles/';

/** Where bundles are made, with or without a query. */
export const BUNDLES_TARGET = /^\/bundles(?:\?|$)/;

const BUNDLE_PATH = /^\/bundles\/(?<id>[0-9a-f]{64})\.tar(?:\?|$)/;

/** Enough of the id to tell two files in a folder apart. */
const FILENAME_ID_LENGTH = 12;

export type ServedBundles = {
  readonly store: Bundles;
  /** The source of their tars. */
  readonly source: Source;
};

export type BundleRouteOptions = DataRouteOptions & { readonly bundles: ServedBundles };

/** The path of a bundle's tar, which needs no encoding. */
export function toBundlePath(id: string): string {
  return `${BUNDLE_PREFIX}${id}.tar`;
}

/** Answers one GET or HEAD of a bundle. Never rejects. */
export async function serveBundle(
  request: IncomingMessage,
  response: ServerResponse,
  options: BundleRouteOptions,
): Promise<void> {
  await serve(request, response, { ...options, find: (client) => findBundle(client, options) });
}

async function findBundle(client: Client, options: BundleRouteOptions): Promise<Found | undefined> {
  const id = BUNDLE_PATH.exec(client.request.url ?? '')?.groups?.['id'] ?? '';
  const admitted = await admit(client, id, options);
  client.check();
  if (isRefusal(admitted)) return refuse(client, admitted);
  const { source } = options.bundles;
  return { id: `bundles/${id}`, source, object: { bucket: '', key: id }, ...admitted };
}

/** Also for a bundle of which something is not for who asks: its id must not tell them what is there. */
const NOT_FOUND = 'There is no such bundle, or not all of it is for you';

/** In the ledger, for a bundle of members from several. No collection has such an id. */
const SEVERAL_COLLECTIONS = '(several)';

/** It holds nothing of the bundle's members: a transfer may take days, and what it needs of them its source finds. */
type Admitted = Pick<Found, 'principal' | 'collection' | 'representation'>;

async function admit(client: Client, id: string, options: BundleRouteOptions): Promise<Admitted | Refusal> {
  const bundle = id === '' ? undefined : await findKept(client, id, options);
  client.check();
  const ids = bundle?.members.map((member) => member.id) ?? [];
  const members = await lookUpMembers(ids, { request: client.request, signal: client.signal }, options);
  if (isRefusal(members)) return members;
  const { principal, entries, isDenied } = members;
  if (!bundle || isDenied) return toHidden(principal, NOT_FOUND);
  const changed = bundle.members.filter((member, index) => !isSame(member, entries[index]));
  if (changed.length > 0) return { problem: toGone(changed.map((member) => member.id)) };
  const { size, etag } = bundle;
  const filename = `bundle-${id.slice(0, FILENAME_ID_LENGTH)}.tar`;
  const collections = new Set(entries.map((entry) => entry?.collection));
  const collection = (collections.size === 1 && entries[0]?.collection) || SEVERAL_COLLECTIONS;
  return { principal, collection, representation: { size, etag, filename, mediaType: 'application/x-tar' } };
}

async function findKept(client: Client, id: string, { bundles }: BundleRouteOptions): Promise<Bundle | undefined> {
  try {
    return await bundles.store.find(id, { signal: client.signal });
  } catch (cause) {
    throw toOwnFailure(cause, 'the bundles failed');
  }
}

/** Whether the catalog still names, under the same id, what the bundle has pinned. */
function isSame(pinned: PinnedObject, now: PinnedObject | undefined): boolean {
  return (
    now !== undefined &&
    pinned.etag === now.etag &&
    pinned.size === now.size &&
    pinned.key === now.key &&
    pinned.bucket === now.bucket &&
    pinned.store === now.store &&
    pinned.versionId === now.versionId
  );
}

/** For good: the tar that this bundle is can be made no more, and one of the same ids is another bundle. */
function toGone(ids: readonly string[]): Problem {
  return {
    type: 'about:blank',
    title: 'Objects of this bundle have changed, or are no longer there',
    status: 410,
    detail: 'POST the ids to /bundles for a bundle of the objects as they are now.',
    extensions: toNamedIds(ids),
  };
}
