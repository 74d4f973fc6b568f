// Objects of the sizes that were asked for, each uploaded in one piece and in parts, and read back through the source
// and the gateway to the last byte.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { syntheticBytes, syntheticSha256 } from '../../../src/lab/origin/synthetic-bytes.ts';
import { ask, askDigest } from '../client.ts';
import { openGateway } from '../gateway-under-test.ts';
import { readGiven } from '../given-server.ts';
import { partSizeOf, Store } from '../store.ts';
import type { Upload } from '../store.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const UPLOADS: readonly Upload[] = ['single', 'multipart'];

/** Far below the size of a large object, far above what the process has without any. */
const MAX_RSS_BYTES = 768 * MIB;

/** What comes along to each side of a place in the object that is looked at. */
const AROUND_BYTES = 1_000;

const given = readGiven();
const store = new Store(given.server);
const bucket = await store.createBucket();
const gateway = await openGateway(given);
const { signal } = new AbortController();
after(async () => {
  await gateway.close();
  store.close();
});

function toWords(size: number): string {
  return size % GIB === 0 ? `${size / GIB} GiB` : `${Math.round(size / MIB)} MiB`;
}

for (const [index, size] of given.sizes.entries()) {
  void describe(`an object of ${toWords(size)}`, () => {
    const seed = index + 1;
    let expectedSha256: string;
    before(async () => {
      expectedSha256 = await syntheticSha256({ seed, size });
    });
    for (const upload of UPLOADS) {
      const key = `${upload}-${size}`;
      const object = { bucket, key };

      void test(`${upload}: is uploaded, and the server has it as it was uploaded`, async () => {
        const etag = await store.put(object, { seed, size }, upload);
        const stat = await gateway.source.stat(object, { signal });
        assert.deepEqual([stat.size, stat.etag], [size, etag]);
      });

      void test(`${upload}: its bytes come out of the source`, async () => {
        const version = await gateway.source.stat(object, { signal });
        const body = gateway.source.open({ object, version, range: { start: 0, end: size }, signal });
        const hash = createHash('sha256');
        for (let chunk = await body.read(); chunk; chunk = await body.read()) {
          hash.update(chunk.bytes);
          chunk.release();
        }
        assert.equal(hash.digest('hex'), expectedSha256);
      });

      void test(`${upload}: its bytes come out of the gateway, whole and around every seam`, async () => {
        const { ids } = await gateway.scan(bucket);
        const url = gateway.urlOf(ids.get(key) ?? assert.fail('it is not in the catalog'));
        assert.deepEqual(await askDigest({ url }), { bytes: size, sha256: expectedSha256 });
        const seams = [AROUND_BYTES, partSizeOf(size), Math.floor(size / 2), size - AROUND_BYTES];
        for (const seam of seams) {
          const range = `bytes=${seam - AROUND_BYTES}-${seam + AROUND_BYTES - 1}`;
          const { status, content } = await ask({ url, fields: { range } });
          assert.equal(status, 206);
          const expected = syntheticBytes({ seed, offset: seam - AROUND_BYTES, length: 2 * AROUND_BYTES });
          assert.ok(content.equals(expected), range);
        }
      });

      void test(`${upload}: is removed again`, async () => {
        await store.remove(object);
        await assert.rejects(gateway.source.stat(object, { signal }), { code: 'not-found' });
      });
    }
  });
}

void test('no object has been in memory', () => {
  const rssBytes = process.resourceUsage().maxRSS * 1024;
  assert.ok(rssBytes < MAX_RSS_BYTES, `the process took ${Math.round(rssBytes / MIB)} MiB`);
});
