// A gateway for tests, on a real socket: a small catalog, a store in memory, a store that the test plays, and a ledger
// and a log that remember what they were told.
import { connect as openSocket } from 'node:net';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Admin } from '../admin/admin.ts';
import type { Access, AccessRequest, Principal, Protected } from '../access/access.ts';
import { createPublicAccess } from '../access/public.ts';
import { MemoryBundles } from '../bundle/bundle-trial.test-double.ts';
import { createBundleSource } from '../bundle/bundle-source.ts';
import type { Catalog, FoundEntry } from '../catalog/catalog.ts';
import { Peer, untilTrue } from '../flow/http-trial.test-double.ts';
import type { Ledger, TransferEnd, TransferStart } from '../ledger/ledger.ts';
import type { Limits } from '../limits/limits.ts';
import { createMemorySource } from '../source/memory.ts';
import type { Source } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { createGateway } from './server.ts';
import type { Gateway, ListenOptions } from './server.ts';

/** The object that every id names but for `scripted`, which the test plays, and `lost`, whose store there is not. */
export const OBJECT_BYTES = patternBytes({ start: 0, end: 1000 });

/** As long as an id may be. */
export const LONGEST_ID = `long/${'x'.repeat(1019)}`;

/** A row of the ledger that was settled. */
export type LedgerEntry = TransferStart & TransferEnd;

export type Logged = { readonly err: { readonly code?: string; readonly cause?: unknown }; readonly id?: string };

export type GatewayTrial = {
  readonly gateway: Gateway;
  readonly url: string;
  /** The store behind `/data/scripted`. */
  readonly source: ScriptedSource;
  /** What the catalog has, and was asked for. Whatever `answer` gives or throws comes instead of an entry. */
  readonly catalog: {
    readonly entries: Map<string, FoundEntry>;
    readonly asked: readonly string[];
    answer: ((id: string) => Promise<undefined>) | undefined;
  };
  readonly bundles: MemoryBundles;
  readonly ledger: { readonly entries: readonly LedgerEntry[] };
  readonly log: readonly Logged[];
  /** What is no failure, and yet for the operator to know. */
  readonly noted: readonly object[];
  readonly connect: () => Promise<Peer>;
  /** The next entry of the ledger, each given once. */
  readonly nextEntry: () => Promise<LedgerEntry>;
};

export type GatewayTrialOptions = {
  readonly access?: Access;
  readonly admin?: Admin;
  readonly maxTransfers?: number;
  readonly stallTimeoutMs?: number;
  readonly ledger?: Ledger;
  readonly limits?: Limits;
  readonly isReady?: () => boolean;
  /** Default: a port of its own. */
  readonly listen?: Partial<ListenOptions>;
};

/** An access for which everybody is who `X-Name` says, and may have what `mayRead` says. */
export function accessByName(
  mayRead: (object: Protected, name: string) => boolean = () => true,
  seen: AccessRequest[] = [],
): Access {
  return {
    decide: (request) => {
      seen.push(request);
      const name = String(request.headers['x-name'] ?? 'ann');
      const principal: Principal = { name, isAdmin: false, mayRead: (object) => mayRead(object, name) };
      return { kind: 'known', principal };
    },
  };
}

function createEntries(etag: string): Map<string, FoundEntry> {
  const kept = { collection: 'default', isPublic: false };
  const entry = {
    ...kept,
    bucket: 'b',
    key: 'k',
    size: OBJECT_BYTES.length,
    etag,
    filename: 'object.bin',
    digests: {},
  };
  const stores = { object: 'memory', 'a/b': 'memory', ü: 'memory', [LONGEST_ID]: 'memory' };
  const named = Object.entries({ ...stores, scripted: 'scripted', lost: 'nowhere' });
  return new Map(named.map(([id, store]) => [id, { ...entry, id, store, mediaType: 'application/octet-stream' }]));
}

/** Starts a gateway that ends with the test. */
export async function startGateway(t: TestContext, options: GatewayTrialOptions = {}): Promise<GatewayTrial> {
  const { access = createPublicAccess(), maxTransfers = 100, stallTimeoutMs = 600_000 } = options;
  const memory = createMemorySource();
  const { etag } = memory.put({ bucket: 'b', key: 'k' }, OBJECT_BYTES);
  const entries = createEntries(etag);
  const source = new ScriptedSource();
  const sources = new Map<string, Source>([
    ['memory', memory],
    ['scripted', source],
  ]);

  const asked: string[] = [];
  const catalog: GatewayTrial['catalog'] = { entries, asked, answer: undefined };
  const bundles = new MemoryBundles();
  const find = async (id: string) => {
    asked.push(id);
    return catalog.answer ? catalog.answer(id) : entries.get(id);
  };
  const recorded: LedgerEntry[] = [];
  const ledger: Ledger = options.ledger ?? {
    open: (start) => ({ settle: (end) => void recorded.push({ ...start, ...end }) }),
  };
  const log: Logged[] = [];
  const noted: object[] = [];

  const gateway = createGateway({
    // The gateway asks a catalog for nothing else.
    catalog: { find } as Catalog,
    sources,
    bundles: { store: bundles, source: createBundleSource({ bundles, sources }) },
    access,
    ledger,
    limits: options.limits,
    isReady: options.isReady,
    admin: options.admin,
    log: { error: (fields) => void log.push(fields as Logged), info: (fields) => void noted.push(fields) },
    maxTransfers,
    stallTimeoutMs,
  });
  const url = await gateway.listen({ host: '127.0.0.1', port: 0, ...options.listen });
  const peers: Peer[] = [];
  t.after(async () => {
    for (const { socket } of peers) socket.destroy();
    await gateway.close(0);
  });

  let taken = 0;
  return {
    gateway,
    url,
    source,
    catalog,
    bundles,
    ledger: { entries: recorded },
    log,
    noted,
    connect: async () => {
      const socket = openSocket({ host: '127.0.0.1', port: Number(new URL(url).port), allowHalfOpen: true });
      const peer = new Peer(socket);
      peers.push(peer);
      await once(socket, 'connect');
      return peer;
    },
    nextEntry: async () => {
      const index = taken;
      taken += 1;
      await untilTrue('an entry of the ledger', () => recorded.length > index);
      return recorded[index]!;
    },
  };
}
