// What tests of administration ask a gateway, over a socket of their own and as no client of ours would; and a server
// with those routes alone, on a clock that the test moves.
import { createServer } from 'node:http';
import { connect as openSocket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import Fastify from 'fastify';
import type { Admin } from '../admin/admin.ts';
import { FakeClock } from '../clock.test-double.ts';
import type { SluiceError } from '../errors.ts';
import { Peer } from '../flow/http-trial.test-double.ts';
import { accessByName } from './gateway-trial.test-double.ts';
import { addAdminRoutes } from './admin-routes.ts';
import { compileCheck } from './schema-check.ts';

export type Asking = {
  readonly token?: string;
  readonly body?: unknown;
  /** In the place of a body: sent as it is. */
  readonly content?: string | Buffer;
  readonly fields?: readonly string[];
};

export type Answered = {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
};

/** Asks, and takes the answer, which has a length. */
export async function ask(peer: Peer, target: string, asking: Asking = {}): Promise<Answered> {
  const [method = '', path = ''] = target.split(' ');
  const { token, body, fields = [] } = asking;
  const content = asking.content ?? (body === undefined ? undefined : JSON.stringify(body));
  const all = [
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(content === undefined ? [] : [`Content-Length: ${Buffer.byteLength(content)}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json']),
    ...fields,
  ];
  peer.ask(path, { method, fields: all });
  if (content !== undefined) peer.socket.write(content);
  const { status, fields: got, content: answer } = await peer.answer({ hasContent: method !== 'HEAD' });
  const text = answer.toString();
  return { status, fields: got, text, json: toJson(text) };
}

function toJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

export type RoutesTrial = {
  readonly clock: FakeClock;
  readonly connect: () => Promise<Peer>;
  readonly reports: readonly SluiceError[];
  readonly noted: readonly object[];
};

/** The routes over what of an administration the test plays. Everybody is an administrator. It ends with the test. */
export async function startRoutes(t: TestContext, admin: Partial<Admin>): Promise<RoutesTrial> {
  const clock = new FakeClock();
  const reports: SluiceError[] = [];
  const noted: object[] = [];
  const server = Fastify({ serverFactory: (listener) => createServer(listener), forceCloseConnections: true });
  server.setValidatorCompiler(compileCheck);
  server.setSerializerCompiler(() => JSON.stringify);
  const access = accessByName();
  addAdminRoutes(server, {
    admin: admin as Admin,
    access: {
      decide: async (request, options) => {
        const decision = await access.decide(request, options);
        if (decision.kind !== 'known') return decision;
        return { kind: 'known', principal: { ...decision.principal, isAdmin: true, credential: 'token:1' } };
      },
    },
    log: { info: (fields) => void noted.push(fields) },
    report: (error) => void reports.push(error),
    clock,
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const peers: Peer[] = [];
  t.after(async () => {
    for (const { socket } of peers) socket.destroy();
    await server.close();
  });
  return {
    clock,
    reports,
    noted,
    connect: async () => {
      const { port } = server.server.address() as AddressInfo;
      const peer = new Peer(openSocket({ host: '127.0.0.1', port, allowHalfOpen: true }));
      peers.push(peer);
      await once(peer.socket, 'connect');
      return peer;
    },
  };
}
