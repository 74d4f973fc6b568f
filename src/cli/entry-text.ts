// Catalog entries as a person and as a program read them.
import type { CatalogEntry } from '../catalog/catalog.ts';
import { formatLocation } from './location.ts';

/** Characters that would move a terminal's cursor or end a line. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** One line of JSON, without its end. Digests are in hex, as `sha256sum` prints them. */
export function toJsonLine(entry: CatalogEntry): string {
  return JSON.stringify({ ...entry, digests: toHexDigests(entry) });
}

/** The entry, one field a line. */
export function toCard(entry: CatalogEntry): string {
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['id', entry.id],
    ['location', formatLocation(entry)],
    ['version', entry.versionId],
    ['size', describeSize(entry.size)],
    ['etag', entry.etag],
    ['part size', entry.partBytes === undefined ? undefined : describeSize(entry.partBytes)],
    ['modified', entry.lastModified?.toISOString()],
    ['filename', entry.filename],
    ['media type', entry.mediaType],
    ...Object.entries(toHexDigests(entry)),
  ];
  const known = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${toVisible(value)}\n`).join('');
}

const HEADINGS = ['ID', 'SIZE', 'MODIFIED', 'MEDIA TYPE', 'LOCATION'] as const;

/** Lines of a table whose columns only ever widen, so that a catalog of any length is written page by page. */
export class EntryTable {
  readonly #widths: number[] = HEADINGS.map((heading) => heading.length);
  #begun = false;

  /** The text of these entries; the first one begins with the headings. */
  format(entries: readonly CatalogEntry[]): string {
    const rows = entries.map((entry) => [
      toVisible(entry.id),
      formatSize(entry.size),
      entry.lastModified?.toISOString().slice(0, 10) ?? '-',
      entry.mediaType,
      toVisible(formatLocation(entry)),
    ]);
    if (!this.#begun) rows.unshift([...HEADINGS]);
    this.#begun = true;
    for (const row of rows) row.forEach((cell, column) => this.#widen(column, cell));
    return rows.map((row) => this.#line(row)).join('');
  }

  #widen(column: number, cell: string): void {
    this.#widths[column] = Math.max(this.#widths[column] ?? 0, lengthOf(cell));
  }

  #line(row: readonly string[]): string {
    const cells = row.map((cell, column) => {
      const space = ' '.repeat((this.#widths[column] ?? 0) - lengthOf(cell));
      // A number's digits stand below each other.
      return HEADINGS[column] === 'SIZE' ? space + cell : cell + space;
    });
    return `${cells.join('  ').trimEnd()}\n`;
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

function toVisible(text: string): string {
  return text.replaceAll(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Characters, not UTF-16 units: an id in another script keeps its columns. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
