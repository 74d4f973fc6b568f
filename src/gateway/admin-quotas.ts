// /admin/quotas: what single principals may have, where that is not what everybody may.
import {
  principalParamsSchema,
  principalQuotaSchema,
  quotaSchema,
  quotasQuerySchema,
  quotasSchema,
} from '../admin/schemas.ts';
import { NO_CONTENT, toKept, toRemoved } from './admin-answer.ts';
import { addRoute } from './admin-route.ts';
import type { AdminScope } from './admin-route.ts';

export function addQuotaRoutes(scope: AdminScope): void {
  addRoute(scope, {
    method: 'GET',
    url: '/admin/quotas',
    operationId: 'listQuotas',
    summary: 'List who has limits of their own, in the order of their names',
    isChange: false,
    query: quotasQuerySchema,
    answers: { 200: quotasSchema },
    handle: async ({ admin, work, query }) => ({ status: 200, content: await admin.quotas(query, work) }),
  });
  addRoute(scope, {
    method: 'PUT',
    url: '/admin/quotas/:principal',
    operationId: 'putQuota',
    summary: 'Give a principal limits of their own in the place of all that they had; what is left out is not limited',
    isChange: true,
    params: principalParamsSchema,
    body: quotaSchema,
    answers: { 200: principalQuotaSchema, 201: principalQuotaSchema },
    handle: async ({ admin, work, named, body }) => toKept(await admin.putQuota(named, body, work)),
  });
  addRoute(scope, {
    method: 'DELETE',
    url: '/admin/quotas/:principal',
    operationId: 'removeQuota',
    summary: 'Give a principal the limits that everybody has',
    isChange: true,
    params: principalParamsSchema,
    answers: { 204: NO_CONTENT },
    handle: async ({ admin, work, named }) => toRemoved('quota', await admin.removeQuota(named, work)),
  });
}
