// Who asks for many objects at once, and what of them they may have: access and the catalog are asked for each, as they
// are for one object alone. Who has no access learns the same of what is there and of what is not.
import type { AccessRequest } from '../access/access.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { isObjectId } from '../catalog/object-id.ts';
import { SluiceError } from '../errors.ts';
import type { Problem } from '../http/problem.ts';
import { findEntry } from './data-route.ts';
import type { DataRouteOptions } from './data-route.ts';

/** Look-ups in one turn of the event loop: together they take some milliseconds, and transfers go on in between. */
const LOOK_UPS_PER_TURN = 64;

/** More than anyone reads; a program takes its ids out of the request that it made. */
const MAX_NAMED_IDS = 100;

export type Asking = Pick<AccessRequest, 'headers' | 'remoteAddress'> & { readonly signal: AbortSignal };

export type Members =
  | { readonly kind: 'unauthenticated'; readonly challenge: string }
  | {
      readonly kind: 'decided';
      /** Absent when there is nothing that they may have. */
      readonly principal: string | undefined;
      /** For each id its entry, and nothing for what is not there or not for them. */
      readonly entries: readonly (CatalogEntry | undefined)[];
      /** How many of the ids are not for them, whether they are there or not. */
      readonly deniedCount: number;
    };

/** Rejects with `closed` when `signal` is aborted. */
export async function lookUpMembers(
  ids: readonly string[],
  { headers, remoteAddress, signal }: Asking,
  { access, catalog }: Pick<DataRouteOptions, 'access' | 'catalog'>,
): Promise<Members> {
  const entries: (CatalogEntry | undefined)[] = [];
  let principal: string | undefined;
  let deniedCount = 0;
  for (const [index, id] of ids.entries()) {
    if (index % LOOK_UPS_PER_TURN === LOOK_UPS_PER_TURN - 1) await new Promise(setImmediate);
    if (signal.aborted) throw new SluiceError('closed', 'whoever asked has gone');
    if (!isObjectId(id)) {
      entries.push(undefined);
      continue;
    }
    // Whoever may read it may have it in a bundle.
    const decision = await access.decide({ method: 'GET', id, headers, remoteAddress }, { signal });
    if (decision.kind === 'unauthenticated') return decision;
    if (decision.kind === 'forbidden') {
      deniedCount += 1;
      entries.push(undefined);
      continue;
    }
    principal ??= decision.principal;
    entries.push(await findEntry(catalog, id));
  }
  if (signal.aborted) throw new SluiceError('closed', 'whoever asked has gone');
  return { kind: 'decided', principal, entries, deniedCount };
}

/** An answer to who may not have what they asked for. */
export type Refusal = { readonly problem: Problem; readonly fields?: Readonly<Record<string, string>> };

export function toUnauthenticated(challenge: string): Refusal {
  const problem = { type: 'about:blank', title: 'Say who you are', status: 401 };
  return { problem, fields: { 'www-authenticate': challenge } };
}

/** What a problem says of the ids that it is about. */
export function toNamedIds(ids: readonly string[]): { readonly ids: readonly string[]; readonly idCount: number } {
  return { ids: ids.slice(0, MAX_NAMED_IDS), idCount: ids.length };
}
