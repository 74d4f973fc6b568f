// What the texts of a request stand for, and what is common to the answers.
import { SluiceError } from '../errors.ts';

/** Whoever asked may have left during any wait. */
export function checkHere(signal: AbortSignal): void {
  if (signal.aborted) throw new SluiceError('closed', 'whoever asked has gone');
}

/** A schema lets a leap second pass, which JavaScript has no date for. */
export function toDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new SluiceError('bad-input', `got the time ${text}, want one that is there`);
  return date;
}

/** A page of what was asked for with one more than the limit, which tells whether there is another page. */
export function toPage<Item>(
  found: readonly Item[],
  { limit, nameOf }: { readonly limit: number; readonly nameOf: (item: Item) => string },
): { items: Item[]; next?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: nameOf(last) } : { items };
}
