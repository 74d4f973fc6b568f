// POST /bundles: a list of ids becomes a bundle, if whoever asks may have all of them. Making one twice is making it
// once: the second time the same bundle is the answer.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Check } from 'typebox/schema';
import type { Bundle } from '../bundle/bundles.ts';
import { MAX_OBJECT_ID_BYTES } from '../catalog/object-id.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import { onHangUp } from '../flow/hang-up.ts';
import { lookUpMembers, toNamedIds, toUnauthenticated } from './bundle-members.ts';
import type { Refusal } from './bundle-members.ts';
import { BUNDLES_PATH, toBundlePath } from './bundle-route.ts';
import type { BundleRouteOptions } from './bundle-route.ts';
import { CORS_FIELDS } from './cors.ts';
import { respondProblem } from './respond.ts';
import { toProblemAnswer } from './status.ts';

/** Ten thousand ids of a hundred characters. */
const MAX_BODY_BYTES = 1 << 20;

/** A body and what comes of it are in memory at once for each; a client that is told to come back does. */
const MAX_UNDER_WAY = 32;

const toBodySchema = (maxMembers: number) =>
  Type.Object(
    { ids: Type.Array(Type.String({ maxLength: MAX_OBJECT_ID_BYTES }), { minItems: 1, maxItems: maxMembers }) },
    { additionalProperties: false },
  );

type Body = Static<ReturnType<typeof toBodySchema>>;

/** Adds the route. Its options are those of the route that serves the tars. */
export function addBundleCreation(server: FastifyInstance, options: BundleRouteOptions): void {
  const watches = new WeakMap<FastifyRequest, Watch>();
  let underWay = 0;
  server.post<{ Body: Body }>(BUNDLES_PATH, {
    bodyLimit: MAX_BODY_BYTES,
    schema: { body: toBodySchema(options.bundles.store.maxMembers) },
    // Fastify's own would turn what is no list into one, and drop what it does not know.
    validatorCompiler:
      ({ schema }) =>
      (value: unknown) =>
        Check(schema as ReturnType<typeof toBodySchema>, value) ? { value } : { error: new Error('not the schema') },
    onRequest: async (request) => {
      if (underWay >= MAX_UNDER_WAY) throw new SluiceError('overloaded', `${MAX_UNDER_WAY} bundles are being made`);
      underWay += 1;
      watches.set(
        request,
        watch(request, () => (underWay -= 1)),
      );
    },
    onResponse: async (request) => watches.get(request)?.end(),
    handler: async (request, reply) => {
      const answer = await make(request, { ...options, signal: watches.get(request)!.signal });
      if ('problem' in answer) return refuse(reply, answer);
      const { bundle, isNew } = answer;
      return reply
        .code(isNew ? 201 : 200)
        .headers({ ...CORS_FIELDS, location: toBundlePath(bundle.id), 'cache-control': 'no-store' })
        .send(toContent(bundle));
    },
    errorHandler: (error, request, reply) => {
      // Nobody is there to be told; and half of a request may be.
      if (watches.get(request)?.signal.aborted) {
        reply.hijack();
        reply.raw.destroy();
      } else {
        refuse(reply, toRefusal(error, options));
      }
    },
  });
}

type Watch = { readonly signal: AbortSignal; end(): void };

/** A request is under way until it has been answered, or its client has gone: `onEnd` is called once. */
function watch(request: FastifyRequest, onEnd: () => void): Watch {
  const controller = new AbortController();
  let hasEnded = false;
  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    unwatch();
    onEnd();
  };
  const unwatch = onHangUp(request.raw.socket, () => {
    controller.abort();
    end();
  });
  return { signal: controller.signal, end };
}

type Made = { readonly bundle: Bundle; readonly isNew: boolean };

async function make(
  { body, raw }: FastifyRequest<{ Body: Body }>,
  { signal, ...options }: BundleRouteOptions & { readonly signal: AbortSignal },
): Promise<Made | Refusal> {
  const { headers, socket } = raw;
  const ids = [...new Set(body.ids)];
  const members = await lookUpMembers(ids, { headers, remoteAddress: socket.remoteAddress, signal }, options);
  if (members.kind === 'unauthenticated') return toUnauthenticated(members.challenge);
  const entries = members.entries.filter((entry) => entry !== undefined);
  if (entries.length < ids.length) return toUnknown(ids.filter((_, index) => !members.entries[index]));
  const { store } = options.bundles;
  const bundle = store.pin(entries);
  try {
    return { bundle, isNew: await store.keep(bundle) };
  } catch (cause) {
    // What its database calls bad input is not what the client sent.
    throw isSluiceError(cause, 'overloaded') ? cause : new SluiceError('misuse', 'the bundles failed', { cause });
  }
}

/** The same for what is not there and what is not for them. */
function toUnknown(ids: readonly string[]): Refusal {
  const title = 'Some of the ids are not there, or not for you';
  return { problem: { type: 'about:blank', title, status: 422, extensions: toNamedIds(ids) } };
}

function toRefusal(error: FastifyError | SluiceError, { bundles, report }: BundleRouteOptions): Refusal {
  const problemOf = (status: number, title: string) => ({
    problem: { type: 'about:blank', title, status },
    fields: CLOSE,
  });
  if (isSluiceError(error, 'bad-input'))
    return problemOf(422, 'These objects are too many or too large for one bundle');
  if (!isSluiceError(error) && error.validation) {
    const { maxMembers } = bundles.store;
    return problemOf(400, `Want {"ids": […]} with 1 to ${maxMembers} ids, and nothing else`);
  }
  if (!isSluiceError(error) && error.statusCode === 413) return problemOf(413, `Want at most ${MAX_BODY_BYTES} bytes`);
  if (!isSluiceError(error) && error.statusCode === 415) return problemOf(415, 'Want application/json');
  if (!isSluiceError(error) && error.statusCode === 400) return problemOf(400, 'Want JSON');
  const { problem, retryAfterSeconds } = toProblemAnswer(error);
  if (problem.status === 500) {
    report(isSluiceError(error) ? error : new SluiceError('misuse', 'a bundle failed', { cause: error }), BUNDLES_PATH);
  }
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { problem, fields: { ...CLOSE, ...retry } };
}

/** Content that came with a request may not have been read. */
const CLOSE = { connection: 'close' } as const;

function refuse(reply: FastifyReply, { problem, fields }: Refusal): void {
  reply.hijack();
  respondProblem(reply.raw, problem, { ...CORS_FIELDS, ...fields });
}

function toContent({ id, size, etag, members }: Bundle) {
  const named = members.map((member) => ({ id: member.id, name: member.name, size: member.size }));
  return { id, url: toBundlePath(id), size, etag, members: named };
}
