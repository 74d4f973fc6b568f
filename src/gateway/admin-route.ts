// How a route of administration is done: who asks → may they → is it what is wanted → do it → say so in the log. The
// rest each route says of itself, in the table of its resource: admin-collections.ts, admin-objects.ts and so on.
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Access, Principal } from '../access/access.ts';
import type { Admin, Work } from '../admin/admin.ts';
import type { Clock } from '../clock.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import type { Answer } from './admin-answer.ts';
import { Refused, refuse, toRefusal, toSluiceError } from './admin-refusal.ts';
import { identify } from './admission.ts';
import { parseIdAfter } from './object-path.ts';
import { isRefusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { SchemaMismatch } from './schema-check.ts';
import { RequestsUnderWay, leave } from './requests-under-way.ts';
import type { RouteDocument } from './route-list.ts';

/** A link or a quota has hundreds of bytes; a token may name a thousand collections. */
export const MAX_BODY_BYTES = 256 << 10;

/** An administrator is a person or a few scripts; more at once is a loop gone wild. */
const MAX_UNDER_WAY = 64;

/** Nothing of this is a cache's, and no page of another site is told anything. */
export const ADMIN_FIELDS = { 'cache-control': 'no-store' } as const;

export type AdminRouteOptions = {
  readonly admin: Admin;
  readonly access: Access;
  /** Told of every change, and of everybody who may not make one. */
  readonly log: { info(fields: object, message: string): void };
  /** Told of what is our fault, or a store's. */
  readonly report: (error: SluiceError, path: string) => void;
  /** How long content that comes bit by bit may pause, and a reader of an answer that is made while it is sent. */
  readonly stallTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
};

/** Those routes that the same people may use. */
export type AdminScope = AdminRouteOptions & {
  readonly server: FastifyInstance;
  readonly underWay: RequestsUnderWay;
  /** What to tell whoever they are not for. */
  readonly refuse: (principal: Principal) => Refusal | undefined;
};

export function createScope(
  server: FastifyInstance,
  options: AdminRouteOptions & Pick<AdminScope, 'refuse'>,
): AdminScope {
  const { stallTimeoutMs, clock } = options;
  return { ...options, server, underWay: new RequestsUnderWay({ max: MAX_UNDER_WAY, stallTimeoutMs, clock }) };
}

export type Asked<Body, Query> = {
  readonly admin: Admin;
  readonly work: Work;
  readonly body: Body;
  readonly query: Query;
  /** What the path names: the one segment that is not the same for all, or all that follows. */
  readonly named: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};

export type RouteSpec<Body extends TSchema, Query extends TSchema> = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly url: string;
  /** Its name to programs, and in the log. */
  readonly operationId: string;
  readonly summary: string;
  /** Whether it changes anything: then it is logged. */
  readonly isChange: boolean;
  readonly params?: TSchema;
  readonly query?: Query;
  readonly body?: Body;
  /** Of content that comes bit by bit, and is held to no schema here. Default: `application/json`. */
  readonly mediaType?: string;
  readonly answers: Readonly<Record<number, TSchema | RouteDocument>>;
  /** For the document alone. */
  readonly document?: RouteDocument;
  /** Resolves with nothing when it has answered by itself. */
  readonly handle: (asked: Asked<Static<Body>, Static<Query>>) => Promise<Answer | undefined>;
};

