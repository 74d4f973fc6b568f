// A client that leaves while its id is still being looked up. The catalog is a double that answers when it is told
// to, so the gateway runs in this process; it, its sockets and its origin are real.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { Catalog, FoundEntry } from '../../src/catalog/catalog.ts';
import { createGateway } from '../../src/gateway/server.ts';
import type { Gateway } from '../../src/gateway/server.ts';
import { startOrigin } from '../../src/lab/origin/origin.ts';
import type { Origin } from '../../src/lab/origin/origin.ts';
import { createS3Source } from '../../src/source/s3.ts';
import type { S3Source } from '../../src/source/s3.ts';
import { SlabPool } from '../../src/wire/slab-pool.ts';
import { openLeavingClient } from './leaving-client.ts';
import type { LeavingClient } from './leaving-client.ts';
import { BIG, within } from './world.ts';

/** What the gateway has asked and not been answered yet. */
type LookUp = { readonly signal: AbortSignal; readonly answer: (entry: FoundEntry | undefined) => void };

describe('a client that leaves while the catalog is asked', () => {
  let origin: Origin;
  let source: S3Source;
  let gateway: Gateway;
  let url: string;
  let entry: FoundEntry;
  let asked = Promise.withResolvers<LookUp>();
  const recorded: unknown[] = [];
  const complaints: unknown[] = [];

  before(async () => {
    origin = await startOrigin({ credentials: undefined, buckets: { library: {} } });
    const { id, ...spec } = BIG;
    const { etag, size } = origin.putObject('library', { ...spec, key: id });
    entry = {
      id,
      collection: 'default',
      isPublic: true,
      store: 'lab',
      bucket: 'library',
      key: id,
      size,
      etag,
      filename: id,
      mediaType: 'text/plain',
      digests: {},
    };
    source = createS3Source({
      endpoint: origin.url,
      region: 'us-east-1',
      slabs: new SlabPool(),
      credentials: 'anonymous',
    });
    // Access is asked just before the catalog, and with the signal of the one who asks.
    let signal: AbortSignal;
    const find: Catalog['find'] = () => {
      const { promise, resolve } = Promise.withResolvers<FoundEntry | undefined>();
      asked.resolve({ signal, answer: resolve });
      return promise;
    };
    gateway = createGateway({
      catalog: { find } as Catalog,
      sources: new Map([['lab', source]]),
      access: {
        decide: (_request, options) => {
          ({ signal } = options);
          return { kind: 'known', principal: { name: 'anyone', isAdmin: false, mayRead: () => true } };
        },
      },
      ledger: { open: () => ({ settle: (end) => void recorded.push(end) }) },
      log: { error: (fields) => complaints.push(fields), info: () => {} },
      stallTimeoutMs: 60_000,
      maxTransfers: 100,
    });
    url = `${await gateway.listen({ host: '127.0.0.1', port: 0 })}/data/${id}`;
  });
  after(async () => {
    await gateway.close(0);
    source.close();
    await origin.close();
  });

  const ways: readonly (readonly [string, (client: LeavingClient) => number])[] = [
    ['resets', (client) => client.reset()],
    ['closes', (client) => client.close()],
    ['closes its side', (client) => client.halfClose()],
  ];
  for (const [way, leave] of ways) {
    it(`and ${way} is given up at once, and the origin is never asked`, async () => {
      asked = Promise.withResolvers();
      const client = await openLeavingClient(url);
      const { signal, answer } = await within(asked.promise, 'the catalog to be asked');
      assert.equal(gateway.transferCount, 1);
      const aborted = once(signal, 'abort');
      leave(client);
      await within(aborted, 'the gateway to see the client leave');
      await within(client.readOn(), 'the connection to be over');
      answer(entry);
      await within(untilIdle(), 'the transfer to end');
      assert.equal(origin.meter.read().requests.length, 0);
      assert.equal(source.openConnections, 0);
      assert.deepEqual([recorded, complaints], [[], []]);
    });
  }

  async function untilIdle(): Promise<void> {
    while (gateway.transferCount > 0) await new Promise((resolve) => setImmediate(resolve));
  }
});
