// Listing over a real server: a bucket of more than a page, with keys of every shape, by the source, by `scan` into a
// catalog, and by the gateway, held against what was uploaded and against the AWS SDK's own listing.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { syntheticBytes } from '../../../src/lab/origin/synthetic-bytes.ts';
import type { ListedObject } from '../../../src/source/source.ts';
import { ask } from '../client.ts';
import { openGateway } from '../gateway-under-test.ts';
import { readGiven } from '../given-server.ts';
import { Store } from '../store.ts';

/** S3 gives 1,000 keys at a time: two full pages would hide a mistake at the second step. */
const NUMBERED = 1_030;

/** Uploads at the same time. */
const LANES = 16;

/** Every server keeps these. */
const KEPT_KEYS = [
  'a b',
  'a+b',
  'a%2Bb',
  "quote'd (x)!*",
  'ä/ö/ü',
  '日本語/😀',
  'a&b=c;d,e:f@g$h',
  'x?y#z',
  '~tilde.-_',
];

/** Keys that a server may refuse, or keep under another name; then that is said, and nothing more is asked of it. */
const DOUBTFUL_KEYS = [
  '//double//',
  'trailing/',
  '../up',
  'a/./b',
  'a/../b',
  ' space ',
  '<x>&amp;"',
  'tab\tnl\n',
  'back\\',
];

const given = readGiven();
const store = new Store(given.server);
const bucket = await store.createBucket();
const gateway = await openGateway(given);
after(async () => {
  await gateway.close();
  store.close();
});

type Uploaded = { readonly seed: number; readonly size: number; readonly etag: string };

const uploaded = new Map<string, Uploaded>();
const refused: string[] = [];

async function upload(key: string, index: number): Promise<void> {
  const content = { seed: index, size: index % 50 };
  try {
    uploaded.set(key, { ...content, etag: await store.put({ bucket, key }, content) });
  } catch {
    refused.push(key);
  }
}

const numbered = Array.from({ length: NUMBERED }, (_, index) => `numbered/${index}`);
const queue = [...numbered, ...KEPT_KEYS, ...DOUBTFUL_KEYS].entries();
await Promise.all(
  Array.from({ length: LANES }, async () => {
    for (const [index, key] of queue) await upload(key, index);
  }),
);
const bySdk = new Set<string>();
for await (const page of paginateListObjectsV2({ client: store.client }, { Bucket: bucket })) {
  for (const { Key = '' } of page.Contents ?? []) bySdk.add(Key);
}
const renamed = [...uploaded.keys()].filter((key) => !bySdk.has(key));

async function listAll(prefix: string): Promise<Map<string, ListedObject>> {
  const listed = new Map<string, ListedObject>();
  for await (const object of gateway.source.list({ bucket, prefix, signal: new AbortController().signal })) {
    assert.ok(!listed.has(object.key), `${object.key} was listed twice`);
    listed.set(object.key, object);
  }
  return listed;
}

void describe(`a bucket of ${uploaded.size} objects`, () => {
  void test('is listed whole, with sizes and ETags as they were uploaded', async (t) => {
    t.diagnostic(`refused: ${JSON.stringify(refused)}; kept under another name: ${JSON.stringify(renamed)}`);
    const listed = await listAll('');
    assert.deepEqual([...listed.keys()].toSorted(), [...bySdk].toSorted());
    for (const [key, { size, etag }] of uploaded) {
      if (renamed.includes(key)) continue;
      const found = listed.get(key);
      assert.deepEqual([found?.size, found?.etag], [size, etag], JSON.stringify(key));
      assert.ok(found?.lastModified);
    }
  });

  void test('has kept every key that any server keeps', () => {
    const lost = [...numbered, ...KEPT_KEYS].filter((key) => !uploaded.has(key) || renamed.includes(key));
    assert.deepEqual(lost, []);
  });

  void test('is listed by prefix', async () => {
    for (const prefix of ['numbered/10', 'ä/', 'a+', 'a%', '日本', 'x?y', 'nothing']) {
      const expected = [...bySdk].filter((key) => key.startsWith(prefix)).toSorted();
      assert.deepEqual([...(await listAll(prefix)).keys()].toSorted(), expected, prefix);
    }
  });

  void test('is catalogued by scan, and every odd key comes out of the gateway byte by byte', async () => {
    const { ids, refused: uncatalogued } = await gateway.scan(bucket);
    assert.deepEqual(uncatalogued, []);
    assert.deepEqual([...ids.keys()].toSorted(), [...bySdk].toSorted());
    const kept = [...KEPT_KEYS, ...DOUBTFUL_KEYS, 'numbered/0', 'numbered/1029'].filter(
      (key) => uploaded.has(key) && !renamed.includes(key),
    );
    for (const key of kept) {
      const { seed, size } = uploaded.get(key)!;
      const { status, content } = await ask({ url: gateway.urlOf(ids.get(key)!) });
      assert.equal(status, 200, JSON.stringify(key));
      assert.ok(content.equals(syntheticBytes({ seed, offset: 0, length: size })), JSON.stringify(key));
    }
  });
});
