// A list of what to download, as clients of data commons read it: tab-separated, the first five columns those of the
// Genomic Data Commons (https://docs.gdc.cancer.gov/API/Users_Guide/Downloading_Files), whose clients know a column
// by its name and overlook the others. Sluice's own have the digest that it keeps, and where the object is.
import type { CatalogEntry } from './catalog.ts';

/** `md5` stays empty: the catalog keeps no digest that can be forged. `state` is what GDC calls an object to download. */
const COLUMNS = ['id', 'filename', 'md5', 'size', 'state', 'sha256', 'url'] as const;

const STATE = 'released';

/**
 * What makes a spreadsheet take a value for a formula, also in the width of East Asian scripts (OWASP, CSV Injection),
 * and what begins a quotation that would swallow tabs and lines: `"` for most readers, `#` for gdc-client's.
 */
const TREACHEROUS = /^[=+\-@"'#\uff0b\uff0d\uff1d\uff20]/u;

/** What would end a value or a line. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

export type ManifestOptions = {
  /** Where clients find the gateway, without a `/` at its end: `https://data.example.org`. */
  readonly baseUrl: string;
};

/** Whole lines, a page's at once, the first one with the columns' names. What has vanished is left out. */
export async function* formatManifest(
  pages: AsyncIterable<readonly CatalogEntry[]>,
  options: ManifestOptions,
): AsyncGenerator<string> {
  yield `${COLUMNS.join('\t')}\n`;
  for await (const page of pages) {
    const lines = page.filter(({ vanishedAt }) => vanishedAt === undefined).map((entry) => formatLine(entry, options));
    if (lines.length > 0) yield lines.join('');
  }
}

function formatLine(entry: CatalogEntry, { baseUrl }: ManifestOptions): string {
  const sha256 = entry.digests['sha-256'];
  const values: Record<(typeof COLUMNS)[number], string> = {
    id: formatId(entry.id),
    filename: formatFilename(entry.filename),
    md5: '',
    size: String(entry.size),
    state: STATE,
    sha256: sha256 === undefined ? '' : Buffer.from(sha256).toString('hex'),
    url: `${baseUrl}/data/${entry.id.split('/').map(encodeURIComponent).join('/')}`,
  };
  return `${COLUMNS.map((column) => values[column]).join('\t')}\n`;
}

/** An id has no control characters. Clients put it into a URL as it is, where a byte that is encoded is the same byte. */
function formatId(id: string): string {
  return id.replace(TREACHEROUS, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

function formatFilename(filename: string): string {
  return filename.replaceAll(CONTROL, '_').replace(TREACHEROUS, '_$&');
}
