// The gateway end to end over a real server: the shared table of requests and answers, clients that leave, and objects
// that change or go while the catalog still has them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { syntheticBytes } from '../../../src/lab/origin/synthetic-bytes.ts';
import { toAnswers } from '../answers.ts';
import type { Facts } from '../answers.ts';
import { checkAnswer } from '../check-answer.ts';
import { ask, begin } from '../client.ts';
import { openGateway } from '../gateway-under-test.ts';
import { readGiven } from '../given-server.ts';
import { Store } from '../store.ts';
import type { Content, Upload } from '../store.ts';

const MIB = 1 << 20;

/** More than a part of the smallest size, and no multiple of anything. */
const TABLE_BYTES = 6 * MIB + 17;

/** More than the kernels on the way from the gateway to a client hold, so that one that stops reading stops it. */
const LARGE_BYTES = 40 * MIB;

const given = readGiven();
const store = new Store(given.server);
const bucket = await store.createBucket();
const gateway = await openGateway(given);

const objects: Readonly<Record<string, Content & { readonly upload: Upload }>> = {
  'table/single put': { seed: 1, size: TABLE_BYTES, upload: 'single' },
  'table/multipart+ä': { seed: 2, size: TABLE_BYTES, upload: 'multipart' },
  large: { seed: 3, size: LARGE_BYTES, upload: 'single' },
  'replaced before': { seed: 4, size: MIB, upload: 'single' },
  'replaced during': { seed: 5, size: LARGE_BYTES, upload: 'single' },
  deleted: { seed: 6, size: MIB, upload: 'single' },
  empty: { seed: 7, size: 0, upload: 'single' },
};
for (const [key, { upload, ...content }] of Object.entries(objects)) await store.put({ bucket, key }, content, upload);
await gateway.scan(bucket);

after(async () => {
  await gateway.close();
  store.close();
});

async function factsOf(key: string): Promise<Facts & Content> {
  const { fields } = await ask({ url: gateway.urlOf(key), method: 'HEAD' });
  const { seed, size } = objects[key]!;
  return { seed, size, etag: fields.etag ?? '', lastModified: fields['last-modified'] ?? '' };
}

for (const key of ['table/single put', 'table/multipart+ä']) {
  void describe(`the table of answers, for ${key}`, () => {
    let facts: Facts & Content;
    before(async () => {
      facts = await factsOf(key);
    });

    // The rows' names are the same whatever the facts; their fields are not.
    for (const [index, { asks, method }] of toAnswers({
      size: TABLE_BYTES,
      etag: '"e"',
      lastModified: 'd',
    }).entries()) {
      void test(`${method ?? 'GET'} with ${asks}`, async () => {
        const row = toAnswers(facts)[index]!;
        checkAnswer(await ask({ url: gateway.urlOf(key), ...row }), row.gets, facts);
      });
    }

    void test('HEAD and GET agree in every field', async () => {
      const [head, get] = await Promise.all(['HEAD', 'GET'].map((method) => ask({ url: gateway.urlOf(key), method })));
      const { date: _headDate, ...headFields } = head!.fields;
      const { date: _getDate, ...getFields } = get!.fields;
      assert.deepEqual(headFields, getFields);
    });
  });
}

void test('the catalog has the ETag and the time that the server itself gives', async () => {
  for (const key of ['table/single put', 'table/multipart+ä']) {
    const stat = await gateway.source.stat({ bucket, key }, { signal: new AbortController().signal });
    const facts = await factsOf(key);
    assert.equal(facts.etag, stat.etag);
    assert.equal(facts.lastModified, stat.lastModified?.toUTCString());
  }
});

void test('an empty object is answered whole, and has no ranges', async () => {
  const url = gateway.urlOf('empty');
  const whole = await ask({ url });
  assert.deepEqual([whole.status, whole.fields['content-length'], whole.content.length], [200, '0', 0]);
  assert.equal((await ask({ url, fields: { range: 'bytes=0-0' } })).status, 416);
});

