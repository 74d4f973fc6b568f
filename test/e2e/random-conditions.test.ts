// A hundred thousand Range and conditional fields, well-formed, damaged and pure garbage, over a few connections with
// pipelining: never a 5xx, never a byte that is not where the answer says, and nothing left afterwards. The gateway
// runs in this process; it, its sockets and one of its two stores are real.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createPublicAccess } from '../../src/access/public.ts';
import type { Catalog, FoundEntry } from '../../src/catalog/catalog.ts';
import { createGateway } from '../../src/gateway/server.ts';
import type { Gateway } from '../../src/gateway/server.ts';
import { startOrigin } from '../../src/lab/origin/origin.ts';
import type { Origin } from '../../src/lab/origin/origin.ts';
import { syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import type { TransferEnd } from '../../src/ledger/ledger.ts';
import { Random } from '../../src/random.test-double.ts';
import { createMemorySource } from '../../src/source/memory.ts';
import { createS3Source } from '../../src/source/s3.ts';
import type { S3Source } from '../../src/source/s3.ts';
import type { Source } from '../../src/source/source.ts';
import { patternBytes } from '../../src/testing/pattern.ts';
import { SlabPool } from '../../src/wire/slab-pool.ts';
import { assertTrue } from './answer-truth.ts';
import type { Answer } from './http-reader.ts';
import { BROKEN_HEAD, randomRequest } from './random-requests.ts';
import type { RandomRequest, Subject } from './random-requests.ts';
import { openRawClient } from './raw-client.ts';
import type { RawClient } from './raw-client.ts';
import { within } from './world.ts';

const CONNECTIONS = 4;
const MAX_PIPELINED = 32;

const KEY = 'object';
/** No power of two and no multiple of one. */
const SIZE_BYTES = 6_007;
const LAB_SEED = 11;
const LAST_MODIFIED = new Date('2024-02-29T12:34:56.789Z');

/** In memory, where an answer costs little, and in the lab's origin, to which there are connections to be left open. */
const TRUTHS: Readonly<Record<'memory' | 'lab', Buffer>> = {
  memory: patternBytes({ start: 0, end: SIZE_BYTES }),
  lab: syntheticBytes({ seed: LAB_SEED, offset: 0, length: SIZE_BYTES }),
};

describe('a gateway that is asked for ranges at random', () => {
  let origin: Origin;
  let source: S3Source;
  let gateway: Gateway;
  let address: { readonly host: string; readonly port: number };
  const slabs = new SlabPool();
  const entries = new Map<string, FoundEntry>();
  const outcomes = new Map<TransferEnd['outcome'], number>();
  const complaints: unknown[] = [];

  before(async () => {
    origin = await startOrigin({ credentials: undefined, buckets: { library: {} } });
    const about = { key: KEY, lastModified: LAST_MODIFIED };
    const lab = origin.putObject('library', { ...about, size: SIZE_BYTES, seed: LAB_SEED });
    const memory = createMemorySource();
    const stored = memory.put({ bucket: 'library', key: KEY }, TRUTHS.memory, { lastModified: LAST_MODIFIED });
    addEntry('memory', stored.etag);
    addEntry('lab', lab.etag);
    source = createS3Source({ endpoint: origin.url, region: 'us-east-1', slabs, credentials: 'anonymous' });
    gateway = createGateway({
      // The gateway asks a catalog for nothing else.
      catalog: { find: async (id) => entries.get(id) } as Catalog,
      sources: new Map<string, Source>([
        ['memory', memory],
        ['lab', source],
      ]),
      access: createPublicAccess(),
      ledger: {
        open: () => ({ settle: ({ outcome }) => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1) }),
      },
      log: { error: (fields) => complaints.push(fields), info: () => {} },
      stallTimeoutMs: 60_000,
      maxTransfers: CONNECTIONS * MAX_PIPELINED,
    });
    const { hostname, port } = new URL(await gateway.listen({ host: '127.0.0.1', port: 0 }));
    address = { host: hostname, port: Number(port) };
  });
  after(async () => {
    await gateway.close(0);
    source.close();
    await within(untilOriginIsFree(), 'the origin to be free');
    assert.equal(slabs.takenCount, 0, 'no slab is left outside of its pool');
    await origin.close();
  });

  for (const [id, count] of [
    ['memory', 92_000],
    ['lab', 8_000],
  ] as const) {
    it(`answers ${count} requests for the object in the ${id} store`, async (t) => {
      const seen = new Map<string, number>();
      const asking = Array.from({ length: CONNECTIONS }, (_, seed) =>
        askAtRandom(id, { seed: seed + 1, count: count / CONNECTIONS, seen }),
      );
      await Promise.all(asking);
      t.diagnostic(`answers: ${[...seen].map(([status, times]) => `${times} of ${status}`).join(', ')}`);
      assert.deepEqual([...seen.keys()].toSorted(), ['200', '206', '206 in parts', '304', '400', '412', '416']);
      await within(untilIdle(), 'the transfers to end');
      assert.equal(source.openConnections, source.idleConnections, 'no connection to the origin is held');
      assert.deepEqual([[...outcomes.keys()], complaints], [['complete'], []]);
      const client = await openRawClient(address);
      client.write('GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n');
      assert.equal((await within(client.answer(), 'the gateway to say how it is')).status, 200);
      client.close();
    });
  }

  /** Asks in batches, each pipelined on one connection; what breaks a connection comes on one of its own. */
  async function askAtRandom(
    id: keyof typeof TRUTHS,
    { seed, count, seen }: { readonly seed: number; readonly count: number; readonly seen: Map<string, number> },
  ): Promise<void> {
    const random = new Random(seed);
    const { etag } = entries.get(id)!;
    const subject: Subject = { path: `/data/${id}`, size: SIZE_BYTES, etag, lastModified: LAST_MODIFIED };
    const client = await openRawClient(address);
    const check = (request: RandomRequest, answer: Answer) => {
      const status = checkAnswer(request, answer, TRUTHS[id]);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    };
    for (let asked = 0; asked < count;) {
      const length = Math.min(1 + random.below(MAX_PIPELINED), count - asked);
      const requests = Array.from({ length }, () => randomRequest(random, subject));
      const pipelined = requests.filter(({ expected }) => expected !== BROKEN_HEAD);
      const answers = await within(askTogether(client, pipelined), 'the answers to what was pipelined');
      for (const [index, request] of pipelined.entries()) check(request, answers[index]!);
      for (const request of requests) {
        if (request.expected === BROKEN_HEAD) check(request, await askAlone(request));
      }
      asked += length;
    }
    assert.equal(client.unasked, '');
    client.close();
  }

  async function askAlone(request: RandomRequest): Promise<Answer> {
    const client = await openRawClient(address);
    client.write(request.text);
    // A head that cannot be read tells of no HEAD either.
    const answer = await within(client.answer('GET'), 'the answer to a broken head');
    await within(client.ended, 'the end of a connection with a broken head');
    assert.equal(client.unasked, '');
    return answer;
  }

  function addEntry(id: keyof typeof TRUTHS, etag: string): void {
    const digests = { 'sha-256': createHash('sha256').update(TRUTHS[id]).digest() };
    const about = { filename: 'object.bin', mediaType: 'application/octet-stream', lastModified: LAST_MODIFIED };
    const kept = { collection: 'default', isPublic: true };
    entries.set(id, { ...kept, ...about, id, store: id, bucket: 'library', key: KEY, size: SIZE_BYTES, etag, digests });
  }

  async function untilIdle(): Promise<void> {
    while (gateway.transferCount > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  function untilOriginIsFree(): Promise<true> {
    return origin.meter.until(({ connections }) => connections.open === 0 || undefined);
  }
});

function askTogether(client: RawClient, requests: readonly RandomRequest[]): Promise<Answer[]> {
  client.write(requests.map(({ text }) => text).join(''));
  return Promise.all(requests.map(({ method }) => client.answer(method)));
}

/** Returns what kind of answer it was. */
function checkAnswer({ method, text, expected }: RandomRequest, answer: Answer, truth: Buffer): string {
  try {
    const ranges = assertTrue(answer, method, truth);
    if (expected) assert.equal(answer.status, expected.status);
    if (expected?.ranges) assert.deepEqual(ranges, expected.ranges);
    return `${answer.status}${(ranges?.length ?? 0) > 1 ? ' in parts' : ''}`;
  } catch (cause) {
    throw new Error(`a wrong answer to ${JSON.stringify(text)}`, { cause });
  }
}
