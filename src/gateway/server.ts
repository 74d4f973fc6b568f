// The gateway's HTTP server. Requests for objects go straight to their route; everything else is Fastify's.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { SluiceError } from '../errors.ts';
import { createEngine } from '../flow/engine.ts';
import type { Engine } from '../flow/engine.ts';
import { addBundleCreation } from './bundle-creation.ts';
import { BUNDLES_TARGET, BUNDLE_PREFIX, serveBundle } from './bundle-route.ts';
import type { ServedBundles } from './bundle-route.ts';
import { BUNDLE_PREFLIGHT_FIELDS, CORS_FIELDS, PREFLIGHT_FIELDS } from './cors.ts';
import { serveObject } from './data-route.ts';
import type { DataRouteOptions } from './data-route.ts';
import { DATA_PREFIX } from './object-path.ts';
import { SERVER_LIMITS, findFault, refuseSocket } from './request-guard.ts';
import { toOriginForm } from './request-target.ts';
import { hasLastAnswer, respondAnswer, respondProblem } from './respond.ts';
import { toProblemAnswer } from './status.ts';
import { Transfers } from './transfers.ts';

export type GatewayOptions = Omit<DataRouteOptions, 'transfers' | 'report' | 'engine'> & {
  /** What transfers share. Default: an engine with its defaults. */
  readonly engine?: Engine | undefined;
  /** Without it there are no bundles. Whoever opened them closes them. */
  readonly bundles?: ServedBundles | undefined;
  /** Told of what is our fault or a store's. */
  readonly log: { error(fields: object, message: string): void };
  readonly maxTransfers: number;
};

export type Gateway = {
  /** Returns the URL that it listens at. Rejects with `bad-config` where it cannot. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Transfers under way. */
  readonly transferCount: number;
  /** Takes no more requests, gives those under way `graceMs`, cuts the rest short, and closes every connection. */
  close(graceMs: number): Promise<void>;
};

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A gateway that does not listen yet. Whoever handed it its sources and catalog closes those. */
export function createGateway(options: GatewayOptions): Gateway {
  const { log, maxTransfers, engine = createEngine(), bundles, ...rest } = options;
  const transfers = new Transfers({ max: maxTransfers });
  const route: DataRouteOptions = {
    ...rest,
    transfers,
    engine,
    report: (error, id) => log.error({ err: error, id }, 'a transfer failed'),
  };
  const bundleRoute = bundles && { ...route, bundles };
  const server = createControlServer(log, (others) => (request, response) => {
    // Node reads nothing after a request for another protocol, whatever was pipelined: it is the connection's last.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    if (hasLastAnswer(request.socket)) return;
    request.url = toOriginForm(request.url ?? '');
    const fault = findFault(request);
    if (fault) respondProblem(response, fault, { ...CORS_FIELDS, connection: 'close' });
    else if (request.url?.startsWith(DATA_PREFIX))
      answerData(request, response, () => serveObject(request, response, route));
    else if (bundleRoute && request.url?.startsWith(BUNDLE_PREFIX))
      answerData(request, response, () => serveBundle(request, response, bundleRoute));
    else if (bundleRoute && request.method !== 'POST' && BUNDLES_TARGET.test(request.url ?? ''))
      answerOther(request, response, { preflight: BUNDLE_PREFLIGHT_FIELDS, title: 'Bundles are made by POST' });
    else others(request, response);
  });
  if (bundleRoute) addBundleCreation(server, bundleRoute);
  server.get('/healthz', async () => ({ status: 'ok', transfers: transfers.count }));

  return {
    listen: async (address) => {
      try {
        return await server.listen(address);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `the gateway cannot listen at ${address.host}:${address.port}: ${reason}`;
        throw new SluiceError('bad-config', message, { cause });
      }
    },
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

/** What content comes from: the methods are the same for all of it. */
function answerData(request: IncomingMessage, response: ServerResponse, serve: () => Promise<void>): void {
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') void serve();
  else answerOther(request, response, { preflight: PREFLIGHT_FIELDS, title: 'Only GET and HEAD are for objects' });
}

type Other = {
  readonly preflight: Readonly<Record<string, string>> & { readonly allow: string };
  readonly title: string;
};

/** Tells which methods there are: to OPTIONS because it asks, to any other because it is none of them. */
function answerOther({ method }: IncomingMessage, response: ServerResponse, { preflight, title }: Other): void {
  if (method === 'OPTIONS') {
    response.writeHead(204, { ...CORS_FIELDS, ...preflight });
    response.end();
    return;
  }
  // Content that came with it is not read: the connection ends instead.
  const fields = { ...CORS_FIELDS, allow: preflight.allow, connection: 'close' };
  respondProblem(response, { type: 'about:blank', title, status: 405 }, fields);
}

/** Fastify on a server of ours, so that `listenBefore` sees each request first and passes on what is not its own. */
function createControlServer(
  log: GatewayOptions['log'],
  listenBefore: (others: Listener) => Listener,
): FastifyInstance {
  const server = Fastify({
    serverFactory: (others) => {
      const inner = createServer(SERVER_LIMITS, listenBefore(others));
      // Beyond a number of fields Node would drop them silently; the guard refuses such a request instead.
      inner.maxHeadersCount = 0;
      return inner;
    },
    logger: false,
    forceCloseConnections: true,
    // In the place of Fastify's own, which would write a second answer after ours.
    clientErrorHandler: refuseSocket,
    // What its router cannot read as a path.
    frameworkErrors: (_error, _request, reply) => answerNothingHere(reply),
  });
  server.setErrorHandler((error, _request, reply) => {
    log.error({ err: error }, 'a request failed unexpectedly');
    reply.hijack();
    respondAnswer({ response: reply.raw, fields: {} }, toProblemAnswer(error));
  });
  server.setNotFoundHandler((_request, reply) => answerNothingHere(reply));
  return server;
}

function answerNothingHere(reply: FastifyReply): void {
  reply.hijack();
  const problem = { type: 'about:blank', title: 'There is nothing here', status: 404 };
  respondProblem(reply.raw, problem, { connection: 'close' });
}
