// An entry that can be served, for tests that care for a field or two of it.
import type { CatalogEntry } from './catalog.ts';

export function entry(id: string, more: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    id,
    collection: 'default',
    store: 'archive',
    bucket: 'library',
    key: `objects/${id}`,
    size: 12,
    etag: '"abc"',
    filename: 'file.bin',
    mediaType: 'application/octet-stream',
    digests: {},
    ...more,
  };
}
