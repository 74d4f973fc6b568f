// One request for the tar of a bundle: the bundle → access and catalog for each of its members → the way of any object.
// A bundle's id gives access to nothing: whoever asks must be allowed every member, each time.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bundle, Bundles } from '../bundle/bundles.ts';
import { SluiceError } from '../errors.ts';
import type { Client } from '../flow/client.ts';
import type { Problem } from '../http/problem.ts';
import type { Source } from '../source/source.ts';
import { lookUpMembers, toNamedIds, toUnauthenticated } from './bundle-members.ts';
import type { Refusal } from './bundle-members.ts';
import { serve } from './data-route.ts';
import type { DataRouteOptions, Found } from './data-route.ts';
import type { Representation } from './plan.ts';
import { respondProblem } from './respond.ts';

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
  const admitted = id === '' ? NOT_FOUND : await admit(client, id, options);
  client.check();
  if ('problem' in admitted) {
    await answer(client, admitted);
    return undefined;
  }
  const { source } = options.bundles;
  return { id: `bundles/${id}`, source, object: { bucket: '', key: id }, ...admitted };
}

/** Also for a bundle of which something is not for who asks: its id must not tell them what is there. */
const NOT_FOUND: Refusal = {
  problem: { type: 'about:blank', title: 'There is no such bundle, or not all of it is for you', status: 404 },
};

/** It holds nothing of the bundle's members: a transfer may take days, and what it needs of them its source finds. */
type Admitted = { readonly principal: string; readonly representation: Representation };

async function admit(client: Client, id: string, options: BundleRouteOptions): Promise<Admitted | Refusal> {
  const bundle = await findKept(client, id, options);
  client.check();
  if (!bundle) return NOT_FOUND;
  const { headers, socket } = client.request;
  const asking = { headers, remoteAddress: socket.remoteAddress, signal: client.signal };
  const ids = bundle.members.map((member) => member.id);
  const members = await lookUpMembers(ids, asking, options);
  if (members.kind === 'unauthenticated') return toUnauthenticated(members.challenge);
  const { principal, entries, deniedCount } = members;
  if (deniedCount > 0 || principal === undefined) return NOT_FOUND;
  const changed = bundle.members.filter((member, index) => !isSame(member, entries[index]));
  if (changed.length > 0) return { problem: toGone(changed.map((member) => member.id)) };
  const { size, etag } = bundle;
  const filename = `bundle-${id.slice(0, FILENAME_ID_LENGTH)}.tar`;
  return { principal, representation: { size, etag, filename, mediaType: 'application/x-tar' } };
}

/** Bundles that cannot be looked up are our failure, and not what the client sent. */
async function findKept(client: Client, id: string, { bundles }: BundleRouteOptions): Promise<Bundle | undefined> {
  try {
    return await bundles.store.find(id, { signal: client.signal });
  } catch (cause) {
    if (cause instanceof SluiceError && cause.code === 'overloaded') throw cause;
    throw new SluiceError('misuse', 'the bundles failed', { cause });
  }
}

type Pinned = Pick<Bundle['members'][number], 'store' | 'bucket' | 'key' | 'versionId' | 'size' | 'etag'>;

/** Whether the catalog still names, under the same id, what the bundle has pinned. */
function isSame(pinned: Pinned, now: Pinned | undefined): boolean {
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

async function answer(client: Client, { problem, fields }: Refusal): Promise<void> {
  await client.turn();
  respondProblem(client.response, problem, { ...client.fields, ...fields });
  await client.finished();
}
