// The S3 source and an origin that misbehaves: what is tried again and what never is, and which code each fault gets.
// What only a whole store shows is here too: pages, versions, odd keys, refused signatures.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Fault } from '../lab/origin/fault-rules.ts';
import { startOrigin } from '../lab/origin/origin.ts';
import type { Origin } from '../lab/origin/origin.ts';
import { syntheticBytes } from '../lab/origin/synthetic-bytes.ts';
import type { SyntheticObject } from '../lab/origin/synthetic-object.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { createS3Source } from './s3.ts';
import type { S3Source, S3SourceOptions } from './s3.ts';
import type { Body, ByteRange } from './source.ts';

const BUCKET = 'lab';
const KEY = 'object';
const SIZE = 1_000_000;
const CREDENTIALS = { accessKeyId: 'LABKEY', secretAccessKey: 'lab/secret+key' };
const ODD_KEYS = ['a b', 'a+b', 'ä/😀', '//x//', '../up/./here', "e%2F&?=*'()!~", ' ', 'tab\tand\nline', '<x>&amp;'];
const { signal } = new AbortController();

let origin: Origin;
let placed: SyntheticObject;
const slabs = new SlabPool();
const sources: S3Source[] = [];

function createSource(options: Partial<S3SourceOptions> = {}): S3Source {
  const retry = { attempts: 4, baseMs: 1, maxMs: 5 };
  const fixed = { endpoint: origin.url, region: 'us-east-1', credentials: CREDENTIALS, retry, slabs };
  const source = createS3Source({ ...fixed, ...options });
  sources.push(source);
  return source;
}

before(async () => {
  origin = await startOrigin({
    credentials: CREDENTIALS,
    buckets: {
      [BUCKET]: {
        objects: [
          ...Array.from({ length: 1_500 }, (_, index) => ({ key: `many/${index}`, size: index })),
          ...ODD_KEYS.map((key) => ({ key, size: 10 })),
        ],
      },
    },
  });
  placed = origin.putObject(BUCKET, { key: KEY, size: SIZE, seed: 7 });
});

afterEach(async () => {
  for (const source of sources.splice(0)) source.close();
  await origin.meter.until(({ connections }) => (connections.open === 0 ? true : undefined));
  origin.setFaults([]);
  origin.meter.reset();
  assert.equal(slabs.takenCount, 0, 'a slab is left');
});

after(() => origin.close());

function open(source: S3Source, range: ByteRange = { start: 0, end: SIZE }, etag = placed.etag): Body {
  const version = { size: SIZE, etag };
  return source.open({ object: { bucket: BUCKET, key: KEY }, version, range, signal });
}

/** How many right bytes a body gave before it ended or failed, and what with. */
async function drain(body: Body, start = 0): Promise<{ readonly bytes: number; readonly code: string }> {
  let bytes = 0;
  try {
    for (let chunk = await body.read(); chunk; chunk = await body.read()) {
      const expected = syntheticBytes({ seed: 7, offset: start + bytes, length: chunk.bytes.length });
      assert.deepEqual(Buffer.from(chunk.bytes), expected);
      bytes += chunk.bytes.length;
      chunk.release();
    }
    return { bytes, code: 'complete' };
  } catch (error) {
    return { bytes, code: (error as { code?: string }).code ?? String(error) };
  }
}

const statObject = (source: S3Source) => source.stat({ bucket: BUCKET, key: KEY }, { signal });
const countRequests = (): number => origin.meter.read().totals.requests;

describe('before the first byte', () => {
  const passing: readonly [what: string, fault: Fault][] = [
    ['503 SlowDown', { slowDown: {} }],
    ['500 InternalError', { internalError: true }],
    ['a reset instead of an answer', { resetUnanswered: true }],
  ];
  for (const [what, fault] of passing) {
    test(`${what}, twice, is tried again until it succeeds`, async () => {
      origin.setFaults([{ times: 2, fault }]);
      assert.deepEqual(await drain(open(createSource())), { bytes: SIZE, code: 'complete' });
      assert.equal(countRequests(), 3);
      origin.setFaults([{ times: 2, fault }]);
      assert.equal((await statObject(createSource())).size, SIZE);
    });
  }

  const lasting: readonly [fault: Fault, code: string][] = [
    [{ slowDown: {} }, 'origin-busy'],
    [{ internalError: true }, 'origin-failed'],
    [{ resetUnanswered: true }, 'origin-unreachable'],
    [{ neverAnswer: true }, 'origin-timeout'],
  ];
  for (const [fault, code] of lasting) {
    test(`${Object.keys(fault).join()} for good is ${code}, after four attempts`, async () => {
      origin.setFaults([{ fault }]);
      const source = createSource({ timeouts: { headMs: 40 } });
      assert.deepEqual(await drain(open(source)), { bytes: 0, code });
      assert.equal(countRequests(), 4);
      await assert.rejects(statObject(source), { code });
    });
  }

  test('a close ends the pause between two attempts', async () => {
    origin.setFaults([{ fault: { slowDown: { retryAfterSeconds: 5 } } }]);
    const body = open(createSource({ retry: { attempts: 4, baseMs: 60_000, maxMs: 60_000 } }));
    await origin.meter.until(({ totals }) => (totals.complete === 1 ? true : undefined));
    body.close();
    await assert.rejects(body.opened, { code: 'closed' });
    assert.equal(countRequests(), 1);
  });

  test('nothing that listens is unreachable', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const source = createSource({ endpoint: `http://127.0.0.1:${port}` });
    await assert.rejects(statObject(source), { code: 'origin-unreachable' });
    await assert.rejects(open(source).opened, { code: 'origin-unreachable' });
  });
});

