// What every end-to-end test stands on: the lab's origin in this process, a catalog, and `sluice serve` in a process
// of its own. Its end asserts that nothing is left: no request at the origin, no socket, no child.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_COLLECTION } from '../../src/catalog/catalog.ts';
import type { CatalogEntry } from '../../src/catalog/catalog.ts';
import { openCatalog } from '../../src/catalog/database-catalog.ts';
import type { ConfigFile } from '../../src/cli/config-schema.ts';
import { startPostgres } from '../../src/database/postgres-server.test-double.ts';
import { SAMPLES } from '../../src/cli/demo-library.ts';
import { startOrigin } from '../../src/lab/origin/origin.ts';
import type { Origin } from '../../src/lab/origin/origin.ts';
import { createSelfSigned } from '../../src/lab/origin/self-signed.ts';
import { establishedConnections } from '../../src/testing/established-connections.ts';
import { startGateway } from './gateway-process.ts';
import type { GatewayProcess, TransferLine } from './gateway-process.ts';

const BUCKET = 'library';
const STORE = 'lab';
const REGION = 'us-east-1';
/** The whole suite runs both ways: `off` is how it is where the kernel cannot be asked. */
export const KERNEL = process.env.SLUICE_TEST_KERNEL === 'off' ? 'off' : 'auto';
/** And over both databases. */
const DATABASE = process.env.SLUICE_TEST_DATABASE === 'postgres' ? 'postgres' : 'sqlite';
const CREDENTIALS = { accessKeyId: 'E2EKEY', secretAccessKey: 'e2e/secret+key' };

/** Far above what anything here takes: it keeps a test that would hang from hanging for ever. */
export const HANG_GUARD_MS = 30_000;

/** A synthetic object under an id; `seed` and `size` say what its bytes are. */
export type LibraryObject = {
  readonly id: string;
  readonly size: number;
  readonly seed: number;
  readonly partSizeBytes?: number | undefined;
  readonly sha256?: string | undefined;
};

/** The demo's 100 GiB object. */
export const BIG = sample('big');
/** The demo's 1 GiB object, whose SHA-256 is known. */
export const GENOME = sample('genome');

export type WorldOptions = {
  readonly objects: readonly LibraryObject[];
  /** The origin speaks TLS, with a certificate that the gateway is told of by `caFile`. */
  readonly tls?: true;
  /** Settings beside the stores. */
  readonly config?: Partial<Omit<ConfigFile, 'listen' | 'database' | 'stores'>>;
  /** The most that V8 may use for the gateway's old objects. Default: V8's own. */
  readonly heapMib?: number;
  /** The processes of each gateway. Default: one. */
  readonly workers?: number;
  /** Default: as the whole suite is run. */
  readonly database?: 'postgres';
  /** Stores beside the lab's, and what is in them. */
  readonly stores?: ConfigFile['stores'];
  readonly entries?: readonly CatalogEntry[];
};

export type World = {
  readonly origin: Origin;
  readonly gateway: GatewayProcess;
  /** The key of every object is its id. */
  readonly bucket: string;
  /** As `openDatabase` takes it. */
  readonly database: string;
  urlOf(id: string): string;
  /** Another gateway with the same configuration, on `port`. Whoever started it stops it. */
  startGateway(port: number): Promise<GatewayProcess>;
  /** Resolves when no request is under way at the origin; connections may be kept for the next one. */
  untilOriginIsFree(): Promise<void>;
  close(): Promise<void>;
};

