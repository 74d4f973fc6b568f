// The way of one request: target → signature → fault → respond → send. What goes wrong on it becomes S3's own error.

import type { IncomingMessage, ServerResponse } from 'node:http';

import { toErrorAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Bucket } from './buckets.ts';
import type { ConnectionBook } from './connection-book.ts';
import type { Connection } from './connection.ts';
import { control, CONTROL_PREFIX } from './control.ts';
import type { Faults, StruckFault } from './faults.ts';
import type { Meter } from './meter.ts';
import { respond } from './respond.ts';
import type { S3Request } from './respond.ts';
import { S3Error } from './s3-error.ts';
import { sendAnswer } from './send-answer.ts';
import type { VerifySignature } from './signature.ts';
import { tamper } from './tamper.ts';
import { readTarget } from './target.ts';

/** What every request needs. */
export type House = {
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly region: string;
  /** Undefined: everybody may ask. */
  readonly verify: VerifySignature | undefined;
  readonly meter: Meter;
  readonly faults: Faults;
  readonly connections: ConnectionBook;
};

const NO_FAULT: StruckFault = {};

export async function serveRequest(request: IncomingMessage, response: ServerResponse, house: House): Promise<void> {
  const connection = house.connections.get(request.socket);
  if (!connection) return;
  // A write that fails is the connection's affair, which has noted that its peer left.
  response.on('error', () => {});
  try {
    if (request.url?.startsWith(CONTROL_PREFIX)) {
      connection.markAsControl();
      await control(request, response, house);
    } else {
      await serveS3(request, response, { house, connection });
    }
  } catch {
    // Nothing can be answered any more: the peer must not take what it has for the whole.
    connection.cut('rst');
  }
}

type Place = { readonly house: House; readonly connection: Connection };

async function serveS3(
  request: IncomingMessage,
  response: ServerResponse,
  { house, connection }: Place,
): Promise<void> {
  const { meter, buckets, faults } = house;
  const { method = '', url = '', headers } = request;
  const target = readTarget(url, headers.host, buckets);
  const { bucket, key, path = url } = target instanceof S3Error ? {} : target;
  const subject = { method, bucket, key, range: headers.range };
  const requestId = meter.requestStarted({ ...subject, connection: connection.id, ifMatch: headers['if-match'] });
  connection.requestBegan(requestId);
  // An upload is refused unread: what is left of it on the connection is no request.
  if (method !== 'GET' && method !== 'HEAD') response.shouldKeepAlive = false;
  const amzRequestId = requestId.toString(16).toUpperCase().padStart(16, '0');
  response.setHeader('x-amz-request-id', amzRequestId);
  response.setHeader('Server', 'SluiceLabOrigin');
  const delivery = { response, connection, meter, requestId };
  let fault = NO_FAULT;
  try {
    if (target instanceof S3Error) throw target;
    const { query } = target;
    house.verify?.({ method, path, query, headers: request.headersDistinct }, new Date());
    fault = faults.strike(subject, connection) ?? NO_FAULT;
    await sendAnswer(await answer({ ...subject, query, headers }, fault, house), { ...delivery, fault });
  } catch (error) {
    if (response.headersSent) throw error;
    const s3Error = error instanceof S3Error ? error : new S3Error('InternalError');
    const errorAnswer = toErrorAnswer(s3Error, { method, path, requestId: amzRequestId });
    await sendAnswer(errorAnswer, { ...delivery, fault });
  }
}

async function answer(request: S3Request, fault: StruckFault, house: House): Promise<Answer> {
  if (fault.internalError) throw new S3Error('InternalError');
  if (fault.slowDown) {
    const { retryAfterSeconds } = fault.slowDown;
    const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
    throw new S3Error('SlowDown', {}, { headers });
  }
  const heeded = fault.ignoreRange ? { ...request, range: undefined } : request;
  return tamper(await respond(heeded, house), fault);
}
