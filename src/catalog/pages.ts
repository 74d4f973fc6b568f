// The entries of a catalog as a stream of pages, in the order of their ids: a catalog of any size in the memory of one.
import { SluiceError } from '../errors.ts';
import type { Catalog, CatalogEntry, ListOptions } from './catalog.ts';

/** Some 300 KB of entries: a look-up of milliseconds. */
const PAGE_SIZE = 1_000;

export type PagesOptions = Omit<ListOptions, 'limit'> & { readonly signal: AbortSignal };

/** Pages that are not empty. An abort makes the next step reject with `closed`. */
export async function* readPages(
  catalog: Catalog,
  { signal, ...options }: PagesOptions,
): AsyncGenerator<readonly CatalogEntry[]> {
  for (let after = options.after; ;) {
    if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
    const page = await catalog.list({ ...options, limit: PAGE_SIZE, ...(after === undefined ? {} : { after }) });
    if (page.length > 0) yield page;
    if (page.length < PAGE_SIZE) return;
    after = page.at(-1)!.id;
  }
}
