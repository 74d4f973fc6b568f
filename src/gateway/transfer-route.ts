// One transfer, along the way of the data: found by its route → limits → plan and flow → ledger. The client is watched
// from before the first await, and each step looks whether it is still there.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../access/access.ts';
import { SluiceError } from '../errors.ts';
import { Client } from '../flow/client.ts';
import type { Engine } from '../flow/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Limits, Permit } from '../limits/limits.ts';
import { toRateLimitFields } from '../limits/rate-limit-fields.ts';
import type { ObjectName, Source } from '../source/source.ts';
import { CORS_FIELDS } from './cors.ts';
import { Meter } from './meter.ts';
import { toOwnFailure } from './own-failure.ts';
import type { Representation } from './plan.ts';
import { refuse, toRetryAfter } from './refusal.ts';
import { respondAnswer } from './respond.ts';
import { sendTo } from './send-object.ts';
import { toProblemAnswer } from './status.ts';
import type { Transfers } from './transfers.ts';

export type ServeOptions = {
  readonly limits: Limits;
  readonly ledger: Ledger;
  readonly transfers: Transfers;
  readonly engine: Engine;
  readonly stallTimeoutMs: number;
  /** Told of what is our fault or a store's, for the operator. */
  readonly report: (error: SluiceError, id: string) => void;
};

/** What was asked for, and who may have it. */
export type Found = {
  /** As the ledger names it. */
  readonly id: string;
  readonly collection: string;
  readonly principal: Principal;
  readonly source: Source;
  readonly object: ObjectName;
  readonly representation: Representation;
};

export type Finding = {
  /** Resolves with nothing when it has answered by itself. */
  readonly find: (client: Client) => Promise<Found | undefined>;
};

/** Answers one GET or HEAD with what `find` finds. Never rejects. */
export async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions & Finding,
): Promise<void> {
  const { transfers, stallTimeoutMs, engine } = options;
  const { tcpFacts, minimumRate } = engine;
  const client = new Client(request, response, { stallTimeoutMs, fields: CORS_FIELDS, tcpFacts, minimumRate });
  try {
    transfers.begin(client);
    const found = await options.find(client);
    if (found) await admit(client, found, options);
  } catch (error) {
    // What was under way for a client that has gone was given up, in whatever words it says so.
    if (!client.ending) {
      const answer = toProblemAnswer(error);
      respondAnswer(client, answer);
      // What a client did wrong and what our limits refused is no news to the operator; a failure of ours is.
      if (answer.problem.status === 500) options.report(toSluiceError(error), pathOf(request));
    }
    await client.finished();
  } finally {
    transfers.end(client);
  }
}

/** A link's signature is in the query, which is nobody's to read. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function toSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return new SluiceError('misuse', 'a request failed unexpectedly', { cause: error });
}

/** Lets it through as the principal's limits allow. */
async function admit(client: Client, found: Found, options: ServeOptions): Promise<void> {
  const begun = options.limits.begin(found.principal.name, { signal: client.signal });
  const answer = begun instanceof Promise ? await begun.catch(failLimits) : begun;
  if (answer.kind === 'refusal') {
    client.check();
    const { standing } = answer;
    const problem = { type: 'about:blank', title: 'You are at your limit', status: 429 };
    const fields = { ...toRateLimitFields([standing]), ...toRetryAfter({ retryAfterMs: standing.resetMs }) };
    await refuse(client, { problem, fields });
    return;
  }
  const permit = endOnce(answer);
  try {
    client.check();
    await transfer(client, found, { ...options, permit });
  } finally {
    permit.end();
  }
}

/** It is ended when all has been sent, for what a client's machine is slow to acknowledge is no transfer any more. */
function endOnce(permit: Permit): Permit {
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) permit.end();
    hasEnded = true;
  };
  return { ...permit, end };
}

function failLimits(cause: unknown): never {
  throw toOwnFailure(cause, 'the limits failed');
}

async function transfer(
  client: Client,
  found: Found,
  { engine, ledger, report, permit }: ServeOptions & { readonly permit: Permit },
): Promise<void> {
  const { id, collection, principal, source, object, representation } = found;
  const { request } = client;
  const meter = new Meter(client);
  const row = ledger.open(
    {
      principal: principal.name,
      credential: principal.credential,
      id,
      collection,
      method: request.method ?? '',
      remoteAddress: request.socket.remoteAddress,
      startedAt: new Date(),
    },
    () => meter.counts(),
  );
  const fields = toRateLimitFields(permit.standings);
  const result = await sendTo(client, {
    ...{ source, object, representation, engine, meter, fields, pace: permit.pace },
    onSent: () => permit.end(),
  });
  row.settle({ ...result, error: result.error?.code });
  if (result.outcome === 'source-failed' && result.error) report(result.error, id);
}
