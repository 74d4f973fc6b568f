// A library of any size that takes no memory: each object follows from its number.
import { createHash } from 'node:crypto';

/** As a file is read: what one piece of the input holds. */
const LINES_PER_PIECE = 200;

export type Library = { readonly rows: number; readonly shuffled: boolean };

/** Numbered from 0. In order they are paths of runs; shuffled, they are as random UUIDs. */
export function idOf(index: number, { shuffled }: Pick<Library, 'shuffled'>): string {
  const hash = hashOf(index);
  if (shuffled) return hash.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return `project-7/run-${String(index).padStart(9, '0')}/${hash.slice(0, 8)}.aligned.bam`;
}

/** NDJSON, as `sluice catalog import` reads it. `onMade` is told how long each piece took to make, in milliseconds. */
export async function* libraryLines(library: Library, onMade: (ms: number) => void): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < library.rows; start += LINES_PER_PIECE) {
    const began = performance.now();
    const count = Math.min(LINES_PER_PIECE, library.rows - start);
    const lines = Array.from({ length: count }, (_, offset) => `${lineOf(start + offset, library)}\n`);
    const piece = Buffer.from(lines.join(''));
    onMade(performance.now() - began);
    yield piece;
  }
}

function lineOf(index: number, library: Library): string {
  const id = idOf(index, library);
  const hash = hashOf(index);
  return JSON.stringify({
    id,
    collection: 'default',
    store: 'archive',
    bucket: 'research-library',
    key: `objects/${id}`,
    size: 1_000_000 + index,
    etag: `"${hash}-12"`,
    partBytes: 8 << 20,
    lastModified: new Date(1_700_000_000_000 + index).toISOString(),
    filename: `${hash.slice(0, 8)}.aligned.bam`,
    mediaType: 'application/vnd.ga4gh.bam',
    digests: { 'sha-256': hash + hash },
  });
}

function hashOf(index: number): string {
  return createHash('md5').update(String(index)).digest('hex');
}
