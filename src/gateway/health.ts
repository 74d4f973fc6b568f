// What the gateway says of itself to whoever watches it: that it lives, and whether requests are to be sent to it.
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { SluiceError } from '../errors.ts';
import { respondAnswer } from './respond.ts';
import { toProblemAnswer } from './status.ts';
import type { ProblemAnswer } from './status.ts';

export type HealthOptions = {
  readonly transferCount: () => number;
  /** Whether it is on its way to its end. */
  readonly isRetired: () => boolean;
  /** Whether what it depends on lets it serve. */
  readonly isReady: () => boolean;
};

/** For the document. */
const HEALTH_SCHEMA = {
  operationId: 'getHealth',
  summary: 'Tell whether the gateway lives',
  tags: ['gateway'],
  security: [],
  response: { 200: Type.Object({ status: Type.Enum(['ok', 'draining']), transfers: Type.Integer() }) },
};

const READINESS_SCHEMA = {
  operationId: 'getReadiness',
  summary: 'Tell whether requests are to be sent to this gateway',
  tags: ['gateway'],
  security: [],
  response: { 200: Type.Object({ status: Type.Literal('ready') }) },
};

const UNREADY = toUnready('The gateway cannot serve at the moment');

/** Adds `GET /healthz`, 200 for as long as it can answer, and `GET /readyz`, 503 when others are to be asked instead. */
export function addHealth(server: FastifyInstance, { transferCount, isRetired, isReady }: HealthOptions): void {
  server.get('/healthz', { schema: HEALTH_SCHEMA }, async (_request, reply) => {
    void reply.header('cache-control', 'no-store');
    return { status: isRetired() ? 'draining' : 'ok', transfers: transferCount() };
  });
  server.get('/readyz', { schema: READINESS_SCHEMA }, async (_request, reply) => {
    const answer = isRetired()
      ? toProblemAnswer(new SluiceError('closed', 'stopping'))
      : isReady()
        ? undefined
        : UNREADY;
    if (answer) {
      reply.hijack();
      respondAnswer({ response: reply.raw, fields: {} }, answer);
      return reply;
    }
    return reply.header('cache-control', 'no-store').send({ status: 'ready' });
  });
}

/** As for what we depend on, in words that fit a question about us. */
function toUnready(title: string): ProblemAnswer {
  const { problem, ...retry } = toProblemAnswer(new SluiceError('unavailable', title));
  return { problem: { ...problem, title }, ...retry };
}
