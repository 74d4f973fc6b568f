// /admin/collections: what objects are grouped by, and access to them is granted by.
import { collectionParamsSchema, collectionSchema, collectionsSchema, newCollectionSchema } from '../admin/schemas.ts';
import { NO_CONTENT, toFound, toKept, toRemoved } from './admin-answer.ts';
import { addRoute } from './admin-route.ts';
import type { AdminScope } from './admin-route.ts';

export function addCollectionRoutes(scope: AdminScope): void {
  addRoute(scope, {
    method: 'GET',
    url: '/admin/collections',
    operationId: 'listCollections',
    summary: 'List the collections',
    isChange: false,
    answers: { 200: collectionsSchema },
    handle: async ({ admin, work }) => ({ status: 200, content: { items: await admin.collections(work) } }),
  });
  addRoute(scope, {
    method: 'GET',
    url: '/admin/collections/:id',
    operationId: 'getCollection',
    summary: 'Tell of one collection',
    isChange: false,
    params: collectionParamsSchema,
    answers: { 200: collectionSchema },
    handle: async ({ admin, work, named }) => {
      const collections = await admin.collections(work);
      return toFound(
        'collection',
        collections.find(({ id }) => id === named),
      );
    },
  });
  addRoute(scope, {
    method: 'PUT',
    url: '/admin/collections/:id',
    operationId: 'putCollection',
    summary: 'Add a collection, or change what is said of it; what is left out stays as it is',
    isChange: true,
    params: collectionParamsSchema,
    body: newCollectionSchema,
    answers: { 200: collectionSchema, 201: collectionSchema },
    handle: async ({ admin, work, named, body }) => toKept(await admin.putCollection(named, body, work)),
  });
  addRoute(scope, {
    method: 'DELETE',
    url: '/admin/collections/:id',
    operationId: 'removeCollection',
    summary: 'Remove a collection that no object is in',
    isChange: true,
    params: collectionParamsSchema,
    answers: { 204: NO_CONTENT },
    handle: async ({ admin, work, named }) => toRemoved('collection', await admin.removeCollection(named, work)),
  });
}
