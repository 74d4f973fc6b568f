// What must hold of a collection before it is kept: its id stands in URLs, in tokens and on command lines.
import { SluiceError } from '../errors.ts';
import type { Collection } from './catalog.ts';

/** One spelling each, safe in a URL, a shell and a file's name, and no longer than a label of the DNS. */
const COLLECTION_ID = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** The rule in words, for whoever has broken it. */
export const COLLECTION_ID_RULE =
  '1 to 63 lower-case letters, digits, ".", "_" and "-", the first one a letter or a digit';

/** Enough for a line on a page. */
const MAX_TITLE_LENGTH = 200;

/** Controls, and what ends a line where a title is shown. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;

export function isCollectionId(text: string): boolean {
  return COLLECTION_ID.test(text);
}

/** Throws `bad-input` with all that is wrong with it. */
export function checkCollection({ id, title }: Collection): void {
  const problems: string[] = [];
  if (!isCollectionId(id)) problems.push(`got this id, want ${COLLECTION_ID_RULE}`);
  if (title.trim() === '' || title.length > MAX_TITLE_LENGTH || UNSHOWABLE.test(title) || !title.isWellFormed()) {
    problems.push(`got this title, want one line of 1 to ${MAX_TITLE_LENGTH} characters`);
  }
  if (problems.length === 0) return;
  throw new SluiceError('bad-input', `the collection ${JSON.stringify(id.slice(0, 200))}: ${problems.join('; ')}`);
}
