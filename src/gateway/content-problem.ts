// What whoever sent a request is told when Fastify could not take it: each status in our words.
import type { FastifyError } from 'fastify';
import type { Problem } from '../http/problem.ts';
import { SchemaMismatch } from './schema-check.ts';

export type WantedContent = { readonly mediaType: string; readonly maxBytes: number };

/** `undefined` where something else went wrong. */
export function toContentProblem(error: unknown, { mediaType, maxBytes }: WantedContent): Problem | undefined {
  if (error instanceof SchemaMismatch) {
    return { ...toProblem(400, 'The request is not what is wanted here'), detail: error.message };
  }
  switch ((error as Partial<FastifyError>).statusCode) {
    case 413:
      return toProblem(413, `Want at most ${maxBytes} bytes`);
    case 415:
      return toProblem(415, `Want ${mediaType}`);
    case 400:
      return toProblem(400, 'Want JSON');
    default:
      return undefined;
  }
}

function toProblem(status: number, title: string): Problem {
  return { type: 'about:blank', title, status };
}
