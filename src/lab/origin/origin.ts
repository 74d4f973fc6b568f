// The embedded origin: an S3-compatible server for demos and tests, with objects of any size made from their offset,
// a meter that tells what left and when the peer closed, and faults on request.
// A request goes: connection → target → signature → fault → respond → send. It is the library entry of this folder.

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv6 } from 'node:net';

import { SluiceError } from '../../errors.ts';
import { openBuckets } from './buckets.ts';
import type { Bucket, BucketSpec } from './buckets.ts';
import { ConnectionBook } from './connection-book.ts';
import { METER_PATH } from './control.ts';
import type { FaultRule } from './fault-rules.ts';
import { Faults } from './faults.ts';
import type { FaultReading } from './faults.ts';
import { Meter } from './meter.ts';
import type { MeterAccess } from './meter.ts';
import { serveRequest } from './serve-request.ts';
import type { House } from './serve-request.ts';
import { createVerifier } from './signature.ts';
import type { Credentials } from './signature.ts';
import type { SyntheticObject, SyntheticSpec } from './synthetic-object.ts';

export type OriginOptions = {
  /** Default: 127.0.0.1. The control interface asks for no signature: keep it on the loopback. */
  readonly host?: string;
  /** 0, the default, takes any that is free. */
  readonly port?: number;
  readonly region?: string;
  /** Who may ask. Undefined: everybody, with no signature. */
  readonly credentials: Credentials | undefined;
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  readonly buckets: Readonly<Record<string, BucketSpec>>;
};

export type Origin = {
  /** No slash at the end; under it, `/{bucket}/{key}`. */
  readonly url: string;
  readonly meterUrl: string;
  readonly port: number;
  readonly meter: MeterAccess;
  /** Takes the place of all rules before. Throws `bad-input` for rules that aren't. */
  setFaults(rules: readonly FaultRule[]): void;
  /** The rules, and how often each has struck. */
  readFaults(): readonly FaultReading[];
  /** Throws `bad-input` for an object that S3 could not hold. */
  putObject(bucket: string, spec: SyntheticSpec): SyntheticObject;
  removeObject(bucket: string, key: string): void;
  /** Same key and size, another seed (the old one + 1, if none is given): other bytes and another ETag. */
  replaceObject(bucket: string, key: string, options?: { readonly seed?: number }): SyntheticObject;
  openConnections(): number;
  /** Cuts every connection and settles when all are gone. */
  close(): Promise<void>;
};

/** Longer than a client's own, so that it is the client who lets an idle connection go. */
const KEEP_ALIVE_TIMEOUT_MS = 30_000;

export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const { host = '127.0.0.1', port = 0, region = 'us-east-1', credentials, tls } = options;
  const buckets = await openBuckets(options.buckets);
  const verify = credentials && createVerifier(credentials, { region });
  const meter = new Meter();
  const faults = new Faults();
  const connections = new ConnectionBook(meter);
  const house: House = { buckets, region, verify, meter, faults, connections };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void serveRequest(request, response, house);
  };
  const settings = { keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS };
  const server = tls ? createHttpsServer({ ...settings, ...tls }, listener) : createHttpServer(settings, listener);
  connections.watch(server);
  const boundPort = await listen(server, { host, port });
  const url = `${tls ? 'https' : 'http'}://${toAuthorityHost(host)}:${boundPort}`;
  const findBucket = (name: string): Bucket => {
    const bucket = buckets.get(name);
    if (!bucket)
      throw new SluiceError('bad-input', `there is no bucket "${name}", only ${[...buckets.keys()].join(', ')}`);
    return bucket;
  };
  const shutDown = async (): Promise<void> => {
    const serverClosed = once(server, 'close');
    server.close();
    connections.cutAll();
    await serverClosed;
  };
  let closed: Promise<void> | undefined;
  return {
    url,
    meterUrl: url + METER_PATH,
    port: boundPort,
    meter,
    setFaults: (rules) => faults.set(rules),
    readFaults: () => faults.read(),
    putObject: (bucket, spec) => findBucket(bucket).put(spec),
    removeObject: (bucket, key) => findBucket(bucket).remove(key),
    replaceObject: (bucket, key, { seed } = {}) => findBucket(bucket).replace(key, seed),
    openConnections: () => meter.connections.open,
    close: () => (closed ??= shutDown()),
  };
}

async function listen(server: Server, address: { readonly host: string; readonly port: number }): Promise<number> {
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (cause) {
    const message = `can't listen on ${address.host} port ${address.port}: ${String(cause)}`;
    throw new SluiceError('bad-input', message, { cause });
  }
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new SluiceError('misuse', 'the origin has no port');
  return bound.port;
}

/** How a client on this machine writes the host that was listened on. */
function toAuthorityHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIPv6(host) ? `[${host}]` : host;
}
