// The routes that a server has, as it is given them: which methods a path allows, and what the document says of each.
import type { FastifyInstance, FastifySchema } from 'fastify';

/** What a document says of a route beyond the schemas that its requests are checked against. */
export type RouteDocument = Readonly<Record<string, unknown>>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In the place of the route's schema, member by member, in the document alone. */
    document?: RouteDocument;
  }
}

export type Route = {
  readonly method: string;
  /** As Fastify writes it: `/admin/tokens/:id`, `/admin/objects/*`. */
  readonly url: string;
  readonly schema: FastifySchema & RouteDocument;
};

export type RouteList = {
  readonly routes: readonly Route[];
  /** The methods of whatever this path is; none where it is nothing. */
  allowedAt(path: string): readonly string[];
};

/** To be called before any route is added. */
export function listRoutes(server: FastifyInstance): RouteList {
  const routes: Route[] = [];
  server.addHook('onRoute', ({ method, url, schema = {}, config }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, schema: { ...schema, ...config?.document } });
  });
  return {
    routes,
    allowedAt: (path) => [
      ...new Set(routes.filter(({ url }) => toPattern(url).test(path)).map(({ method }) => method)),
    ],
  };
}

/** Matches what the router does: `:name` is one segment, `*` is whatever follows. */
function toPattern(url: string): RegExp {
  const escaped = url.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(/:\w+/g, '[^/]+').replace('*', '.*')}$`);
}
