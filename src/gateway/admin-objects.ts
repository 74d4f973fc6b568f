// /admin/objects: what the catalog has, one by one and page by page.
import {
  newObjectSchema,
  objectParamsSchema,
  objectSchema,
  objectsQuerySchema,
  objectsSchema,
} from '../admin/schemas.ts';
import { NO_CONTENT, toFound, toKept, toRemoved } from './admin-answer.ts';
import { addRoute } from './admin-route.ts';
import type { AdminScope } from './admin-route.ts';

/** An id may have slashes: it is all that follows. */
const URL = '/admin/objects/*';

/** The router's own reading of the id is not held to anything: `parseIdAfter` reads it. */
const NAMED = { document: { params: objectParamsSchema } };

export function addObjectRoutes(scope: AdminScope): void {
  addRoute(scope, {
    method: 'GET',
    url: '/admin/objects',
    operationId: 'listObjects',
    summary: 'List objects in the order of their ids',
    isChange: false,
    query: objectsQuerySchema,
    answers: { 200: objectsSchema },
    handle: async ({ admin, work, query }) => ({ status: 200, content: await admin.objects(query, work) }),
  });
  addRoute(scope, {
    ...NAMED,
    method: 'GET',
    url: URL,
    operationId: 'getObject',
    summary: 'Tell of one object',
    isChange: false,
    answers: { 200: objectSchema },
    handle: async ({ admin, work, named }) => toFound('object', await admin.object(named, work)),
  });
  addRoute(scope, {
    ...NAMED,
    method: 'PUT',
    url: URL,
    operationId: 'putObject',
    summary: 'Add an object, or replace it; its store is asked for its size and version',
    isChange: true,
    body: newObjectSchema,
    answers: { 200: objectSchema, 201: objectSchema },
    handle: async ({ admin, work, named, body }) => toKept(await admin.putObject(named, body, work)),
  });
  addRoute(scope, {
    ...NAMED,
    method: 'DELETE',
    url: URL,
    operationId: 'removeObject',
    summary: 'Take an object out of the catalog; the store keeps it',
    isChange: true,
    answers: { 204: NO_CONTENT },
    handle: async ({ admin, work, named }) => toRemoved('object', await admin.removeObject(named, work)),
  });
}