describe('after the first byte', () => {
  const faults: readonly [fault: Fault, code: string][] = [
    [{ resetAfterBytes: 300_000 }, 'truncated'],
    [{ truncateAfterBytes: 300_000 }, 'truncated'],
    [{ stallAfterBytes: 300_000 }, 'stalled'],
  ];
  for (const [fault, code] of faults) {
    test(`${Object.keys(fault).join()} is ${code}, and is not tried again`, async () => {
      origin.setFaults([{ times: 1, fault }]);
      const { bytes, code: got } = await drain(open(createSource({ timeouts: { upstreamStallMs: 100 } })));
      assert.equal(got, code);
      assert.ok(bytes <= 300_000);
      assert.equal(countRequests(), 1);
    });
  }
});

describe('an answer that is not what was asked', () => {
  const range = { start: 1_000, end: 2_000 };
  const faults: readonly [fault: Fault, code: string][] = [
    [{ ignoreRange: true }, 'origin-invalid'],
    [{ wrongContentRange: true }, 'origin-invalid'],
    [{ changedEtag: true }, 'changed'],
  ];
  for (const [fault, code] of faults) {
    test(`${Object.keys(fault).join()} is ${code}, and is not tried again`, async () => {
      origin.setFaults([{ fault }]);
      const source = createSource();
      assert.deepEqual(await drain(open(source, range), range.start), { bytes: 0, code });
      assert.equal(countRequests(), 1);
      assert.equal(source.openConnections, source.idleConnections);
    });
  }

  test('more than was asked, from where it was asked, is cut off, and its connection is let go', async () => {
    const total = 5_000_000;
    const object = syntheticBytes({ seed: 7, offset: 0, length: total });
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const head = `HTTP/1.1 206 x\r\netag: "e"\r\ncontent-range: bytes 0-${total - 1}/${total}\r\n`;
        socket.write(`${head}content-length: ${total}\r\n\r\n`);
        socket.write(object);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const source = createSource({ endpoint: `http://127.0.0.1:${port}` });
      for (const end of [1, 70_000, 2_000_000]) {
        const version = { size: total, etag: '"e"' };
        const body = source.open({ object: { bucket: BUCKET, key: KEY }, version, range: { start: 0, end }, signal });
        assert.deepEqual(await drain(body), { bytes: end, code: 'complete' });
        assert.equal(source.openConnections, 0);
      }
    } finally {
      server.close();
    }
  });

  test('a version that is gone is changed, by the origin’s own word', async () => {
    assert.deepEqual(await drain(open(createSource(), range, '"another"')), { bytes: 0, code: 'changed' });
    assert.equal(origin.meter.read().requests[0]?.status, 412);
  });
});

describe('a refusal', () => {
  test('a wrong secret is a denial, not tried again', async () => {
    const source = createSource({ credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } });
    await assert.rejects(statObject(source), { code: 'origin-denied' });
    await assert.rejects(open(source).opened, { code: 'origin-denied', message: /403 SignatureDoesNotMatch/ });
    assert.equal(countRequests(), 2);
  });

  test('so are an unknown key, no key at all, and another region', async () => {
    const unknown = createSource({ credentials: { ...CREDENTIALS, accessKeyId: 'NOBODY' } });
    await assert.rejects(open(unknown).opened, { code: 'origin-denied', message: /403 InvalidAccessKeyId/ });
    await assert.rejects(open(createSource({ credentials: 'anonymous' })).opened, { code: 'origin-denied' });
    const elsewhere = createSource({ region: 'eu-central-1' });
    await assert.rejects(open(elsewhere).opened, { code: 'origin-denied', message: /AuthorizationHeaderMalformed/ });
  });
});

describe('a store', () => {
  test('is listed whole, page after page, whatever its keys', async () => {
    const source = createSource();
    const listed = new Map<string, number>();
    for await (const { key, size } of source.list({ bucket: BUCKET, prefix: '', signal })) listed.set(key, size);
    assert.equal(listed.size, 1 + 1_500 + ODD_KEYS.length);
    assert.deepEqual(
      ODD_KEYS.map((key) => listed.get(key)),
      ODD_KEYS.map(() => 10),
    );
    assert.equal(countRequests(), 2);
  });

  test('gives every odd key that it lists', async () => {
    const source = createSource();
    for (const key of ODD_KEYS) {
      const object = { bucket: BUCKET, key };
      const version = await source.stat(object, { signal });
      const body = source.open({ object, version, range: { start: 0, end: 10 }, signal });
      const chunk = await body.read();
      assert.equal(chunk?.bytes.length, 10);
      chunk?.release();
      body.close();
    }
  });

  test('is asked for one version where one is named', async () => {
    const source = createSource();
    const object = { bucket: BUCKET, key: KEY, versionId: placed.versionId };
    assert.equal((await source.stat(object, { signal })).etag, placed.etag);
    await assert.rejects(source.stat({ ...object, versionId: 'no-such' }, { signal }), { code: 'not-found' });
  });

  test('without such a bucket has nothing in it', async () => {
    const source = createSource();
    const listing = source.list({ bucket: 'nowhere', prefix: '', signal });
    await assert.rejects(Array.fromAsync(listing), { code: 'not-found' });
    await assert.rejects(source.stat({ bucket: 'x', key: 'k' }, { signal }), { code: 'not-found' });
  });

  test('is asked over one connection for one thing after the other', async () => {
    const source = createSource();
    for (let start = 0; start < 100_000; start += 10_000) {
      const { code } = await drain(open(source, { start, end: start + 10_000 }), start);
      assert.equal(code, 'complete');
    }
    await statObject(source);
    assert.equal(origin.meter.read().connections.total, 1);
    assert.deepEqual([source.openConnections, source.idleConnections], [1, 1]);
  });
});
