// Resuming over a real socket: an S3 origin that resets, stalls, truncates and refuses, and an object that is replaced.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Fault } from '../lab/origin/fault-rules.ts';
import { startOrigin } from '../lab/origin/origin.ts';
import type { Origin } from '../lab/origin/origin.ts';
import { syntheticBytes } from '../lab/origin/synthetic-bytes.ts';
import type { SyntheticObject } from '../lab/origin/synthetic-object.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { resumed } from './resume.ts';
import type { Interruption } from './resume.ts';
import { createS3Source } from './s3.ts';
import type { S3Source } from './s3.ts';
import type { Body, ByteRange, Source } from './source.ts';

const SIZE = 8 << 20;
const SEED = 7;
const OBJECT = { bucket: 'lab', key: 'object' };
const CREDENTIALS = { accessKeyId: 'LABKEY', secretAccessKey: 'lab/secret+key' };
const { signal } = new AbortController();

let origin: Origin;
let placed: SyntheticObject;
let s3: S3Source;
let source: Source;
const reports: Interruption[] = [];
const slabs = new SlabPool();

before(async () => {
  origin = await startOrigin({ credentials: CREDENTIALS, buckets: { lab: {} } });
  placed = origin.putObject('lab', { key: OBJECT.key, size: SIZE, seed: SEED });
  s3 = createS3Source({
    endpoint: origin.url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    slabs,
    retry: { attempts: 2, baseMs: 1, maxMs: 5 },
    timeouts: { upstreamStallMs: 50 },
  });
  const policy = { attempts: 8, breakMs: 1, refusalMs: 5, maxMs: 50 };
  source = resumed(s3, { policy, report: (report) => reports.push(report) });
});

afterEach(() => {
  origin.setFaults([]);
  origin.meter.reset();
  reports.length = 0;
  assert.equal(slabs.takenCount, 0, 'a slab is left');
});

after(async () => {
  source.close();
  await origin.close();
});

function open(range: ByteRange = { start: 0, end: SIZE }): Body {
  return source.open({ object: OBJECT, version: { size: SIZE, etag: placed.etag }, range, signal });
}

/** Reads to the end or the failure; throws where a byte is wrong. Answers the offset that it has come to. */
async function drain(body: Body, start = 0): Promise<{ readonly position: number; readonly code: string }> {
  let position = start;
  try {
    for (let chunk = await body.read(); chunk; chunk = await body.read()) {
      const expected = syntheticBytes({ seed: SEED, offset: position, length: chunk.bytes.length });
      assert.ok(expected.equals(chunk.bytes), `the bytes from ${position} on are wrong`);
      position += chunk.bytes.length;
      chunk.release();
    }
    return { position, code: 'complete' };
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return { position, code: (error as { code?: string }).code ?? String(error) };
  }
}

const breaks: readonly Fault[] = [
  { resetAfterBytes: 3_000_000 },
  { truncateAfterBytes: 3_000_000 },
  { stallAfterBytes: 3_000_000 },
];

for (const fault of breaks) {
  test(`${Object.keys(fault).join()} is not seen by the reader`, async () => {
    origin.setFaults([{ times: 1, fault }]);
    const body = open();
    assert.deepEqual(await drain(body), { position: SIZE, code: 'complete' });
    assert.equal(body.resumedCount, 1);
    assert.equal(reports.length, 1);
    const { position } = reports[0]!;
    const [, second] = origin.meter.read().requests;
    assert.deepEqual([second?.range, second?.ifMatch], [`bytes=${position}-${SIZE - 1}`, placed.etag]);
  });
}

test('an origin that does all of it at random is not seen by the readers, of the whole and of its parts', async () => {
  const anywhere = { from: 0, to: SIZE / 2 };
  origin.setFaults([
    { probability: 0.2, seed: 1, fault: { slowDown: {} } },
    { probability: 0.1, seed: 2, fault: { internalError: true } },
    { probability: 0.1, seed: 3, fault: { resetUnanswered: true } },
    { probability: 0.05, seed: 4, fault: { stallAfterBytes: anywhere } },
    { probability: 0.1, seed: 5, fault: { truncateAfterBytes: anywhere } },
    { seed: 6, fault: { resetConnectionAfterBytes: { from: 64 << 10, to: 2 << 20 } } },
  ]);
  const partBytes = SIZE / 8;
  const parts = Array.from({ length: 8 }, (_, index) => ({ start: index * partBytes, end: (index + 1) * partBytes }));
  const ranges = [{ start: 0, end: SIZE }, ...parts];
  const drained = await Promise.all(ranges.map((range) => drain(open(range), range.start)));
  assert.deepEqual(
    drained,
    ranges.map(({ end }) => ({ position: end, code: 'complete' })),
  );
  assert.ok(reports.length > 5);
});

test('an object that is replaced ends the body at the byte where it broke off, with changed', async () => {
  origin.setFaults([{ times: 1, fault: { resetAfterBytes: 3_000_000 } }]);
  const body = open();
  await body.opened;
  origin.replaceObject('lab', OBJECT.key);
  const { position, code } = await drain(body);
  assert.equal(code, 'changed');
  assert.ok(position <= 3_000_000);
  assert.equal(reports.length, 1);
  placed = origin.replaceObject('lab', OBJECT.key, { seed: SEED });
});

test('an origin that is gone for good is the reader’s in the end, and leaves no connection', async () => {
  origin.setFaults([{ times: 1, fault: { truncateAfterBytes: 1_000_000 } }, { fault: { resetUnanswered: true } }]);
  const { position, code } = await drain(open());
  assert.deepEqual([position, code], [1_000_000, 'origin-unreachable']);
  // One body, and seven more of two attempts each: that is how often S3 was asked.
  assert.equal(origin.meter.read().totals.requests, 1 + 7 * 2);
  assert.equal(s3.openConnections, s3.idleConnections);
});
