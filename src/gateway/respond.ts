// Answers that are ours from the first byte to the last: problem details and the few small documents.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE, formatProblem } from '../http/problem.ts';
import type { Problem } from '../http/problem.ts';
import type { ProblemAnswer } from './status.ts';

type Fields = Readonly<Record<string, string>>;

/** Connections whose client has been told that they close. */
const closing = new WeakSet<Socket>();

/** Whether what still comes on a connection must not be looked at any more (RFC 9112 §9.6). */
export function hasLastAnswer(socket: Socket): boolean {
  return closing.has(socket);
}

/** Lets the answer tell the client that its connection closes: nothing that comes after this request is looked at. */
export function announceLastAnswer(response: ServerResponse): void {
  response.shouldKeepAlive = false;
  closing.add(response.req.socket);
}

/** Sends a problem (RFC 9457), or cuts the connection when a head has left already. Node leaves the content out for HEAD. */
export function respondProblem(response: ServerResponse, problem: Problem, fields: Fields = {}): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (fields['connection'] === 'close') closing.add(response.req.socket);
  const content = Buffer.from(formatProblem(problem));
  response.writeHead(problem.status, {
    ...fields,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': content.length,
    'cache-control': 'no-store',
  });
  response.end(content);
}

/** Sends what `toProblemAnswer` found, with the fields that every answer to this client has. */
export function respondAnswer(
  { response, fields }: { readonly response: ServerResponse; readonly fields: Fields },
  { problem, retryAfterSeconds }: ProblemAnswer,
): void {
  respondProblem(response, problem, { ...fields, ...toRetryFields(retryAfterSeconds) });
}

/** When to come back (RFC 9110 §10.2.3), where that is known. */
export function toRetryFields(retryAfterSeconds: number | undefined): Fields {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
}
