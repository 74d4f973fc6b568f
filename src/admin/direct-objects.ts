// Objects, in the catalog; what is to be known of a new one is asked of its store.
import { DEFAULT_COLLECTION } from '../catalog/catalog.ts';
import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { formatEntryLine } from '../catalog/entry-line.ts';
import { isStrongEtag } from '../catalog/entry-check.ts';
import { exportEntries } from '../catalog/export.ts';
import { filenameOf } from '../catalog/filename.ts';
import { importEntries } from '../catalog/import.ts';
import { formatManifest } from '../catalog/manifest.ts';
import { mediaTypeOf } from '../catalog/media-types.ts';
import { isObjectId, OBJECT_ID_RULE } from '../catalog/object-id.ts';
import { readPages } from '../catalog/pages.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import type { Stat } from '../source/source.ts';
import type { Admin } from './admin.ts';
import type { DirectAdminOptions } from './direct-admin.ts';
import { checkHere, toPage } from './direct-terms.ts';
import { limitOf } from './schemas.ts';
import type { NewObjectData, ObjectData } from './schemas.ts';

type ObjectAdmin = Pick<
  Admin,
  'objects' | 'object' | 'putObject' | 'removeObject' | 'importObjects' | 'exportObjects' | 'manifest'
>;

export type ObjectAdminOptions = Pick<DirectAdminOptions, 'database' | 'openSource' | 'importBatchSize'> & {
  readonly catalog: Catalog;
  readonly now: () => number;
};

export function createObjectAdmin(options: ObjectAdminOptions): ObjectAdmin {
  const { catalog, database, openSource, importBatchSize, now } = options;
  return {
    async objects(query) {
      const limit = limitOf(query);
      const found = await catalog.list({ ...query, limit: limit + 1 });
      const { items, ...rest } = toPage(found, { limit, nameOf: ({ id }) => id });
      return { items: items.map(toObjectData), ...rest };
    },

    async object(id) {
      const entry = await catalog.find(id);
      return entry && toObjectData(entry);
    },

    async putObject(id, object, { signal }) {
      if (!isObjectId(id)) {
        throw new SluiceError('bad-input', `got the id ${JSON.stringify(id.slice(0, 200))}, want ${OBJECT_ID_RULE}`);
      }
      const stat = await statObject(object, { openSource, signal });
      const before = await catalog.find(id);
      checkHere(signal);
      const entry = toEntry(id, object, stat);
      await catalog.put(entry);
      return { ...toObjectData(entry), isNew: before === undefined };
    },

    removeObject: (id) => catalog.remove(id),

    async importObjects(input, { signal }) {
      const batch = importBatchSize === undefined ? {} : { batchSize: importBatchSize };
      return (await importEntries({ input, database, signal, now, ...batch })).imported;
    },

    exportObjects: (query, { signal }) => exportEntries(catalog, { ...query, signal }),

    manifest: ({ baseUrl, ...query }, { signal }) =>
      formatManifest(readPages(catalog, { ...query, signal }), { baseUrl: baseUrl.replace(/\/+$/, '') }),
  };
}

/** The fields, and how they are written, are those of an export. */
function toObjectData(entry: CatalogEntry): ObjectData {
  return JSON.parse(formatEntryLine(entry)) as ObjectData;
}

function toEntry(id: string, object: NewObjectData, stat: Stat): CatalogEntry {
  const { store, bucket, key, versionId, collection = DEFAULT_COLLECTION, digests = {} } = object;
  const filename = object.filename ?? filenameOf(key);
  return {
    ...{ id, collection, store, bucket, key },
    ...(versionId === undefined ? {} : { versionId }),
    size: stat.size,
    etag: stat.etag,
    ...(stat.partBytes === undefined ? {} : { partBytes: stat.partBytes }),
    ...(stat.lastModified === undefined ? {} : { lastModified: stat.lastModified }),
    filename,
    mediaType: object.mediaType ?? mediaTypeOf(stat.mediaType, filename),
    digests: Object.fromEntries(Object.entries(digests).map(([name, hex]) => [name, Buffer.from(hex, 'hex')])),
  };
}

type Asking = Pick<DirectAdminOptions, 'openSource'> & { readonly signal: AbortSignal };

async function statObject(
  { store, bucket, key, versionId }: NewObjectData,
  { openSource, signal }: Asking,
): Promise<Stat> {
  const source = await openSource(store);
  checkHere(signal);
  if (!source) throw new SluiceError('bad-input', `there is no store ${JSON.stringify(store)}`);
  const place = `${store}:${bucket === '' ? '' : `${bucket}/`}${key}`;
  let stat: Stat;
  try {
    stat = await source.stat({ bucket, key, ...(versionId === undefined ? {} : { versionId }) }, { signal });
  } catch (error) {
    if (!isSluiceError(error, 'not-found')) throw error;
    const version = versionId === undefined ? '' : ` in the version ${versionId}`;
    throw new SluiceError('bad-input', `there is no object ${place}${version}`);
  }
  checkHere(signal);
  if (isStrongEtag(stat.etag)) return stat;
  const got = stat.etag === '' ? 'no ETag' : `the ETag ${stat.etag}`;
  throw new SluiceError('bad-input', `the store gives ${place} ${got}, want a strong one: versions must be told apart`);
}
