// The administration of the books over HTTP: /admin and /usage. There are no cookies, so that no page of another site can
// do anything in an administrator's name, and no such page may read an answer.
import type { FastifyInstance } from 'fastify';
import { addCollectionRoutes } from './admin-collections.ts';
import { addLinkRoutes, addTokenRoutes } from './admin-credentials.ts';
import { addObjectRoutes } from './admin-objects.ts';
import { addQuotaRoutes } from './admin-quotas.ts';
import { refuseNobody, refuseOthers } from './admin-refusal.ts';
import { createScope } from './admin-route.ts';
import type { AdminRouteOptions } from './admin-route.ts';
import { addImportRoute, addStreamRoutes } from './admin-streams.ts';
import { addOwnUsageRoute, addUsageRoutes } from './admin-usage.ts';

/** Adds the routes, when the server is made ready. */
export function addAdminRoutes(server: FastifyInstance, options: AdminRouteOptions): void {
  const forAdmins = createScope(server, { ...options, refuse: refuseOthers });
  const forSomebody = createScope(server, { ...options, refuse: refuseNobody });
  void server.register(async (json) => {
    json.removeContentTypeParser('text/plain');
    const scope = { ...forAdmins, server: json };
    addCollectionRoutes(scope);
    addObjectRoutes(scope);
    addTokenRoutes(scope);
    addLinkRoutes(scope);
    addQuotaRoutes(scope);
    addStreamRoutes(scope);
    addUsageRoutes(scope);
    addOwnUsageRoute({ ...forSomebody, server: json });
  });
  void server.register(async (lines) => addImportRoute({ ...forAdmins, server: lines }));
}
