// The answers that routes of administration have in common.
import type { Kept } from '../admin/admin.ts';
import { toAbsent } from './admin-refusal.ts';
import type { RouteDocument } from './route-list.ts';

export type Answer =
  /** `subject` is what was changed, for the log, where the path does not name it. */
  { readonly status: 200 | 201; readonly content: unknown; readonly subject?: string } | { readonly status: 204 };

/** In the table of a route. */
export const NO_CONTENT: RouteDocument = { type: 'null', description: 'It is done' };

export function toFound(what: string, content: object | undefined): Answer {
  if (!content) throw toAbsent(what);
  return { status: 200, content };
}

export function toKept<Data extends object>({ isNew, ...content }: Kept<Data>): Answer {
  return { status: isNew ? 201 : 200, content };
}

export function toRemoved(what: string, isRemoved: boolean): Answer {
  if (!isRemoved) throw toAbsent(what);
  return { status: 204 };
}
