// What whoever administers is told when it was not done.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../access/access.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import type { Problem } from '../http/problem.ts';
import { toContentProblem } from './content-problem.ts';
import type { WantedContent } from './content-problem.ts';
import { toOwnFailure } from './own-failure.ts';
import { toUnauthenticated } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { hasContent } from './request-guard.ts';
import { respondProblem, toRetryFields } from './respond.ts';
import { toProblemAnswer } from './status.ts';

/** How long content that nobody wants is taken in, so that whoever sends it gets to read the answer. */
const LINGER_MS = 2_000;

/** A refusal on its way to whoever answers. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.problem.title);
    this.refusal = refusal;
  }
}

/** What is to be told to a principal who is no administrator, if they are none. */
export function refuseOthers({ isAdmin, challenge }: Principal): Refusal | undefined {
  if (isAdmin) return undefined;
  if (challenge !== undefined) return toUnauthenticated(challenge);
  return { problem: toProblem(403, 'This is for administrators') };
}

/** What is to be told to somebody in particular about themselves alone, if it is nobody in particular. */
export function refuseNobody({ credential, challenge }: Principal): Refusal | undefined {
  if (challenge !== undefined) return toUnauthenticated(challenge);
  return credential === undefined ? { problem: toProblem(403, 'Nobody in particular is asking') } : undefined;
}

/** What is not there. `absent` names it to programs: a 404 without it is of another kind. */
export function toAbsent(what: string): Refused {
  return new Refused({ problem: { ...toProblem(404, `There is no such ${what}`), extensions: { absent: what } } });
}

/** For whatever was thrown. What is our fault comes back as an error for the operator, too. */
export function toRefusal(
  error: unknown,
  wanted: WantedContent & { readonly method: string },
): Refusal & {
  readonly failure?: SluiceError;
} {
  if (error instanceof Refused) return error.refusal;
  if (isSluiceError(error, 'bad-input') && isOurWord(error)) {
    // A DELETE says nothing that could be wrong: what stands in its way is how things are.
    const status = wanted.method === 'DELETE' ? 409 : 422;
    return { problem: { ...toProblem(status, 'This cannot be done'), detail: error.message } };
  }
  const content = isSluiceError(error) ? undefined : toContentProblem(error, wanted);
  if (content) return { problem: content };
  const known = isSluiceError(error) && error.code !== 'bad-input' ? error : toOwnFailure(error, 'the books failed');
  const { problem, retryAfterSeconds } = toProblemAnswer(known);
  const fields = toRetryFields(retryAfterSeconds);
  return { problem, fields, ...(problem.status === 500 ? { failure: known } : {}) };
}

/** Whether it is about what was asked: behind it is nothing that our database has called bad input. */
function isOurWord({ cause }: Error): boolean {
  return cause === undefined || (cause instanceof SluiceError && isOurWord(cause));
}

export function toSluiceError(error: unknown): SluiceError {
  return error instanceof SluiceError ? error : toOwnFailure(error, 'a request failed unexpectedly');
}

/** Answers, and takes in for a while what is left of the request's content. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { problem, fields, clock = SYSTEM_CLOCK }: Refusal & { readonly clock?: Clock | undefined },
): void {
  reply.hijack();
  respondProblem(reply.raw, problem, fields);
  const { raw } = request;
  if (!hasContent(raw) || raw.complete || raw.destroyed) return;
  const callOff = clock.after(LINGER_MS, () => raw.destroy());
  raw.once('close', callOff);
  raw.resume();
}

function toProblem(status: number, title: string): Problem {
  return { type: 'about:blank', title, status };
}
