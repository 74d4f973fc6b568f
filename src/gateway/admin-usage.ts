// What the ledger says: /usage and /admin/transfers to administrators, /usage/me to everybody of themselves.
import {
  ownUsageQuerySchema,
  transfersQuerySchema,
  transfersSchema,
  usageQuerySchema,
  usageSchema,
} from '../admin/schemas.ts';
import { addRoute } from './admin-route.ts';
import type { AdminScope } from './admin-route.ts';

export function addUsageRoutes(scope: AdminScope): void {
  addRoute(scope, {
    method: 'GET',
    url: '/usage',
    operationId: 'getUsage',
    summary: 'Sum up what was delivered, to whom and of what',
    isChange: false,
    query: usageQuerySchema,
    answers: { 200: usageSchema },
    handle: async ({ admin, work, query }) => ({ status: 200, content: await admin.usage(query, work) }),
  });
  addRoute(scope, {
    method: 'GET',
    url: '/admin/transfers',
    operationId: 'listTransfers',
    summary: 'List transfers, the newest first',
    isChange: false,
    query: transfersQuerySchema,
    answers: { 200: transfersSchema },
    handle: async ({ admin, work, query }) => ({ status: 200, content: await admin.transfers(query, work) }),
  });
}

/** `scope` is of those who are somebody in particular. */
export function addOwnUsageRoute(scope: AdminScope): void {
  addRoute(scope, {
    method: 'GET',
    url: '/usage/me',
    operationId: 'getOwnUsage',
    summary: 'Sum up what was delivered to whoever asks',
    isChange: false,
    query: ownUsageQuerySchema,
    answers: { 200: usageSchema },
    handle: async ({ admin, work, query }) => {
      const content = await admin.usage({ ...query, principal: work.principal }, work);
      return { status: 200, content };
    },
  });
}