/** Adds the route. */
export function addRoute<Body extends TSchema, Query extends TSchema>(
  scope: AdminScope,
  spec: RouteSpec<Body, Query>,
): void {
  const { server, underWay, report, clock } = scope;
  const principals = new WeakMap<FastifyRequest, Principal>();
  const { onRequest, ...hooks } = underWay.hooks;
  server.route({
    method: spec.method,
    url: spec.url,
    bodyLimit: MAX_BODY_BYTES,
    schema: toSchema(spec),
    config: { document: spec.document ?? {} },
    ...hooks,
    onRequest: [
      onRequest,
      async (request) => {
        principals.set(request, await admit(request, scope));
      },
    ],
    handler: async (request, reply) => {
      const signal = underWay.signalOf(request);
      signal.throwIfAborted();
      const principal = principals.get(request)!;
      const { body, query } = request as { readonly body: Static<Body>; readonly query: Static<Query> };
      const named = readName(request, spec.url);
      const work = { principal: principal.name, signal };
      const asked = { admin: scope.admin, work, body, query, named, request, reply };
      try {
        const answer = await logged(() => spec.handle(asked), { scope, spec, principal, named });
        if (!answer) return reply;
        signal.throwIfAborted();
        void reply.code(answer.status).headers(ADMIN_FIELDS);
        return reply.send(answer.status === 204 ? undefined : answer.content);
      } catch (error) {
        // An answer that was under way has been cut: there is no other.
        if (!reply.sent) throw error;
        if (!signal.aborted) report(toSluiceError(error), spec.url);
        return reply;
      }
    },
    errorHandler: (error, request, reply) => {
      const { failure, ...refusal } = toRefusal(error, toWanted(spec));
      // What was under way for a client that has gone was given up, in whatever words it says so.
      if (underWay.isGone(request)) return leave(reply);
      if (failure) report(failure, spec.url);
      refuse(request, reply, { ...refusal, clock });
    },
  });
}

function toSchema(spec: RouteSpec<TSchema, TSchema>): FastifySchema {
  const { operationId, summary, params, query, body, answers } = spec;
  return {
    ...{ operationId, summary, tags: ['administration'], security: [{ bearer: [] }, { token: [] }] },
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    response: answers,
  };
}

function toWanted({ method, mediaType = 'application/json' }: RouteSpec<TSchema, TSchema>) {
  return { method, mediaType, maxBytes: MAX_BODY_BYTES };
}

async function admit(request: FastifyRequest, scope: AdminScope): Promise<Principal> {
  const signal = scope.underWay.signalOf(request);
  const principal = await identify(scope.access, { request: request.raw, signal });
  signal.throwIfAborted();
  if (isRefusal(principal)) throw new Refused(principal);
  const refusal = scope.refuse(principal);
  if (!refusal) return principal;
  const { name, credential } = principal;
  scope.log.info({ principal: name, credential, method: request.method, path: pathOf(request) }, 'not for them');
  throw new Refused(refusal);
}

/** A link's signature is in the query, which is nobody's to read. */
function pathOf({ raw }: FastifyRequest): string {
  return (raw.url ?? '').split('?', 1)[0]!;
}

function readName(request: FastifyRequest, url: string): string {
  const [name = ''] = Object.values(request.params as Readonly<Record<string, string>>);
  if (!url.endsWith('/*')) return name;
  try {
    return parseIdAfter(url.slice(0, -1), request.raw.url ?? '');
  } catch (error) {
    throw new SchemaMismatch(error instanceof SluiceError ? error.message : 'the id cannot be read');
  }
}

type Logging = {
  readonly scope: AdminScope;
  readonly spec: Pick<RouteSpec<TSchema, TSchema>, 'operationId' | 'isChange'>;
  readonly principal: Principal;
  readonly named: string;
};

/** Writes down who has changed what, or tried to: an attempt that fails in the middle may have changed something. */
async function logged(
  handle: () => Promise<Answer | undefined>,
  { scope, spec, principal, named }: Logging,
): Promise<Answer | undefined> {
  if (!spec.isChange) return handle();
  const { name, credential } = principal;
  const entry = { principal: name, credential, action: spec.operationId };
  try {
    const answer = await handle();
    const subject = answer && 'subject' in answer ? answer.subject : named || undefined;
    scope.log.info({ ...entry, subject }, 'the books were changed');
    return answer;
  } catch (error) {
    const code = isSluiceError(error) ? error.code : error instanceof Refused ? 'not-found' : 'misuse';
    scope.log.info({ ...entry, subject: named || undefined, error: code }, 'the books were to be changed');
    throw error;
  }
}
