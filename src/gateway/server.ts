// The gateway's HTTP server: its limits on what a stranger sends, its routes, and its orderly end.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { PROBLEM_MEDIA_TYPE, formatProblem } from '../http/problem.ts';
import { CORS_FIELDS, DATA_METHODS, PREFLIGHT_FIELDS } from './cors.ts';
import { serveObject } from './data-route.ts';
import type { DataRouteOptions } from './data-route.ts';
import { DATA_PREFIX } from './object-path.ts';
import { respondProblem } from './respond.ts';
import { Transfers } from './transfers.ts';

/** Node's own default; a longer head is a flood or a mistake. */
const MAX_HEAD_BYTES = 16 << 10;

/** Browsers and download clients send some 20. */
const MAX_FIELDS = 100;

/** A head that takes longer is one of those that are sent a byte at a time to hold a connection. */
const HEAD_TIMEOUT_MS = 20_000;

/** Longer than the 60 s of the usual load balancers, so that they and not we are the ones to close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export type GatewayOptions = Omit<DataRouteOptions, 'transfers' | 'report'> & {
  readonly log: FastifyBaseLogger;
  readonly maxTransfers: number;
};

export type Gateway = {
  /** Returns the URL that it listens at. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Transfers under way. */
  readonly transferCount: number;
  /** Takes no more requests, gives those under way `graceMs`, cuts the rest short, and closes every connection. */
  close(graceMs: number): Promise<void>;
};

/** What is wrong with a request's head beyond what Node's parser has refused, if anything. */
function findFault({ rawHeaders, method, headers }: IncomingMessage): { status: number; title: string } | undefined {
  if (rawHeaders.length > 2 * MAX_FIELDS) return { status: 431, title: `A request has at most ${MAX_FIELDS} fields` };
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  // RFC 9112 §3.2: two Host fields are two opinions of where the request goes.
  if (hosts > 1) return { status: 400, title: 'A request has one Host field' };
  const hasContent = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (hasContent && (method === 'GET' || method === 'HEAD')) {
    return { status: 400, title: `A ${method} request has no content` };
  }
  return undefined;
}

/** Answers what Node's parser refused: there is no request to answer, only a socket. */
function refuseSocket(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const reason = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }[status];
  const content = formatProblem({ type: 'about:blank', title: 'The request is not HTTP that is accepted here', status });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(content)}\r\n\r\n${content}`,
  );
}

function answerOther(request: IncomingMessage, response: ServerResponse): void {
  const isData = request.url?.startsWith(DATA_PREFIX) ?? false;
  if (isData && request.method === 'OPTIONS') {
    response.writeHead(204, { ...CORS_FIELDS, ...PREFLIGHT_FIELDS });
    response.end();
  } else if (isData) {
    // Content that came with it is not read: the connection ends instead.
    const fields = { ...CORS_FIELDS, allow: DATA_METHODS, connection: 'close' };
    respondProblem(response, { type: 'about:blank', title: 'Only GET and HEAD are for objects', status: 405 }, fields);
  } else {
    respondProblem(response, { type: 'about:blank', title: 'There is nothing here', status: 404 }, { connection: 'close' });
  }
}

/** A gateway that does not listen yet. Whoever handed it its sources and catalog closes those. */
export function createGateway({ log, maxTransfers, ...options }: GatewayOptions): Gateway {
  const transfers = new Transfers({ max: maxTransfers });
  const route: DataRouteOptions = {
    ...options,
    transfers,
    report: (error, id) => log.error({ err: error, id }, 'a transfer failed'),
  };
  const server: FastifyInstance = Fastify({
    loggerInstance: log,
    disableRequestLogging: true,
    exposeHeadRoutes: false,
    http: { maxHeaderSize: MAX_HEAD_BYTES, requireHostHeader: true, keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS },
    requestTimeout: HEAD_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: true,
    clientErrorHandler: refuseSocket,
    frameworkErrors: (_error, { raw }, reply) => {
      reply.hijack();
      answerFramework(raw, reply.raw, route);
    },
  });
  server.server.headersTimeout = HEAD_TIMEOUT_MS;
  // Beyond this many Node would drop fields silently; `findFault` refuses them by their number instead.
  server.server.maxHeadersCount = 0;

  server.addHook('onRequest', (request, reply, done) => {
    const fault = findFault(request.raw);
    if (!fault) {
      done();
      return;
    }
    reply.hijack();
    respondProblem(reply.raw, { type: 'about:blank', ...fault }, { ...CORS_FIELDS, connection: 'close' });
  });
  server.route({
    method: ['GET', 'HEAD'],
    url: `${DATA_PREFIX}*`,
    handler: (request, reply) => {
      reply.hijack();
      return serveObject(request.raw, reply.raw, route);
    },
  });
  server.get('/healthz', async () => ({ status: 'ok', transfers: transfers.count }));
  server.setNotFoundHandler((request, reply) => {
    reply.hijack();
    answerOther(request.raw, reply.raw);
  });

  return {
    listen: ({ host, port }) => server.listen({ host, port }),
    get transferCount() {
      return transfers.count;
    },
    close: async (graceMs) => {
      // Stop listening first, so that nothing new comes while the rest is given its time.
      server.server.close();
      server.server.closeIdleConnections();
      await transfers.drain(graceMs);
      await server.close();
    },
  };
}

/** Fastify's router refuses some targets before any route sees them; ours has its own answer for each. */
function answerFramework(request: IncomingMessage, response: ServerResponse, route: DataRouteOptions): void {
  const isData = request.url?.startsWith(DATA_PREFIX) ?? false;
  if (isData && (request.method === 'GET' || request.method === 'HEAD')) void serveObject(request, response, route);
  else answerOther(request, response);
}
