// GET /openapi.json: what the gateway offers, as an OpenAPI 3.1 document, for anybody.
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { CORS_FIELDS } from './cors.ts';
import { BUNDLE_TAR_DOCUMENT, OBJECT_DOCUMENT } from './data-document.ts';
import type { Route, RouteList } from './route-list.ts';

export type OpenApiOptions = { readonly hasBundles: boolean };

const SCHEMA = {
  operationId: 'getOpenApi',
  summary: 'This document',
  tags: ['gateway'],
  security: [],
  response: { 200: Type.Object({}, { description: 'An OpenAPI 3.1 document' }) },
};

/** Adds the route. The document is made when it is first asked for, of all routes that the server then has. */
export function addOpenApi(server: FastifyInstance, list: RouteList, options: OpenApiOptions): void {
  let made: string | undefined;
  server.get('/openapi.json', { schema: SCHEMA }, async (_request, reply) => {
    made ??= await describe([...list.routes, ...besides(options)]);
    const fields = { ...CORS_FIELDS, 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
    return reply.headers(fields).send(made);
  });
}

/** What makes documents is loaded by those gateways alone that are asked for theirs. */
async function describe(routes: readonly Route[]): Promise<string> {
  const { describeRoutes } = await import('./openapi-document.ts');
  return JSON.stringify(await describeRoutes(routes));
}

/** What the server answers before the framework sees it. */
function besides({ hasBundles }: OpenApiOptions): readonly Route[] {
  const tar = { method: 'GET', url: '/bundles/:id.tar', schema: BUNDLE_TAR_DOCUMENT };
  return [{ method: 'GET', url: '/data/:id', schema: OBJECT_DOCUMENT }, ...(hasBundles ? [tar] : [])];
}
