// Answers that are ours from the first byte to the last: problem details and the few small documents.
import type { ServerResponse } from 'node:http';
import { PROBLEM_MEDIA_TYPE, formatProblem } from '../http/problem.ts';
import type { Problem } from '../http/problem.ts';
import type { ProblemAnswer } from './status.ts';

/** Sends a problem (RFC 9457), or cuts the connection when a head has left already. Node leaves the content out for HEAD. */
export function respondProblem(
  response: ServerResponse,
  problem: Problem,
  fields: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const content = Buffer.from(formatProblem(problem));
  response.writeHead(problem.status, {
    ...fields,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': content.length,
    'cache-control': 'no-store',
  });
  response.end(content);
}

/** Sends what `toProblemAnswer` found. */
export function respondAnswer(response: ServerResponse, { problem, retryAfterSeconds }: ProblemAnswer): void {
  respondProblem(response, problem, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
}