void describe('a client that leaves', () => {
  for (const taken of [0, 10, 5 * MIB]) {
    void test(`after ${taken} bytes lets go of the connection to the server`, async () => {
      const transfer = gateway.nextTransfer();
      const response = await begin({ url: gateway.urlOf('large') });
      let bytes = 0;
      while (bytes < taken) {
        const chunk = response.read() as Buffer | null;
        if (chunk) bytes += chunk.length;
        else await once(response, 'readable');
      }
      response.on('error', () => {});
      response.destroy();
      const { outcome, receivedBytes } = await transfer;
      assert.equal(outcome, 'client-gone');
      assert.ok(receivedBytes < LARGE_BYTES);
      await gateway.untilIdle();
    });
  }

  void test('leaves the next one as well served as ever', async () => {
    const { content } = await ask({ url: gateway.urlOf('large'), fields: { range: 'bytes=20000000-20999999' } });
    assert.ok(content.equals(syntheticBytes({ seed: 3, offset: 20_000_000, length: 1_000_000 })));
  });
});

void describe('an object that is no longer the one in the catalog', () => {
  void test('replaced: an error, for whatever is asked of its bytes', async () => {
    await store.replace({ bucket, key: 'replaced before' }, { seed: 40, size: MIB });
    const ranges = [{}, { range: 'bytes=0-0' }, { range: 'bytes=-5' }, { range: 'bytes=0-1,8-9' }];
    for (const fields of ranges as readonly Record<string, string>[]) {
      const { status, fields: answered, content } = await ask({ url: gateway.urlOf('replaced before'), fields });
      assert.equal(status, 502);
      assert.equal(answered['content-type'], 'application/problem+json');
      assert.match(content.toString(), /no longer/);
    }
  });

  void test('replaced between two ranges of one answer: cut off, with no byte of the other version', async () => {
    const url = gateway.urlOf('replaced during');
    const first = { start: 0, end: 32 * MIB };
    const range = `bytes=${first.start}-${first.end - 1},${33 * MIB}-${34 * MIB}`;
    const transfer = gateway.nextTransfer();
    const response = await begin({ url, fields: { range } });
    assert.equal(response.statusCode, 206);
    // Nothing has been read but what came with the head; the rest of the first range waits until the replacement.
    await store.replace({ bucket, key: 'replaced during' }, { seed: 50, size: LARGE_BYTES });
    const chunks: Buffer[] = [];
    await assert.rejects(async () => {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    });
    const got = Buffer.concat(chunks);
    const bodyAt = got.indexOf('\r\n\r\n') + 4;
    const bytes = got.subarray(bodyAt, bodyAt + first.end);
    assert.ok(bytes.equals(syntheticBytes({ seed: 5, offset: 0, length: bytes.length })));
    assert.ok(got.length < bodyAt + first.end + MIB, 'the second range was sent');
    const { outcome, error } = await transfer;
    assert.deepEqual([outcome, error], ['source-failed', 'changed']);
    await gateway.untilIdle();
  });

  void test('deleted: 404', async () => {
    await store.remove({ bucket, key: 'deleted' });
    for (const fields of [{}, { range: 'bytes=0-9' }] as readonly Record<string, string>[]) {
      const { status, content } = await ask({ url: gateway.urlOf('deleted'), fields });
      assert.equal(status, 404);
      assert.equal(JSON.parse(content.toString()).status, 404);
    }
  });
});

void test('a HEAD of a key that is not there leaves its connection in order, whatever the server sends after it', async () => {
  const { signal } = new AbortController();
  for (let round = 0; round < 20; round += 1) {
    await assert.rejects(gateway.source.stat({ bucket, key: 'nothing' }, { signal }), { code: 'not-found' });
    const { content } = await ask({ url: gateway.urlOf('large'), fields: { range: 'bytes=100-109' } });
    assert.ok(content.equals(syntheticBytes({ seed: 3, offset: 100, length: 10 })));
  }
});

void test('an id that the catalog has not is a 404 as well', async () => {
  assert.equal((await ask({ url: gateway.urlOf('nothing here') })).status, 404);
});
