// The gateway's HTTP server. Requests for objects go straight to their route; everything else is Fastify's.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Admin } from '../admin/admin.ts';
import { SluiceError } from '../errors.ts';
import { createEngine } from '../flow/engine.ts';
import type { Engine } from '../flow/engine.ts';
import type { Limits } from '../limits/limits.ts';
import { addAdminRoutes } from './admin-routes.ts';
import { addBundleCreation } from './bundle-creation.ts';
import { BUNDLES_TARGET, BUNDLE_PREFIX, serveBundle } from './bundle-route.ts';
import type { ServedBundles } from './bundle-route.ts';
import { BUNDLE_PREFLIGHT_FIELDS, CORS_FIELDS, PREFLIGHT_FIELDS } from './cors.ts';
import { serveObject } from './data-route.ts';
import type { DataRouteOptions } from './data-route.ts';
import { addHealth } from './health.ts';
import { NO_LIMITS } from './no-limits.ts';
import { DATA_PREFIX } from './object-path.ts';
import { MAX_HEAD_BYTES, SERVER_LIMITS, findFault, refuseSocket } from './request-guard.ts';
import { toOriginForm } from './request-target.ts';
import { addOpenApi } from './openapi.ts';
import { announceLastAnswer, hasLastAnswer, respondAnswer, respondProblem } from './respond.ts';
import { listRoutes } from './route-list.ts';
import type { RouteList } from './route-list.ts';
import { compileCheck } from './schema-check.ts';
import { toProblemAnswer } from './status.ts';
import { Transfers } from './transfers.ts';

export type GatewayOptions = Omit<DataRouteOptions, 'transfers' | 'report' | 'engine' | 'limits'> & {
  /** Default: none but `maxTransfers`. */
  readonly limits?: Limits | undefined;
  /** What transfers share. Default: an engine with its defaults. */
  readonly engine?: Engine | undefined;
  /** Without it there are no bundles. Whoever opened them closes them. */
  readonly bundles?: ServedBundles | undefined;
  /** Without it the books are not administered over HTTP. */
  readonly admin?: Admin | undefined;
  /** Told of what is our fault or a store's, and of what administrators do. */
  readonly log: {
    error(fields: object, message: string): void;
    info(fields: object, message: string): void;
  };
  readonly maxTransfers: number;
  /** Asked for each `GET /readyz`: whether what the gateway depends on lets it serve. Default: it does. */
  readonly isReady?: (() => boolean) | undefined;
};

export type ListenOptions = {
  readonly host: string;
  readonly port: number;
  /** Whether other processes may listen there, too; the kernel spreads the connections. Linux. Default: false. */
  readonly reusePort?: boolean | undefined;
};

export type Gateway = {
  /** Returns the URL that it listens at. Rejects with `bad-config` where it cannot. */
  listen(address: ListenOptions): Promise<string>;
  /** Transfers under way. */
  readonly transferCount: number;
  /** From now on it says that it is not ready, and ends each connection after its next answer. It still serves. */
  retire(): void;
  /** Takes no more requests, gives those under way `graceMs`, cuts the rest short, and closes every connection. */
  close(graceMs: number): Promise<void>;
};

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A gateway that does not listen yet. Whoever handed it its sources and catalog closes those. */
export function createGateway(options: GatewayOptions): Gateway {
  const {
    log,
    maxTransfers,
    engine = createEngine(),
    limits = NO_LIMITS,
    bundles,
    admin,
    isReady = () => true,
    ...rest
  } = options;
  const transfers = new Transfers({ max: maxTransfers });
  const route: DataRouteOptions = {
    ...rest,
    transfers,
    engine,
    limits,
    report: (error, id) => log.error({ err: error, id }, 'a transfer failed'),
  };
  const bundleRoute = bundles && { ...route, bundles };
  let isRetired = false;
  const { server, list } = createControlServer(log, (others) => (request, response) => {
    // Node reads nothing after a request for another protocol, whatever was pipelined: it is the connection's last.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    if (hasLastAnswer(request.socket)) return;
    if (isRetired) announceLastAnswer(response);
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
  addOpenApi(server, list, { hasBundles: bundles !== undefined });
  if (bundleRoute) addBundleCreation(server, bundleRoute);
  if (admin) {
    const report = (error: SluiceError, path: string) => log.error({ err: error, path }, 'a request failed');
    addAdminRoutes(server, { admin, access: rest.access, log, report });
  }
  addHealth(server, { transferCount: () => transfers.count, isRetired: () => isRetired, isReady });

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
    retire: () => {
      isRetired = true;
    },
    close: async (graceMs) => {
      isRetired = true;
      // Stop listening first, so that nothing new comes while the rest is given its time.
      server.server.close();
      server.server.closeIdleConnections();
      // Whose transfer has ended is to ask elsewhere, and learns it by the end of its connection.
      await transfers.drain(
        graceMs,
        oncePerTurn(() => server.server.closeIdleConnections()),
      );
      await server.close();
    },
  };
}

/** Calls `action` at the end of a turn of the event loop in which it was asked for, however often. */
function oncePerTurn(action: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      action();
    });
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
): { readonly server: FastifyInstance; readonly list: RouteList } {
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
    frameworkErrors: (_error, _request, reply) => answerNothingHere(reply, []),
    // A name in a path is as long as a head may be; whoever reads it holds it to its own rules.
    routerOptions: { maxParamLength: MAX_HEAD_BYTES },
  });
  const list = listRoutes(server);
  server.setValidatorCompiler(compileCheck);
  // What is answered is what its schema says: tests hold it to that, and nothing drops or turns anything here.
  server.setSerializerCompiler(() => JSON.stringify);
  server.setErrorHandler((error, _request, reply) => {
    log.error({ err: error }, 'a request failed unexpectedly');
    reply.hijack();
    respondAnswer({ response: reply.raw, fields: {} }, toProblemAnswer(error));
  });
  server.setNotFoundHandler(({ raw }, reply) => answerNothingHere(reply, list.allowedAt(pathOf(raw.url ?? ''))));
  return { server, list };
}

function pathOf(target: string): string {
  return target.split('?', 1)[0]!;
}

/** Content that may have come is not read: the connection ends instead. */
function answerNothingHere(reply: FastifyReply, allowed: readonly string[]): void {
  reply.hijack();
  if (allowed.length > 0) {
    const allow = allowed.join(', ');
    const problem = { type: 'about:blank', title: 'This method is not for what is here', status: 405 };
    respondProblem(reply.raw, problem, { allow, connection: 'close' });
    return;
  }
  const problem = { type: 'about:blank', title: 'There is nothing here', status: 404 };
  respondProblem(reply.raw, problem, { connection: 'close' });
}
