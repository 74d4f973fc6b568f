// The source contract over a real server: every sentence of it, in front of a relay that the suite's faults and eyes
// need, since a server that works has none.
import { after } from 'node:test';
import { syntheticBytes } from '../../../src/lab/origin/synthetic-bytes.ts';
import { establishedConnections } from '../../../src/testing/established-connections.ts';
import { describeSourceContract } from '../../../src/testing/source-contract.ts';
import type { PlacedObject, SourceHarness } from '../../../src/testing/source-harness.ts';
import { SlabPool } from '../../../src/wire/slab-pool.ts';
import { openSource, readGiven } from '../given-server.ts';
import { Relay } from '../relay.ts';
import type { Mischief } from '../relay.ts';
import { Store } from '../store.ts';

/** Only Linux tells it without the event loop having to turn. */
const COUNTS_CONNECTIONS = process.platform === 'linux';

const given = readGiven();
const store = new Store(given.server);
const bucket = await store.createBucket();
after(() => store.close());

/** Objects that tests have put and left as they were, by size: another test may have them, and no upload is needed. */
const shelf = new Map<number, PlacedObject[]>();
let count = 0;

async function upload(size: number): Promise<PlacedObject> {
  count += 1;
  const seed = count;
  const object = { bucket, key: `folder/object-${count}.` };
  const etag = await store.put(object, { seed, size });
  return {
    object,
    version: { size, etag },
    bytes: ({ start, end }) => syntheticBytes({ seed, offset: start, length: end - start }),
  };
}

async function createHarness(): Promise<SourceHarness> {
  const { hostname, port } = new URL(given.server.endpoint);
  const relay = new Relay({ host: hostname, port: Number(port) });
  const slabs = new SlabPool();
  const source = openSource(given, { endpoint: await relay.listen(), slabs });
  const taken = new Map<string, PlacedObject>();
  const plan = (mischief: Mischief) => (object: PlacedObject['object']) =>
    relay.plan(`/${object.bucket}/${object.key}`, mischief);
  return {
    source,
    async put({ size }) {
      const placed = shelf.get(size)?.pop() ?? (await upload(size));
      taken.set(placed.object.key, placed);
      return placed;
    },
    async replace(object) {
      const { size } = taken.get(object.key)!.version;
      taken.delete(object.key);
      count += 1;
      await store.replace(object, { seed: count, size });
    },
    async remove(object) {
      taken.delete(object.key);
      await store.remove(object);
    },
    takenSlabs: () => slabs.takenCount,
    heldByOrigin: () => relay.openCount - source.idleConnections,
    ...(COUNTS_CONNECTIONS && { heldNow: () => establishedConnections(relay.port) - source.idleConnections }),
    sentByOrigin: () => relay.sentBytes,
    hold: () => relay.hold(),
    silence: plan('silence'),
    cut: plan('cut'),
    answerAnotherRange: plan('another-range'),
    async tearDown() {
      source.close();
      await relay.close();
      for (const placed of taken.values()) {
        const { size } = placed.version;
        shelf.set(size, [...(shelf.get(size) ?? []), placed]);
      }
    },
  };
}

describeSourceContract(`the S3 source in front of ${given.server.name}`, createHarness, {
  lacks: COUNTS_CONNECTIONS ? [] : ['heldNow'],
});
