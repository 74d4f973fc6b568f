// Who asks for many objects at once, and what of them they may have: the catalog is asked for each, as it is for one
// object alone. Who has no access learns the same of what is there and of what is not.
import type { Access, Principal } from '../access/access.ts';
import type { Catalog, FoundEntry } from '../catalog/catalog.ts';
import { isObjectId } from '../catalog/object-id.ts';
import { SluiceError } from '../errors.ts';
import { identify } from './admission.ts';
import type { Asked } from './admission.ts';
import { findEntry } from './data-route.ts';
import { isRefusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** Look-ups in one turn of the event loop: together they take some milliseconds, and transfers go on in between. */
const LOOK_UPS_PER_TURN = 64;

/** More than anyone reads; a program takes its ids out of the request that it made. */
const MAX_NAMED_IDS = 100;

export type Members = {
  readonly principal: Principal;
  /** For each id its entry, and nothing for what is not there or not for them. */
  readonly entries: readonly (FoundEntry | undefined)[];
  /** Whether one of them is not for them; of what is not there, that is true of all but who may have everything. */
  readonly isDenied: boolean;
};

/** What is no longer in the catalog is in no collection that was granted. */
const IN_NO_COLLECTION = { collection: '', isPublic: false } as const;

/** Rejects with `closed` when the signal is aborted. */
export async function lookUpMembers(
  ids: readonly string[],
  asked: Omit<Asked, 'id'>,
  { access, catalog }: { readonly access: Access; readonly catalog: Catalog },
): Promise<Members | Refusal> {
  const { signal } = asked;
  const principal = await identify(access, asked);
  checkHere(signal);
  if (isRefusal(principal)) return principal;
  const entries: (FoundEntry | undefined)[] = [];
  let isDenied = false;
  for (const [index, id] of ids.entries()) {
    if (index % LOOK_UPS_PER_TURN === LOOK_UPS_PER_TURN - 1) await new Promise(setImmediate);
    const entry = isObjectId(id) ? await findEntry(catalog, id) : undefined;
    checkHere(signal);
    const mayRead = principal.mayRead(entry ?? { id, ...IN_NO_COLLECTION });
    isDenied ||= !mayRead;
    entries.push(mayRead ? entry : undefined);
  }
  return { principal, entries, isDenied };
}

function checkHere(signal: AbortSignal): void {
  if (signal.aborted) throw new SluiceError('closed', 'whoever asked has gone');
}

/** What a problem says of the ids that it is about. */
export function toNamedIds(ids: readonly string[]): { readonly ids: readonly string[]; readonly idCount: number } {
  return { ids: ids.slice(0, MAX_NAMED_IDS), idCount: ids.length };
}
