// GET and HEAD of an object: access → catalog, and then the way of every transfer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../access/access.ts';
import type { Catalog, FoundEntry } from '../catalog/catalog.ts';
import { SluiceError } from '../errors.ts';
import type { Client } from '../flow/client.ts';
import type { Source } from '../source/source.ts';
import { identify } from './admission.ts';
import { parseObjectPath } from './object-path.ts';
import { toOwnFailure } from './own-failure.ts';
import { isRefusal, refuse, toHidden } from './refusal.ts';
import { serve } from './transfer-route.ts';
import type { Found, ServeOptions } from './transfer-route.ts';

export type DataRouteOptions = ServeOptions & {
  readonly catalog: Catalog;
  /** By the names that the catalog's entries have for them. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly access: Access;
};

/** Answers one GET or HEAD of an object. Never rejects. */
export async function serveObject(
  request: IncomingMessage,
  response: ServerResponse,
  options: DataRouteOptions,
): Promise<void> {
  await serve(request, response, { ...options, find: (client) => findObject(client, options) });
}

async function findObject(client: Client, options: DataRouteOptions): Promise<Found | undefined> {
  const { request, signal } = client;
  const id = parseObjectPath(request.url ?? '');
  const principal = await identify(options.access, { request, id, signal });
  client.check();
  if (isRefusal(principal)) return refuse(client, principal);
  const entry = await findEntry(options.catalog, id);
  client.check();
  if (!entry || !principal.mayRead(entry)) return refuse(client, toHidden(principal, 'There is no such object'));
  const source = options.sources.get(entry.store);
  if (!source)
    throw new SluiceError('bad-config', `the catalog names the store ${entry.store}, which is not configured`);
  const { bucket, key, versionId, collection } = entry;
  const object = versionId === undefined ? { bucket, key } : { bucket, key, versionId };
  return { id, collection, principal, source, object, representation: entry };
}

export async function findEntry(catalog: Catalog, id: string): Promise<FoundEntry | undefined> {
  try {
    return await catalog.find(id);
  } catch (cause) {
    throw toOwnFailure(cause, 'the catalog failed');
  }
}
