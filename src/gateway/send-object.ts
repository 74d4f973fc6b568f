// An object to a client: plan, open, flow. The whole life of a transfer is in `sendTo`, from top to bottom.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SluiceError } from '../errors.ts';
import { Client } from '../flow/client.ts';
import { createEngine } from '../flow/engine.ts';
import type { Engine } from '../flow/engine.ts';
import { flow } from '../flow/flow.ts';
import type { Outcome } from '../flow/flow.ts';
import { ReadAhead } from '../flow/readahead.ts';
import type { ReadAheadPolicy } from '../flow/readahead.ts';
import { Sequence } from '../flow/sequence.ts';
import type { Segment } from '../flow/sequence.ts';
import { openShort } from '../flow/short-body.ts';
import { FIRST_WINDOW_BYTES } from '../flow/window.ts';
import type { ByteRange } from '../http/range.ts';
import type { Pace } from '../flow/pace.ts';
import { paced } from '../flow/paced-body.ts';
import type { ObjectName, Source } from '../source/source.ts';
import { Meter } from './meter.ts';
import { planResponse } from './plan.ts';
import type { Plan, Representation, RequestHead } from './plan.ts';
import { respondAnswer, respondProblem } from './respond.ts';
import { toProblemAnswer } from './status.ts';

/** A client that takes nothing for so long is not coming back; TCP alone would wait for hours. */
export const DEFAULT_STALL_TIMEOUT_MS = 120_000;

export type Sending = {
  readonly source: Source;
  readonly object: ObjectName;
  /** What is already known of the object. Without it the source is asked first. */
  readonly representation?: Representation | undefined;
  /** What the transfer shares with all others. */
  readonly engine: Engine;
  /** How far it is, for who wants to know before it is over. */
  readonly meter?: Meter | undefined;
  /** How fast it may go. Default: as fast as it can. */
  readonly pace?: Pace | undefined;
  /** Called when our kernel has all of it, or nothing more will leave: whoever paces it need not wait for the books. */
  readonly onSent?: (() => void) | undefined;
  /** What its answer carries besides its own fields. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
};

export type SendObjectOptions = Pick<Sending, 'source' | 'object' | 'representation'> & {
  /** What transfers share. Default: one engine for all that have none of their own. */
  readonly engine?: Engine | undefined;
  /** Clients are told to save the object under this name. Ignored beside `representation`, which has its own. */
  readonly filename?: string | undefined;
  /** How long the client may leave bytes untaken. Default: two minutes. */
  readonly stallTimeoutMs?: number | undefined;
  /** An abort ends the transfer as `cut-short`. */
  readonly signal?: AbortSignal | undefined;
};

/** What became of it. */
export type Transfer = {
  readonly outcome: Outcome;
  /** The status that was sent; absent when the client left before there was one. */
  readonly status: number | undefined;
  /** What was planned: half-open, in bytes of the representation. */
  readonly ranges: readonly ByteRange[];
  /** Bytes of content that have reached the client, as far as `deliveredBy` can tell. */
  readonly deliveredBytes: number;
  /** Whether the client's machine has acknowledged them, or our kernel has only accepted them. */
  readonly deliveredBy: 'acknowledged' | 'accepted';
  /** Bytes of the object that came from the source. */
  readonly receivedBytes: number;
  /** What came and was not delivered. */
  readonly overReadBytes: number;
  /** How often the source failed in the middle and was asked again for the rest. */
  readonly resumedCount: number;
  readonly durationMs: number;
  readonly error: SluiceError | undefined;
};

let defaultEngine: Engine | undefined;

function toDefaultEngine(): Engine {
  defaultEngine ??= createEngine();
  return defaultEngine;
}

/** How it ended; its figures are the meter's. */
type Ended = Pick<Transfer, 'outcome' | 'error'>;

/** What the steps of a transfer hand on to each other. */
type Metered = Sending & { readonly meter: Meter };

/**
 * Answers `request` with an object: conditions, ranges, HEAD, errors, and a body in constant memory, let go of the
 * instant the client leaves. For GET and HEAD; anything else gets 405. It ends `response` in every case, never
 * rejects, and resolves when the transfer is over. Authentication is the caller's, and comes before.
 */
export function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  options: SendObjectOptions,
): Promise<Transfer> {
  const {
    stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS,
    signal,
    filename,
    engine = toDefaultEngine(),
    ...sending
  } = options;
  const { tcpFacts, minimumRate } = engine;
  const client = new Client(request, response, { stallTimeoutMs, signal, tcpFacts, minimumRate });
  return sendTo(client, { ...sending, engine }, filename);
}

/** As `sendObject`, to a client that has been watched since its request came. */
export async function sendTo(client: Client, sending: Sending, filename?: string): Promise<Transfer> {
  const startedAt = performance.now();
  const { meter = new Meter(client) } = sending;
  const ended = await send(client, { ...sending, meter }, filename).catch((error: unknown) =>
    refuse(client, error, meter),
  );
  const { overReadBytes } = meter;
  return { ...meter.counts(), overReadBytes, ...ended, durationMs: performance.now() - startedAt };
}

