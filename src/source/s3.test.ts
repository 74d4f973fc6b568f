// The S3 source keeps the contract, in front of the embedded origin, whose signature check, meter and faults are the
// suite's eyes and hands: over plain HTTP and over TLS.
import { startOrigin } from '../lab/origin/origin.ts';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { syntheticBytes } from '../lab/origin/synthetic-bytes.ts';
import type { SyntheticObject } from '../lab/origin/synthetic-object.ts';
import type { MeterReading } from '../lab/origin/meter.ts';
import { establishedConnections } from '../testing/established-connections.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import type { Capability, SourceHarness } from '../testing/source-harness.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { createS3Source } from './s3.ts';

const BUCKET = 'lab';
const CREDENTIALS = { accessKeyId: 'LABKEY', secretAccessKey: 'lab/secret+key' };
const COUNTS_CONNECTIONS = process.platform === 'linux';
const TLS = createSelfSigned();

function countUnderWay({ requests }: MeterReading): number {
  return requests.filter(({ endedAt }) => endedAt === undefined).length;
}

async function createHarness({ tls }: { readonly tls?: typeof TLS } = {}): Promise<SourceHarness> {
  const options = { credentials: CREDENTIALS, region: 'eu-central-1', buckets: { [BUCKET]: {} } };
  const origin = await startOrigin(tls ? { ...options, tls } : options);
  const slabs = new SlabPool();
  const source = createS3Source({
    endpoint: origin.url,
    region: 'eu-central-1',
    credentials: CREDENTIALS,
    ca: tls?.cert,
    slabs,
  });
  const stored = new Map<string, SyntheticObject>();
  const middleOf = (key: string): number => Math.floor((stored.get(key)?.size ?? 0) / 2);
  const heldNow = (): number => establishedConnections(origin.port) - source.idleConnections;
  return {
    source,
    ...(COUNTS_CONNECTIONS && { heldNow }),
    async put({ size }) {
      const object = { bucket: BUCKET, key: `a folder/object+${stored.size}.` };
      const placed = origin.putObject(BUCKET, { key: object.key, size });
      stored.set(object.key, placed);
      const { etag, seed } = placed;
      const bytes = ({ start, end }: { readonly start: number; readonly end: number }) =>
        syntheticBytes({ seed, offset: start, length: end - start });
      return { object, version: { size, etag }, bytes };
    },
    async replace({ key }) {
      origin.replaceObject(BUCKET, key);
    },
    async remove({ key }) {
      origin.removeObject(BUCKET, key);
    },
    takenSlabs: () => slabs.takenCount,
    heldByOrigin: () => countUnderWay(origin.meter.read()),
    untilHeldByOrigin: (count) =>
      origin.meter.until((reading) => (countUnderWay(reading) === count ? true : undefined)).then(() => undefined),
    sentByOrigin: () =>
      origin.meter.read().requests.reduce((sum, { bytesLeft, bytesInWrite }) => sum + bytesLeft + bytesInWrite, 0),
    hold: () => origin.setFaults([{ fault: { neverAnswer: true } }]),
    silence: ({ key }) =>
      origin.setFaults([{ match: { method: 'GET', key }, times: 1, fault: { stallAfterBytes: middleOf(key) } }]),
    cut: ({ key }) =>
      origin.setFaults([{ match: { method: 'GET', key }, times: 1, fault: { truncateAfterBytes: middleOf(key) } }]),
    answerAnotherRange: ({ key }) =>
      origin.setFaults([{ match: { method: 'GET', key }, times: 1, fault: { wrongContentRange: true } }]),
    async tearDown() {
      source.close();
      await origin.close();
    },
  };
}

const lacks: readonly Capability[] = COUNTS_CONNECTIONS ? [] : ['heldNow'];

describeSourceContract('createS3Source()', () => createHarness(), { lacks });
describeSourceContract('createS3Source() over TLS', () => createHarness({ tls: TLS }), { lacks });
