// The catalog as NDJSON (https://github.com/ndjson/ndjson-spec): a line for each entry, as an import reads it.
import type { Catalog } from './catalog.ts';
import { formatEntryLine } from './entry-line.ts';
import { readPages } from './pages.ts';
import type { PagesOptions } from './pages.ts';

/** Whole lines, many at once, in the order of the ids. */
export async function* exportEntries(catalog: Catalog, options: PagesOptions): AsyncGenerator<string> {
  for await (const page of readPages(catalog, options)) {
    yield page.map((entry) => `${formatEntryLine(entry)}\n`).join('');
  }
}
