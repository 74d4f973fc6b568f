// /admin/tokens, /admin/links and /admin/link-keys: what shows that somebody may have something.
import {
  createdTokenSchema,
  linkKeySchema,
  linkKeysSchema,
  linkSchema,
  nameParamsSchema,
  newLinkSchema,
  newTokenSchema,
  tokensQuerySchema,
  tokensSchema,
} from '../admin/schemas.ts';
import { NO_CONTENT, toRemoved } from './admin-answer.ts';
import { addRoute } from './admin-route.ts';
import type { AdminScope } from './admin-route.ts';

export function addTokenRoutes(scope: AdminScope): void {
  addRoute(scope, {
    method: 'GET',
    url: '/admin/tokens',
    operationId: 'listTokens',
    summary: 'List tokens, without their secrets, in the order of their ids',
    isChange: false,
    query: tokensQuerySchema,
    answers: { 200: tokensSchema },
    handle: async ({ admin, work, query }) => ({ status: 200, content: await admin.tokens(query, work) }),
  });
  addRoute(scope, {
    method: 'POST',
    url: '/admin/tokens',
    operationId: 'createToken',
    summary: 'Make a token; only this answer has its secret',
    isChange: true,
    body: newTokenSchema,
    answers: { 201: createdTokenSchema },
    handle: async ({ admin, work, body }) => {
      const content = await admin.createToken(body, work);
      return { status: 201, content, subject: content.id };
    },
  });
  addRoute(scope, {
    method: 'DELETE',
    url: '/admin/tokens/:id',
    operationId: 'revokeToken',
    summary: 'Take a token back',
    isChange: true,
    params: nameParamsSchema,
    answers: { 204: NO_CONTENT },
    handle: async ({ admin, work, named }) => toRemoved('token', await admin.revokeToken(named, work)),
  });
}

export function addLinkRoutes(scope: AdminScope): void {
  addRoute(scope, {
    method: 'POST',
    url: '/admin/links',
    operationId: 'createLink',
    summary: 'Sign a link: whoever has it may read one object until it expires',
    isChange: true,
    body: newLinkSchema,
    answers: { 201: linkSchema },
    handle: async ({ admin, work, body }) => {
      const content = await admin.createLink(body, work);
      return { status: 201, content, subject: body.id };
    },
  });
  addRoute(scope, {
    method: 'GET',
    url: '/admin/link-keys',
    operationId: 'listLinkKeys',
    summary: 'List the keys that links are signed with, without their secrets',
    isChange: false,
    answers: { 200: linkKeysSchema },
    handle: async ({ admin, work }) => ({ status: 200, content: { items: await admin.linkKeys(work) } }),
  });
  addRoute(scope, {
    method: 'POST',
    url: '/admin/link-keys',
    operationId: 'rotateLinkKey',
    summary: 'Sign with a new key from now on; links that were signed before are good until they expire',
    isChange: true,
    answers: { 201: linkKeySchema },
    handle: async ({ admin, work }) => {
      const content = await admin.rotateLinkKey(work);
      return { status: 201, content, subject: content.id };
    },
  });
  addRoute(scope, {
    method: 'DELETE',
    url: '/admin/link-keys/:id',
    operationId: 'removeLinkKey',
    summary: 'Remove a key: every link that was signed with it ends',
    isChange: true,
    params: nameParamsSchema,
    answers: { 204: NO_CONTENT },
    handle: async ({ admin, work, named }) => toRemoved('link key', await admin.removeLinkKey(named, work)),
  });
}