async function send(client: Client, sending: Metered, filename: string | undefined): Promise<Ended> {
  const head = toRequestHead(client.request);
  if (!head) {
    return answer(client, sending, () => {
      const problem = { type: 'about:blank', title: 'Only GET and HEAD are for objects', status: 405 };
      // Content that came with it is not read: the connection ends instead.
      respondProblem(client.response, problem, { ...client.fields, allow: 'GET, HEAD', connection: 'close' });
    });
  }
  await client.turn();
  const representation = sending.representation ?? (await askSource(client, sending, filename));
  const plan = planResponse(head, representation, makeBoundary);
  if (plan.kind === 'content') return deliver(client, sending, { plan, representation });
  return answer(client, sending, () => {
    const fields = { ...client.fields, ...sending.fields, ...plan.fields };
    if (plan.kind === 'problem') {
      respondProblem(client.response, { type: 'about:blank', title: plan.title, status: plan.status }, fields);
    } else {
      client.response.writeHead(plan.status, fields);
      client.response.end();
    }
  });
}

async function askSource(client: Client, sending: Sending, filename: string | undefined): Promise<Representation> {
  const stat = await sending.source.stat(sending.object, { signal: client.signal });
  client.check();
  return { ...stat, filename };
}

async function deliver(
  client: Client,
  { source, object, engine, meter, pace, fields, onSent }: Metered,
  planned: { readonly plan: Plan & { readonly kind: 'content' }; readonly representation: Representation },
): Promise<Ended> {
  const { plan, representation: version } = planned;
  const ranges = plan.segments.filter((segment): segment is ByteRange => !(segment instanceof Uint8Array));
  const { signal } = client;
  const openPart = (range: ByteRange, slabBytes: number) => source.open({ object, version, range, signal, slabBytes });
  const open = (range: ByteRange, hasBegun: boolean) =>
    openShort({ open: openPart, range, budget: engine.budget }) ??
    new ReadAhead({
      open: openPart,
      range,
      storedPartBytes: version.partBytes,
      drinker: client,
      budget: engine.budget,
      policy: pace ? toPacedPolicy(engine.readAhead, pace) : engine.readAhead,
      hasBegun,
      signal,
    });
  const segments = plan.segments.map((segment): Segment =>
    segment instanceof Uint8Array ? segment : () => open(segment, segment !== ranges[0]),
  );
  const [only] = segments;
  const whole = typeof only === 'function' && segments.length === 1 ? only() : new Sequence(segments, signal);
  meter.plan(ranges, whole);
  const body = pace ? paced(whole, pace, signal) : whole;
  try {
    // Until the origin has confirmed version and range, the status can still say that it did not.
    await body.opened;
    client.head(plan.status, { ...fields, ...plan.fields });
    meter.answered(plan.status);
  } catch (error) {
    body.close();
    return refuse(client, error, meter);
  }
  const { outcome, error } = await flow(body, client);
  onSent?.();
  if (outcome === 'complete' && !(await client.acknowledged()))
    return { outcome: 'client-gone', error: new SluiceError('closed', 'the client never acknowledged the last bytes') };
  return { outcome, error: error && toMidwayError(error) };
}

/**
 * No further ahead than two seconds of what its limit lets through: a slab that is handed out for longer than a client is
 * let sleep would be taken for one that it does not drink.
 */
function toPacedPolicy(policy: ReadAheadPolicy, { bytesPerSecond = Number.POSITIVE_INFINITY }: Pace): ReadAheadPolicy {
  const maxBytes = Math.min(policy.maxBytes, Math.max(FIRST_WINDOW_BYTES, 2 * bytesPerSecond));
  return { ...policy, maxBytes };
}

/** What was there when its answer began and is no longer there has changed; only what never was is not found. */
function toMidwayError(error: SluiceError): SluiceError {
  if (error.code !== 'not-found') return error;
  return new SluiceError('changed', 'the object was removed while it was being sent', { cause: error });
}

/** Gives an answer that needs nothing from a source, and waits until it has left. */
async function answer(client: Client, { meter }: Metered, respond: () => void): Promise<Ended> {
  await client.turn();
  respond();
  meter.answered(client.response.statusCode);
  await client.finished();
  return { outcome: client.ending ?? 'complete', error: undefined };
}

/** What was thrown before a head was sent becomes the answer, if there is still somebody to have it. */
async function refuse(client: Client, cause: unknown, meter: Meter): Promise<Ended> {
  const error =
    cause instanceof SluiceError ? cause : new SluiceError('misuse', 'a transfer failed unexpectedly', { cause });
  if (client.ending) return { outcome: client.ending, error };
  respondAnswer(client, toProblemAnswer(error));
  meter.refused(client.response.statusCode);
  await client.finished();
  return { outcome: client.ending ?? 'source-failed', error };
}

/** Random, so that no object can hold it. */
function makeBoundary(): string {
  return randomBytes(16).toString('hex');
}

function toRequestHead({ method, headers }: IncomingMessage): RequestHead | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  return {
    method,
    range: headers.range,
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
    ifUnmodifiedSince: headers['if-unmodified-since'],
    ifRange: toOne(headers['if-range']),
    wantReprDigest: toOne(headers['want-repr-digest']),
  };
}

function toOne(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}
