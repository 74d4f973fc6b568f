// The OpenAPI document of a list of routes, made of the schemas that their requests are held to. @fastify/swagger makes
// it, in a server that serves nobody, so that the one that does has no part of it.
import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import { Type } from 'typebox';
import type { Route, RouteDocument } from './route-list.ts';

const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
).version;

const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Sluice',
    version: VERSION,
    description: 'Objects of any size in front of S3, and the books about them. HEAD is for whatever GET is for.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  tags: [
    { name: 'data', description: 'Objects and bundles of them' },
    { name: 'administration', description: 'The books: for administrators' },
    { name: 'gateway', description: 'The gateway about itself' },
  ],
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'A token of this gateway, or of the issuer it trusts' },
      token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'The same tokens' },
      link: { type: 'apiKey', in: 'query', name: 'sig', description: 'A signed link, its query as it was given' },
    },
  },
} as const;

const problemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.Optional(Type.String()),
});

const PROBLEM = {
  description: 'What was wrong, and what would be right: problem details (RFC 9457)',
  content: { 'application/problem+json': { schema: problemSchema } },
};

const DESCRIPTIONS: Readonly<Record<string, string>> = { 200: 'As it is', 201: 'It is new' };

export async function describeRoutes(routes: readonly Route[]): Promise<object> {
  const book = Fastify({ exposeHeadRoutes: false });
  book.setValidatorCompiler(() => () => true);
  book.setSerializerCompiler(() => JSON.stringify);
  await book.register(swagger, { openapi: structuredClone(OPENAPI) as object, convertConstToEnum: false });
  for (const { method, url, schema } of routes) {
    if (method === 'HEAD') continue;
    const response = { ...toResponses(schema.response), default: PROBLEM };
    book.route({ method, url: url.replace('*', ':id'), schema: { ...schema, response }, handler: async () => null });
  }
  try {
    await book.ready();
    return book.swagger();
  } finally {
    await book.close();
  }
}

/** Says of each answer what it is, and of what kind where it says nothing of that itself. */
function toResponses(response: unknown): Readonly<Record<string, RouteDocument>> {
  const answers = Object.entries((response ?? {}) as Readonly<Record<string, RouteDocument>>);
  return Object.fromEntries(
    answers.map(([status, answer]) => {
      if ('content' in answer || answer['type'] === 'null') return [status, answer];
      const description = answer['description'] ?? DESCRIPTIONS[status] ?? 'The answer';
      return [status, { description, content: { 'application/json': { schema: answer } } }];
    }),
  );
}
