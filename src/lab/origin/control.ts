// The control interface on the origin's own listener, under a path that no bucket can have: the meter and the faults,
// in JSON, with no signature.

import type { IncomingMessage, ServerResponse } from 'node:http';

import { isSluiceError } from '../../errors.ts';
import type { Faults } from './faults.ts';
import type { Meter } from './meter.ts';

export const CONTROL_PREFIX = '/-/';
export const METER_PATH = '/-/meter';
export const FAULTS_PATH = '/-/faults';

/** More rules than anybody would write. */
const MAX_BODY_BYTES = 1 << 20;

type Devices = { readonly meter: Meter; readonly faults: Faults };
type Reply = { readonly status: number; readonly body: unknown; readonly allow?: string };

export async function control(request: IncomingMessage, response: ServerResponse, devices: Devices): Promise<void> {
  const { status, body, allow } = await route(request, devices);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    Connection: 'close',
    ...(allow !== undefined && { Allow: allow }),
  });
  response.end(`${JSON.stringify(body)}\n`);
}

async function route(request: IncomingMessage, { meter, faults }: Devices): Promise<Reply> {
  const path = request.url?.split('?', 1)[0];
  const { method } = request;
  if (path === METER_PATH) {
    if (method === 'DELETE') meter.reset();
    else if (method !== 'GET') return notAllowed('GET, DELETE');
    return { status: 200, body: meter.read() };
  }
  if (path !== FAULTS_PATH) return { status: 404, body: { error: `there is ${METER_PATH} and ${FAULTS_PATH}` } };
  if (method === 'DELETE') faults.set([]);
  else if (method === 'PUT') {
    const problem = await setFaults(request, faults);
    if (problem !== undefined) return { status: 400, body: { error: problem } };
  } else if (method !== 'GET') return notAllowed('GET, PUT, DELETE');
  return { status: 200, body: faults.read() };
}

/** Answers what is wrong with the rules, or nothing. */
async function setFaults(request: IncomingMessage, faults: Faults): Promise<string | undefined> {
  const text = await readText(request);
  if (text === undefined) return `the rules are longer than ${MAX_BODY_BYTES} bytes`;
  try {
    faults.set(JSON.parse(text));
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return `the rules are not JSON: ${error.message}`;
    if (isSluiceError(error, 'bad-input')) return error.message;
    throw error;
  }
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function notAllowed(allow: string): Reply {
  return { status: 405, body: { error: `allowed here: ${allow}` }, allow };
}
