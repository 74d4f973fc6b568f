// The sample library of `sluice demo`: what the embedded store holds, and what the catalog says of it.
// Synthetic objects are functions of their seed and size, so their digests are known before they are ever read.
import { createHash } from 'node:crypto';
import { DEFAULT_COLLECTION } from '../catalog/catalog.ts';
import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import type { Source } from '../source/source.ts';

export const DEMO_BUCKET = 'library';
export const DEMO_STORE = 'demo';

const GIB = 2 ** 30;

/** As an upload of that size would have it: S3 allows 10,000 parts. */
const PART_SIZE_BYTES = 64 << 20;

export type Sample = {
  readonly id: string;
  readonly key: string;
  readonly size: number;
  readonly seed: number;
  readonly mediaType: string;
  readonly partSizeBytes?: number;
  /** Lower-case hex; of the one object that nobody would wait for, nobody has computed it. */
  readonly sha256?: string;
};

export const SAMPLES: readonly Sample[] = [
  {
    id: 'small',
    key: 'notes/small.bin',
    size: 1024,
    seed: 1,
    mediaType: 'application/octet-stream',
    sha256: '1c62e7ee0596302e7e8e55f32194fe8b34793cf281ae58a8db29dad21fa7a285',
  },
  {
    id: 'photo',
    key: 'satellite/photo.tif',
    size: 24_000_000,
    seed: 2,
    mediaType: 'image/tiff',
    sha256: 'a5ce118d88c48a5a87ca5f9c8c45eb036936cd287d6e30e02e02d3b2d1f24254',
  },
  {
    id: 'genome',
    key: 'genomes/genome.bam',
    size: GIB,
    seed: 3,
    mediaType: 'application/octet-stream',
    partSizeBytes: PART_SIZE_BYTES,
    sha256: '5d26b1b2e70864018e871ced140b522450ccf2d97ee851bf565be80b8cabf0cb',
  },
  {
    id: 'big',
    key: 'genomes/big.bam',
    size: 100 * GIB,
    seed: 4,
    mediaType: 'application/octet-stream',
    partSizeBytes: PART_SIZE_BYTES,
  },
];

/** The one real file of the library. */
export const README = {
  id: 'readme',
  key: 'README.txt',
  text: `This file is an object in an S3 store, and the store is a part of Sluice's demo.
Its neighbours are made from nothing but their offset, so that even the one of 100 GiB takes no disk.
`,
} as const;

/** Enters every object into the catalog, as the store describes it. */
export async function catalogSamples(catalog: Catalog, source: Source, signal: AbortSignal): Promise<void> {
  const readmeDigest = createHash('sha256').update(README.text).digest('hex');
  const objects = [{ id: README.id, key: README.key, sha256: readmeDigest }, ...SAMPLES];
  const entries = objects.map(async ({ id, key, sha256 }): Promise<CatalogEntry> => {
    const stat = await source.stat({ bucket: DEMO_BUCKET, key }, { signal });
    return {
      ...stat,
      id,
      collection: DEFAULT_COLLECTION,
      store: DEMO_STORE,
      bucket: DEMO_BUCKET,
      key,
      filename: key.slice(key.lastIndexOf('/') + 1),
      mediaType: stat.mediaType ?? 'application/octet-stream',
      digests: sha256 === undefined ? {} : { 'sha-256': Buffer.from(sha256, 'hex') },
    };
  });
  await catalog.putMany(await Promise.all(entries));
}
