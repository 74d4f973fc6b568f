// What is asked of every request before anything looks at what it wants: limits on what a stranger may send, and no
// two readings of one head (RFC 9112 §11.2, request smuggling).
import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE, formatProblem } from '../http/problem.ts';
import type { Problem } from '../http/problem.ts';

/** Node's own default; a longer head is a flood or a mistake. */
export const MAX_HEAD_BYTES = 16 << 10;

/** Browsers and download clients send some 20. */
const MAX_FIELDS = 100;

/** A head that takes longer is one of those that are sent a byte at a time to hold a connection. */
const HEAD_TIMEOUT_MS = 20_000;

/** Longer than the 60 s of the usual load balancers, so that they and not we are the ones to close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** How Node's server is to read requests. Its strict parser refuses two framings, bare CR, folded lines and more. */
export const SERVER_LIMITS: ServerOptions = {
  maxHeaderSize: MAX_HEAD_BYTES,
  headersTimeout: HEAD_TIMEOUT_MS,
  // Content has a time of its own, by what it is: requests-under-way.ts. Whoever does not read it ends the connection.
  requestTimeout: 0,
  // Node looks at its clocks this often; with its default of 30 s the time-out above would be 50 s at times.
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  // The guard looks at it, so that the answer is like all others.
  requireHostHeader: false,
  insecureHTTPParser: false,
};

/** RFC 9110 §7.2: `uri-host [":" port]`, as RFC 3986 §3.2.2 writes a host. It may be empty. */
const HOST = /^(?:\[[\w:.~!$&'()*+,;=%-]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/;

/**
 * What is wrong with a request's head beyond what Node's parser has refused, if anything. The parser lets HTTP/2.0
 * pass, whatever it says in a Host, and every form of target: `url` is to be the origin-form, if there is one.
 */
export function findFault({ rawHeaders, method, headers, httpVersion, url }: IncomingMessage): Problem | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return toProblem(400, 'HTTP/1.1 and HTTP/1.0 are spoken here');
  if (url === undefined) return toProblem(400, 'The target of a request is a path or a URL, without a fragment');
  if (rawHeaders.length > 2 * MAX_FIELDS) return toProblem(431, `A request has at most ${MAX_FIELDS} fields`);
  const hosts = countFields(rawHeaders, 'host');
  // RFC 9112 §3.2: two Host fields are two opinions of where the request goes. HTTP/1.0 did not know the field.
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) return toProblem(400, 'A request has one Host field');
  // Node would silently take the first for the only one.
  if (countFields(rawHeaders, 'authorization') > 1) return toProblem(400, 'A request has one Authorization field');
  if (!HOST.test(headers.host ?? '')) return toProblem(400, 'The Host field is no host');
  if (hasContent({ headers }) && (method === 'GET' || method === 'HEAD')) {
    return toProblem(400, `A ${method} has no content`);
  }
  return undefined;
}

/** How often a field stands in the head; `name` in small letters. */
function countFields(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index]!;
    if (field.length === name.length && field.toLowerCase() === name) count += 1;
  }
  return count;
}

/** Whether content comes with a request, by its head. */
export function hasContent({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** A socket as Node's HTTP server has it, with the response that it is being sent. */
type AnsweredSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/**
 * Answers what Node's parser refused: there is no request to answer, only a socket. Where an answer is under way, more
 * would be taken for a part of it: what has been ended may still leave, and anything else is cut.
 */
export function refuseSocket(error: NodeJS.ErrnoException, socket: AnsweredSocket): void {
  // What comes after a request with `Connection: close` is not read; the answer to that request is not its fault.
  if (error.code === 'HPE_CLOSED_CONNECTION') return;
  if (socket._httpMessage?.writableEnded) {
    socket.destroySoon();
    return;
  }
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage) {
    socket.destroy();
    return;
  }
  const [status, reason] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request'];
  const content = formatProblem(toProblem(status, 'The request is not HTTP as it is accepted here'));
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(content)}\r\n\r\n${content}`,
  );
}

function toProblem(status: number, title: string): Problem {
  return { type: 'about:blank', title, status };
}
