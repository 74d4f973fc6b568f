// Collections, in the catalog.
import type { Catalog, Collection } from '../catalog/catalog.ts';
import type { Admin } from './admin.ts';
import { checkHere } from './direct-terms.ts';

type CollectionAdmin = Pick<Admin, 'collections' | 'putCollection' | 'removeCollection'>;

export function createCollectionAdmin(catalog: Catalog): CollectionAdmin {
  return {
    collections: () => catalog.collections(),

    async putCollection(id, { title, isPublic }, { signal }) {
      const before = (await catalog.collections()).find((collection) => collection.id === id);
      checkHere(signal);
      const collection: Collection = {
        id,
        title: title ?? before?.title ?? id,
        // What nobody has called public is for those to whom it is granted.
        isPublic: isPublic ?? before?.isPublic ?? false,
      };
      await catalog.putCollection(collection);
      return { ...collection, isNew: before === undefined };
    },

    removeCollection: (id) => catalog.removeCollection(id),
  };
}
