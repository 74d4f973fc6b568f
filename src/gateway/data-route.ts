// One request for an object, along the way of the data: access → catalog → plan and flow → ledger. The client is
// watched from before the first await, and each step looks whether it is still there.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../access/access.ts';
import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import { Client } from '../flow/client.ts';
import type { Engine } from '../flow/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ObjectName, Source } from '../source/source.ts';
import { CORS_FIELDS } from './cors.ts';
import { parseObjectPath } from './object-path.ts';
import type { Representation } from './plan.ts';
import { respondAnswer, respondProblem } from './respond.ts';
import { sendTo } from './send-object.ts';
import type { Transfer } from './send-object.ts';
import { toProblemAnswer } from './status.ts';
import type { Transfers } from './transfers.ts';

export type DataRouteOptions = {
  readonly catalog: Catalog;
  /** By the names that the catalog's entries have for them. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly access: Access;
  readonly ledger: Ledger;
  readonly transfers: Transfers;
  readonly engine: Engine;
  readonly stallTimeoutMs: number;
  /** Told of what is our fault or a store's, for the operator. */
  readonly report: (error: SluiceError, id: string) => void;
};

/** What was asked for, and who may have it. */
export type Found = {
  /** As the ledger names it. */
  readonly id: string;
  readonly principal: string;
  readonly source: Source;
  readonly object: ObjectName;
  readonly representation: Representation;
};

export type ServeOptions = Omit<DataRouteOptions, 'catalog' | 'sources' | 'access'> & {
  /** Resolves with nothing when it has answered by itself. */
  readonly find: (client: Client) => Promise<Found | undefined>;
};

/** Answers one GET or HEAD of an object. Never rejects. */
export async function serveObject(
  request: IncomingMessage,
  response: ServerResponse,
  options: DataRouteOptions,
): Promise<void> {
  await serve(request, response, { ...options, find: (client) => findObject(client, options) });
}

/** Answers one GET or HEAD with what `find` finds. Never rejects. */
export async function serve(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  const { transfers, stallTimeoutMs, engine } = options;
  const { tcpFacts, minimumRate } = engine;
  const client = new Client(request, response, { stallTimeoutMs, fields: CORS_FIELDS, tcpFacts, minimumRate });
  try {
    transfers.begin(client);
    const found = await options.find(client);
    if (found) await transfer(client, found, options);
  } catch (error) {
    // What was under way for a client that has gone was given up, in whatever words it says so.
    if (!client.ending) {
      const answer = toProblemAnswer(error);
      respondAnswer(client, answer);
      // What a client did wrong and what our limits refused is no news to the operator; a failure of ours is.
      if (answer.problem.status === 500) options.report(toSluiceError(error), request.url ?? '');
    }
    await client.finished();
  } finally {
    transfers.end(client);
  }
}

async function findObject(client: Client, options: DataRouteOptions): Promise<Found | undefined> {
  const id = parseObjectPath(client.request.url ?? '');
  const principal = await admit(client, id, options);
  if (principal === undefined) return undefined;
  const entry = await findEntry(options.catalog, id);
  client.check();
  if (!entry) throw new SluiceError('not-found', 'the catalog has no such id');
  const source = options.sources.get(entry.store);
  if (!source)
    throw new SluiceError('bad-config', `the catalog names the store ${entry.store}, which is not configured`);
  const { bucket, key, versionId } = entry;
  const object = versionId === undefined ? { bucket, key } : { bucket, key, versionId };
  return { id, principal, source, object, representation: entry };
}

/** Who asks, if they may have it; otherwise they have been answered. */
async function admit(client: Client, id: string, { access }: DataRouteOptions): Promise<string | undefined> {
  const { method = '', headers, socket } = client.request;
  const asked = { method, id, headers, remoteAddress: socket.remoteAddress };
  const decided = access.decide(asked, { signal: client.signal });
  const decision = decided instanceof Promise ? await decided : decided;
  client.check();
  if (decision.kind === 'allow') return decision.principal;
  await client.turn();
  const [status, title, fields] =
    decision.kind === 'unauthenticated'
      ? [401, 'Say who you are', { 'www-authenticate': decision.challenge }]
      : [403, 'This is not for you', {}];
  respondProblem(client.response, { type: 'about:blank', title, status }, { ...client.fields, ...fields });
  await client.finished();
  return undefined;
}

/** A catalog that fails is our failure: what it calls bad input is its database, and not what the client sent. */
export async function findEntry(catalog: Catalog, id: string): Promise<CatalogEntry | undefined> {
  try {
    return await catalog.find(id);
  } catch (cause) {
    throw isSluiceError(cause, 'overloaded') ? cause : new SluiceError('misuse', 'the catalog failed', { cause });
  }
}

function toSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return new SluiceError('misuse', 'a request failed unexpectedly', { cause: error });
}

async function transfer(client: Client, found: Found, { engine, ledger, report }: ServeOptions): Promise<void> {
  const { id, principal, source, object, representation } = found;
  const startedAt = new Date();
  const result = await sendTo(client, { source, object, representation, engine });
  ledger.record(toLedgerEntry(client.request, { id, principal }, { startedAt, result }));
  if (result.outcome === 'source-failed' && result.error) report(result.error, id);
}

function toLedgerEntry(
  { method = '', socket }: IncomingMessage,
  asked: Pick<Found, 'id' | 'principal'>,
  { startedAt, result }: { readonly startedAt: Date; readonly result: Transfer },
) {
  const { error, ...figures } = result;
  return { ...asked, method, remoteAddress: socket.remoteAddress, startedAt, ...figures, error: error?.code };
}
