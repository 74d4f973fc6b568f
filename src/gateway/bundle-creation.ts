// POST /bundles: a list of ids becomes a bundle, if whoever asks may have all of them. Making one twice is making it
// once: the second time the same bundle is the answer.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { Bundle } from '../bundle/bundles.ts';
import { MAX_OBJECT_ID_BYTES } from '../catalog/object-id.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import { BUNDLES_DOCUMENT } from './bundle-document.ts';
import { lookUpMembers, toNamedIds } from './bundle-members.ts';
import { BUNDLES_PATH, toBundlePath } from './bundle-route.ts';
import type { BundleRouteOptions } from './bundle-route.ts';
import { toContentProblem } from './content-problem.ts';
import { CORS_FIELDS } from './cors.ts';
import { toOwnFailure } from './own-failure.ts';
import { isRefusal, toHidden } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { RequestsUnderWay, leave } from './requests-under-way.ts';
import { respondProblem, toRetryFields } from './respond.ts';
import { SchemaMismatch } from './schema-check.ts';
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
  const underWay = new RequestsUnderWay({ max: MAX_UNDER_WAY });
  server.post<{ Body: Body }>(BUNDLES_PATH, {
    bodyLimit: MAX_BODY_BYTES,
    schema: { ...BUNDLES_DOCUMENT, body: toBodySchema(options.bundles.store.maxMembers) },
    ...underWay.hooks,
    handler: async (request, reply) => {
      const answer = await make(request, { ...options, signal: underWay.signalOf(request) });
      if (isRefusal(answer)) return refuse(reply, answer);
      const { bundle, isNew } = answer;
      return reply
        .code(isNew ? 201 : 200)
        .headers({ ...CORS_FIELDS, location: toBundlePath(bundle.id), 'cache-control': 'no-store' })
        .send(toContent(bundle));
    },
    errorHandler: (error, request, reply) => {
      if (underWay.isGone(request)) leave(reply);
      else refuse(reply, toRefusal(error, options));
    },
  });
}

type Made = { readonly bundle: Bundle; readonly isNew: boolean };

async function make(
  { body, raw }: FastifyRequest<{ Body: Body }>,
  { signal, ...options }: BundleRouteOptions & { readonly signal: AbortSignal },
): Promise<Made | Refusal> {
  const ids = [...new Set(body.ids)];
  const members = await lookUpMembers(ids, { request: raw, signal }, options);
  if (isRefusal(members)) return members;
  const entries = members.entries.filter((entry) => entry !== undefined);
  const { principal } = members;
  if (entries.length < ids.length) {
    const unknown = ids.filter((_, index) => !members.entries[index]);
    return principal.challenge === undefined ? toUnknown(unknown) : toHidden(principal, '');
  }
  const { store } = options.bundles;
  const bundle = store.pin(entries);
  try {
    return { bundle, isNew: await store.keep(bundle) };
  } catch (cause) {
    throw toOwnFailure(cause, 'the bundles failed');
  }
}

/** The same for what is not there and what is not for them. */
function toUnknown(ids: readonly string[]): Refusal {
  const title = 'Some of the ids are not there, or not for you';
  return { problem: { type: 'about:blank', title, status: 422, extensions: toNamedIds(ids) } };
}

function toRefusal(error: unknown, { bundles, report }: BundleRouteOptions): Refusal {
  const problemOf = (status: number, title: string) => ({
    problem: { type: 'about:blank', title, status },
    fields: CLOSE,
  });
  if (isSluiceError(error, 'bad-input'))
    return problemOf(422, 'These objects are too many or too large for one bundle');
  if (error instanceof SchemaMismatch) {
    const { maxMembers } = bundles.store;
    return problemOf(400, `Want {"ids": […]} with 1 to ${maxMembers} ids, and nothing else`);
  }
  const content = toContentProblem(error, { mediaType: 'application/json', maxBytes: MAX_BODY_BYTES });
  if (content && !isSluiceError(error)) return { problem: content, fields: CLOSE };
  const { problem, retryAfterSeconds } = toProblemAnswer(error);
  if (problem.status === 500) {
    report(isSluiceError(error) ? error : new SluiceError('misuse', 'a bundle failed', { cause: error }), BUNDLES_PATH);
  }
  return { problem, fields: { ...CLOSE, ...toRetryFields(retryAfterSeconds) } };
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