export async function startWorld(options: WorldOptions): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const tls = options.tls ? createSelfSigned() : undefined;
  const objects = options.objects.map((object) => ({ ...object, key: object.id }));
  const buckets = { [BUCKET]: { objects } };
  const origin = await startOrigin({ region: REGION, credentials: CREDENTIALS, buckets, ...(tls ? { tls } : {}) });
  if (tls) await writeFile(join(folder, 'ca.pem'), tls.cert);
  const { database, endDatabase } = await createDatabase(folder, options.database ?? DATABASE);
  await writeCatalog(database, [...toEntries(origin, options.objects), ...(options.entries ?? [])]);
  const endpoint = origin.url;
  const lab = { type: 's3' as const, endpoint, region: REGION, ...(tls ? { caFile: 'ca.pem' } : {}) };
  const start = async (port: number) => {
    const config: ConfigFile = {
      listen: `127.0.0.1:${port}`,
      database,
      access: 'public',
      kernel: KERNEL,
      ...options.config,
      stores: { ...options.stores, [STORE]: lab },
    };
    const path = join(folder, `sluice-${port}.yaml`);
    // JSON is YAML.
    await writeFile(path, JSON.stringify(config));
    const { accessKeyId, secretAccessKey } = CREDENTIALS;
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(options.heapMib === undefined ? {} : { NODE_OPTIONS: `--max-old-space-size=${options.heapMib}` }),
    };
    return startGateway(path, { env, workers: options.workers });
  };
  const gateway = await start(0);
  return {
    origin,
    gateway,
    bucket: BUCKET,
    database,
    urlOf: (id) => `${gateway.url}/data/${id}`,
    startGateway: start,
    untilOriginIsFree: () => untilFree(origin),
    close: async () => {
      try {
        await within(untilFree(origin), 'every request at the origin to end');
        gateway.signal('SIGTERM');
        assert.equal(await within(gateway.ended, 'the gateway to stop'), 0, 'the gateway exits with 0');
        await within(gateway.gone, 'every process of the gateway to end');
        await within(untilUnconnected(origin), 'the gateway to let go of the origin');
        assert.equal(establishedConnections(origin.port), 0, 'no socket to the origin is left');
      } finally {
        gateway.signal('SIGKILL');
        await gateway.ended;
        await origin.close();
        await endDatabase();
        await rm(folder, { recursive: true });
      }
      assert.deepEqual(await childrenOf(process.pid), [], 'no child is left');
    },
  };
}

/** Rejects when `promise` has not settled in time: nothing here takes so long unless it hangs. */
export async function within<T>(promise: Promise<T>, what: string, timeoutMs = HANG_GUARD_MS): Promise<T> {
  const guard = new AbortController();
  const timeout = pause(timeoutMs, undefined, { signal: guard.signal }).then(
    () => Promise.reject(new Error(`waited ${timeoutMs} ms for ${what}`)),
    () => promise,
  );
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    guard.abort();
  }
}

/** Tries until nobody listens any more. A connection that waited to be accepted when the listening ended is reset. */
export async function untilRefused({ host, port }: GatewayProcess): Promise<void> {
  for (;;) {
    const socket = connect({ host, port });
    try {
      await once(socket, 'connect');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return;
      assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    } finally {
      socket.destroy();
    }
  }
}

/** Each call waits for the next line of the ledger, from the first on. */
export function followTransfers(gateway: GatewayProcess): () => Promise<TransferLine> {
  let seenCount = 0;
  return async () => {
    const line = await within(
      gateway.untilTransfers((lines) => lines[seenCount]),
      'a line of the ledger',
    );
    seenCount += 1;
    return line;
  };
}

function sample(id: string): LibraryObject {
  const found = SAMPLES.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`the demo has no ${id}`);
  const { size, seed, partSizeBytes, sha256 } = found;
  return { id, size, seed, partSizeBytes, sha256 };
}

function toEntries(origin: Origin, objects: readonly LibraryObject[]): CatalogEntry[] {
  return objects.map((object) => {
    const { id, sha256, ...spec } = object;
    const { etag, size, lastModified } = origin.putObject(BUCKET, { ...spec, key: id });
    const digests = sha256 === undefined ? {} : { 'sha-256': Buffer.from(sha256, 'hex') };
    const mediaType = 'application/octet-stream';
    return {
      id,
      collection: DEFAULT_COLLECTION,
      store: STORE,
      bucket: BUCKET,
      key: id,
      size,
      etag,
      lastModified,
      filename: basename(id),
      mediaType,
      digests,
    };
  });
}

async function createDatabase(folder: string, kind: 'sqlite' | 'postgres') {
  if (kind === 'sqlite') return { database: join(folder, 'sluice.db'), endDatabase: async () => undefined };
  const server = await startPostgres();
  return { database: await server.createDatabase(), endDatabase: () => server.end() };
}

async function writeCatalog(location: string, entries: readonly CatalogEntry[]): Promise<void> {
  const catalog = await openCatalog(location);
  await catalog.putMany(entries);
  await catalog.close();
}

async function untilFree({ meter }: Origin): Promise<void> {
  await meter.until(({ requests }) => requests.every(({ endedAt }) => endedAt !== undefined) || undefined);
}

async function untilUnconnected({ meter }: Origin): Promise<void> {
  await meter.until(({ connections }) => connections.open === 0 || undefined);
}

/** The process ids of the children of `parent` that have not been waited for. */
async function childrenOf(parent: number): Promise<number[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = processes.map(async (name) => {
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    // After the command, which may hold anything, come the state and the parent.
    return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) };
  });
  return (await Promise.all(parents)).filter((each) => each.parent === parent).map(({ pid }) => pid);
}
