// The origin as the AWS SDK sees it: signed, parsed and typed by code that is not ours.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import {
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';

import { startOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { syntheticBytes } from './synthetic-bytes.ts';
import { CREDENTIALS } from './test-client.ts';

const MIB = 1 << 20;
const Bucket = 'lab';
const ODD_KEY = "odd/ä+b c//d/../e%&?=*'()😀";
const KEYS = [...Array.from({ length: 2500 }, (_, index) => `many/${index}`), 'deep/a/1', 'deep/a/2', 'deep/b'];

let origin: Origin;
let client: S3Client;

before(async () => {
  origin = await startOrigin({
    credentials: CREDENTIALS,
    region: 'eu-central-1',
    buckets: {
      [Bucket]: {
        objects: [
          { key: 'parts', size: 20 * MIB, seed: 1, partSizeBytes: 8 * MIB },
          { key: ODD_KEY, size: 100, seed: 2, mediaType: 'text/csv' },
          ...KEYS.map((key) => ({ key, size: 1 })),
        ],
      },
    },
  });
  client = new S3Client({
    endpoint: origin.url,
    region: 'eu-central-1',
    credentials: CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
  });
});

after(async () => {
  client.destroy();
  await origin.close();
});

async function listKeys(options: {
  Prefix?: string;
  Delimiter?: string;
  StartAfter?: string;
  MaxKeys?: number;
}): Promise<{
  keys: string[];
  prefixes: string[];
}> {
  const keys: string[] = [];
  const prefixes: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket, ...options })) {
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
    prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ''));
    assert.ok((page.KeyCount ?? 0) <= (options.MaxKeys ?? 1000));
  }
  return { keys, prefixes };
}

describe('the AWS SDK', () => {
  it('gets an object with an odd key', async () => {
    const { Body, ContentType, ContentLength, ETag } = await client.send(
      new GetObjectCommand({ Bucket, Key: ODD_KEY }),
    );
    assert.deepEqual(
      await Body?.transformToByteArray(),
      new Uint8Array(syntheticBytes({ seed: 2, offset: 0, length: 100 })),
    );
    assert.deepEqual([ContentType, ContentLength], ['text/csv', 100]);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: ODD_KEY, IfMatch: ETag }));
    assert.deepEqual([head.ETag, head.ContentLength], [ETag, 100]);
  });

  it('gets a range, a part, and a version', async () => {
    const get = { Bucket, Key: 'parts' };
    const range = await client.send(new GetObjectCommand({ ...get, Range: 'bytes=1000000-1000009' }));
    assert.equal(range.ContentRange, `bytes 1000000-1000009/${20 * MIB}`);
    const expected = syntheticBytes({ seed: 1, offset: 1_000_000, length: 10 });
    assert.deepEqual(await range.Body?.transformToByteArray(), new Uint8Array(expected));
    const part = await client.send(new HeadObjectCommand({ ...get, PartNumber: 3, VersionId: range.VersionId }));
    assert.deepEqual([part.PartsCount, part.ContentLength], [3, 4 * MIB]);
  });

  it('reads the attributes of an object that was uploaded in parts', async () => {
    const ask = { Bucket, Key: 'parts', ObjectAttributes: ['ETag', 'ObjectParts', 'ObjectSize'] as const };
    const { ETag, ObjectSize, ObjectParts } = await client.send(
      new GetObjectAttributesCommand({ ...ask, ObjectAttributes: [...ask.ObjectAttributes], MaxParts: 2 }),
    );
    assert.match(ETag ?? '', /^[0-9a-f]{32}-3$/);
    assert.equal(ObjectSize, 20 * MIB);
    assert.deepEqual([ObjectParts?.TotalPartsCount, ObjectParts?.IsTruncated], [3, true]);
    assert.deepEqual(ObjectParts?.Parts, [
      { PartNumber: 1, Size: 8 * MIB },
      { PartNumber: 2, Size: 8 * MIB },
    ]);
    const rest = await client.send(
      new GetObjectAttributesCommand({ ...ask, ObjectAttributes: ['ObjectParts'], PartNumberMarker: '2' }),
    );
    assert.deepEqual(rest.ObjectParts?.Parts, [{ PartNumber: 3, Size: 4 * MIB }]);
  });

  it('lists every key once, page after page', async () => {
    const { keys } = await listKeys({});
    const expected = [...KEYS, 'parts', ODD_KEY].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(keys, expected);
    assert.equal((await listKeys({ Prefix: 'many/', MaxKeys: 100 })).keys.length, 2500);
  });

  it('lists by prefix, delimiter and start', async () => {
    const { keys, prefixes } = await listKeys({ Prefix: 'deep/', Delimiter: '/', MaxKeys: 1 });
    assert.deepEqual([keys, prefixes], [['deep/b'], ['deep/a/']]);
    assert.deepEqual((await listKeys({ Prefix: 'deep/', StartAfter: 'deep/a/1' })).keys, ['deep/a/2', 'deep/b']);
  });

  it('gets its own errors back', async () => {
    const get = (key: string, more: object = {}): Promise<unknown> =>
      client.send(new GetObjectCommand({ Bucket, Key: key, ...more }));
    await assert.rejects(get('nothing'), { name: 'NoSuchKey' });
    await assert.rejects(get('parts', { Range: 'bytes=99999999999-' }), { name: 'InvalidRange' });
    await assert.rejects(get('parts', { IfMatch: '"other"' }), { name: 'PreconditionFailed' });
    await assert.rejects(client.send(new HeadBucketCommand({ Bucket: 'nowhere' })), { name: 'NotFound' });
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map(({ Name }) => Name),
      [Bucket],
    );
  });
});
