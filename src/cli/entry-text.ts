// Catalog entries as a person reads them.
import type { CatalogEntry } from '../catalog/catalog.ts';
import { formatLocation } from './location.ts';
import { Table, toVisible } from './table.ts';

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** The entry, one field a line. */
export function toCard(entry: CatalogEntry): string {
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['id', entry.id],
    ['collection', entry.collection],
    ['location', formatLocation(entry)],
    ['version', entry.versionId],
    ['size', describeSize(entry.size)],
    ['etag', entry.etag],
    ['part size', entry.partBytes === undefined ? undefined : describeSize(entry.partBytes)],
    ['modified', entry.lastModified?.toISOString()],
    ['filename', entry.filename],
    ['media type', entry.mediaType],
    ['vanished', entry.vanishedAt?.toISOString()],
    ...Object.entries(toHexDigests(entry)),
  ];
  const known = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${toVisible(value)}\n`).join('');
}

const HEADINGS = ['ID', 'SIZE', 'MODIFIED', 'MEDIA TYPE', 'LOCATION'] as const;

/** A table of entries, however many pages there are. */
export class EntryTable {
  readonly #table = new Table(HEADINGS, ['SIZE']);

  /** The text of these entries; the first one begins with the headings. */
  format(entries: readonly CatalogEntry[]): string {
    return this.#table.format(
      entries.map((entry) => [
        entry.id,
        formatSize(entry.size),
        entry.lastModified?.toISOString().slice(0, 10) ?? '-',
        entry.mediaType,
        formatLocation(entry),
      ]),
    );
  }
}

/** In binary units with three digits, as `ls -h` writes it. */
export function formatSize(sizeBytes: number): string {
  const power = sizeBytes < 1 ? 0 : Math.floor(Math.log2(sizeBytes) / 10);
  const unit = Math.min(power, BINARY_UNITS.length - 1);
  const value = sizeBytes / 2 ** (10 * unit);
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${BINARY_UNITS[unit]}`;
}

function describeSize(sizeBytes: number): string {
  return `${sizeBytes} (${formatSize(sizeBytes)})`;
}

function toHexDigests({ digests }: CatalogEntry): Record<string, string> {
  const hex = Object.entries(digests).map(([name, digest]) => [name, Buffer.from(digest).toString('hex')]);
  return Object.fromEntries(hex);
}
