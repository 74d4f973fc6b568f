// A gateway in front of the server under test: an S3 source that asks it directly, a catalog in memory that `scan`
// fills, everybody may ask, and a ledger that can be waited for.
import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createPublicAccess } from '../../src/access/public.ts';
import { DEFAULT_COLLECTION } from '../../src/catalog/catalog.ts';
import { createCatalog } from '../../src/catalog/database-catalog.ts';
import { scan } from '../../src/catalog/scan.ts';
import type { RefusedObject } from '../../src/catalog/scan.ts';
import { openSqlite } from '../../src/database/sqlite.ts';
import { createGateway } from '../../src/gateway/server.ts';
import type { TransferEnd } from '../../src/ledger/ledger.ts';
import type { S3Source } from '../../src/source/s3.ts';
import { establishedConnections } from '../../src/testing/established-connections.ts';
import { SlabPool } from '../../src/wire/slab-pool.ts';
import { openSource } from './given-server.ts';
import type { Given } from './given-server.ts';

const STORE = 'given';

/** What takes longer hangs. */
const GUARD_MS = 30_000;

const LOOK_MS = 5;

/** More than any suite puts into its buckets. */
const MAX_ENTRIES = 100_000;

export type GatewayUnderTest = {
  readonly source: S3Source;
  /** Catalogues the bucket; returns the keys by their ids, and what was refused. */
  scan(
    bucket: string,
  ): Promise<{ readonly ids: ReadonlyMap<string, string>; readonly refused: readonly RefusedObject[] }>;
  urlOf(id: string): string;
  /** The next transfer that the ledger is told of. To be called before it begins. */
  nextTransfer(): Promise<TransferEnd>;
  /** Waits until nothing is held for anybody: no slab, and no connection to the server but idle ones. */
  untilIdle(): Promise<void>;
  /** Ends it, and fails if anything is left. */
  close(): Promise<void>;
};

export async function openGateway(given: Given): Promise<GatewayUnderTest> {
  const slabs = new SlabPool();
  const source = openSource(given, { slabs });
  const database = await openSqlite(':memory:');
  const catalog = createCatalog(database);
  const transfers = new EventEmitter<{ transfer: [TransferEnd] }>();
  const gateway = createGateway({
    catalog,
    sources: new Map([[STORE, source]]),
    access: createPublicAccess(),
    ledger: { open: () => ({ settle: (end) => void transfers.emit('transfer', end) }) },
    stallTimeoutMs: GUARD_MS,
    maxTransfers: 100,
    log: pino({ level: 'silent' }),
  });
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 });
  const serverPort = Number(new URL(given.server.endpoint).port);
  // Where the kernel can be asked, the source's own word is not taken.
  const countOpen = () => (process.platform === 'linux' ? establishedConnections(serverPort) : source.openConnections);

  async function untilIdle(): Promise<void> {
    const deadline = performance.now() + GUARD_MS;
    for (;;) {
      const held = [slabs.takenCount, countOpen() - source.idleConnections];
      if (held.every((count) => count === 0)) return;
      assert.ok(performance.now() < deadline, `slabs and connections still held: ${held.join(', ')}`);
      await delay(LOOK_MS);
    }
  }

  return {
    source,
    async scan(bucket) {
      const refused: RefusedObject[] = [];
      const { signal } = new AbortController();
      await scan({
        ...{ source, database, store: STORE, bucket, prefix: '', idPrefix: '', signal },
        collection: DEFAULT_COLLECTION,
        onRefused: (object) => refused.push(object),
      });
      const entries = await catalog.list({ limit: MAX_ENTRIES });
      return {
        ids: new Map(entries.filter((entry) => entry.bucket === bucket).map(({ key, id }) => [key, id])),
        refused,
      };
    },
    urlOf: (id) => `${url}/data/${id.split('/').map(encodeURIComponent).join('/')}`,
    nextTransfer: async () => {
      const [entry] = await once(transfers, 'transfer', { signal: AbortSignal.timeout(GUARD_MS) });
      return entry as TransferEnd;
    },
    untilIdle,
    async close() {
      await gateway.close(0);
      await untilIdle();
      source.close();
      await database.destroy();
      assert.equal(source.openConnections, 0);
    },
  };
}
