// What somebody is told who may not have what they asked for, or not now.
import type { Decision, Principal } from '../access/access.ts';
import type { Client } from '../flow/client.ts';
import type { Problem } from '../http/problem.ts';
import { respondProblem } from './respond.ts';

export type Refusal = { readonly problem: Problem; readonly fields?: Readonly<Record<string, string>> };

export function isRefusal(value: object): value is Refusal {
  return 'problem' in value;
}

function toProblem(status: number, title: string): Problem {
  return { type: 'about:blank', title, status };
}

/** For a decision that names nobody. */
export function toRefusal(decision: Exclude<Decision, { readonly kind: 'known' }>): Refusal {
  if (decision.kind === 'unauthenticated') return toUnauthenticated(decision.challenge);
  if (decision.kind === 'forbidden') return { problem: toProblem(403, decision.reason) };
  const problem = toProblem(429, 'Too many attempts have failed from your address');
  return { problem, fields: toRetryAfter(decision) };
}

export function toUnauthenticated(challenge: string): Refusal {
  return { problem: toProblem(401, 'Say who you are'), fields: { 'www-authenticate': challenge } };
}

export function toRetryAfter({ retryAfterMs }: { readonly retryAfterMs: number }): Readonly<Record<string, string>> {
  return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}

/** The same for what is not there and what is not for them, so that nobody learns what is. */
export function toHidden({ challenge }: Pick<Principal, 'challenge'>, title: string): Refusal {
  return challenge === undefined ? { problem: toProblem(404, title) } : toUnauthenticated(challenge);
}

/** Answers in the client's turn; resolves when that has left. */
export async function refuse(client: Client, { problem, fields }: Refusal): Promise<undefined> {
  await client.turn();
  respondProblem(client.response, problem, { ...client.fields, ...fields });
  await client.finished();
  return undefined;
}
