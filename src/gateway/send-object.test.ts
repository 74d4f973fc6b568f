// What `sendObject` answers over a plain `node:http` server, and what it tells of each transfer.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createEngine } from '../flow/engine.ts';
import { GUARDED, HttpTrial } from '../flow/http-trial.test-double.ts';
import type { Answer } from '../flow/http-trial.test-double.ts';
import { createMemorySource } from '../source/memory.ts';
import { patternBytes } from '../testing/pattern.ts';
import { sendObject } from './send-object.ts';
import type { SendObjectOptions, Transfer } from './send-object.ts';

/** What counts as delivered does not depend on when a machine acknowledges. */
const engine = createEngine({ kernel: 'off' });
const SIZE = 700_001;
const BYTES = patternBytes({ start: 0, end: SIZE });
const OBJECT = { bucket: 'b', key: 'k' };
const LAST_MODIFIED = new Date('2026-03-04T05:06:07Z');

/** A server of one object, a client of it, and what became of each transfer. */
async function begin(t: TestContext, options: Partial<SendObjectOptions> = {}, bytes: Buffer = BYTES) {
  const source = createMemorySource();
  const { etag } = source.put(OBJECT, bytes, { mediaType: 'image/tiff', lastModified: LAST_MODIFIED });
  const transfers: Promise<Transfer>[] = [];
  const trial = await HttpTrial.start(t, (request, response) => {
    transfers.push(sendObject(request, response, { source, object: OBJECT, engine, ...options }));
  });
  const peer = await trial.connect();
  const get = async (...fields: readonly string[]): Promise<Answer> => {
    peer.ask('/', { fields });
    return peer.answer();
  };
  const head = async (...fields: readonly string[]): Promise<Answer> => {
    peer.ask('/', { method: 'HEAD', fields });
    return peer.answer({ hasContent: false });
  };
  const lastTransfer = async () => {
    const { durationMs, ...transfer } = await transfers.at(-1)!;
    assert.ok(durationMs >= 0);
    return transfer;
  };
  return { source, etag, trial, peer, get, head, lastTransfer };
}

const NOTHING_MOVED = {
  ranges: [],
  deliveredBytes: 0,
  receivedBytes: 0,
  overReadBytes: 0,
  deliveredBy: 'accepted',
  resumedCount: 0,
  error: undefined,
};

describe('sendObject()', GUARDED, () => {
  it('sends the whole object', async (t) => {
    const { etag, get, lastTransfer } = await begin(t, { filename: 'photo.tif' });
    const { status, fields, content } = await get();
    assert.equal(status, 200);
    assert.ok(content.equals(BYTES));
    assert.equal(fields['etag'], etag);
    assert.equal(fields['content-length'], String(SIZE));
    assert.equal(fields['content-type'], 'image/tiff');
    assert.equal(fields['content-disposition'], 'attachment; filename="photo.tif"');
    assert.equal(fields['last-modified'], 'Wed, 04 Mar 2026 05:06:07 GMT');
    assert.deepEqual(await lastTransfer(), {
      outcome: 'complete',
      status: 200,
      ranges: [{ start: 0, end: SIZE }],
      deliveredBytes: SIZE,
      receivedBytes: SIZE,
      overReadBytes: 0,
      deliveredBy: 'accepted',
      resumedCount: 0,
      error: undefined,
    });
  });

  it('sends one range', async (t) => {
    const { get, lastTransfer } = await begin(t);
    const { status, fields, content } = await get('Range: bytes=300000-599999');
    assert.deepEqual([status, fields['content-range']], [206, `bytes 300000-599999/${SIZE}`]);
    assert.ok(content.equals(BYTES.subarray(300_000, 600_000)));
    const { ranges, deliveredBytes, receivedBytes } = await lastTransfer();
    assert.deepEqual([ranges, deliveredBytes, receivedBytes], [[{ start: 300_000, end: 600_000 }], 300_000, 300_000]);
  });

  it('sends several ranges as multipart, with a boundary that is never the same', async (t) => {
    const { get, lastTransfer } = await begin(t);
    const answers = [await get('Range: bytes=0-9,500000-500009'), await get('Range: bytes=0-9,500000-500009')];
    const boundaries = answers.map(({ fields }) => /boundary=(\w{32})$/.exec(fields['content-type'] ?? '')?.[1]);
    assert.notEqual(boundaries[0], boundaries[1]);
    const part = (start: number, end: number) =>
      `--${boundaries[1]}\r\nContent-Type: image/tiff\r\nContent-Range: bytes ${start}-${end - 1}/${SIZE}\r\n\r\n` +
      `${BYTES.toString('latin1', start, end)}\r\n`;
    const expected = `${part(0, 10)}${part(500_000, 500_010)}--${boundaries[1]}--\r\n`;
    assert.equal(answers[1]!.content.toString('latin1'), expected);
    assert.deepEqual(await lastTransfer(), {
      outcome: 'complete',
      status: 206,
      ranges: [
        { start: 0, end: 10 },
        { start: 500_000, end: 500_010 },
      ],
      deliveredBytes: expected.length,
      receivedBytes: 20,
      overReadBytes: 0,
      deliveredBy: 'accepted',
      resumedCount: 0,
      error: undefined,
    });
  });

  it('gives HEAD every field that GET has, and no content', async (t) => {
    const { etag, get, head, lastTransfer } = await begin(t, { filename: 'photo.tif' });
    for (const fields of [[], [`If-None-Match: ${etag}`], ['If-Match: "other"'], ['Want-Repr-Digest: sha-256=1']]) {
      const [forGet, forHead] = [await get(...fields), await head(...fields)];
      for (const { fields: named } of [forGet, forHead]) delete (named as Record<string, string>)['date'];
      assert.deepEqual({ ...forHead, content: '' }, { ...forGet, content: '' });
    }
    await head();
    assert.deepEqual(await lastTransfer(), { outcome: 'complete', status: 200, ...NOTHING_MOVED });
  });

  it('answers conditions and ranges that do not hold, and keeps the connection', async (t) => {
    const { etag, get, lastTransfer } = await begin(t);
    for (const [field, status] of [
      [`If-None-Match: ${etag}`, 304],
      ['If-Modified-Since: Wed, 04 Mar 2026 05:06:07 GMT', 304],
      ['If-Match: "other"', 412],
      ['If-Unmodified-Since: Wed, 04 Mar 2026 05:06:06 GMT', 412],
      [`Range: bytes=${SIZE}-`, 416],
    ] as const) {
      const { status: answered, fields } = await get(field);
      assert.deepEqual([answered, fields['etag']], [status, etag]);
      assert.deepEqual(await lastTransfer(), { outcome: 'complete', status, ...NOTHING_MOVED });
    }
    assert.equal((await get('Range: bytes=0-0', 'If-Range: "other"')).content.length, SIZE);
  });

  it('sends an object without bytes', async (t) => {
    const { get, lastTransfer } = await begin(t, {}, Buffer.alloc(0));
    const { status, content } = await get();
    assert.deepEqual([status, content.length], [200, 0]);
    assert.deepEqual(await lastTransfer(), { outcome: 'complete', status: 200, ...NOTHING_MOVED });
  });

  it('answers 404 when there is no such object, and what it says is ours', async (t) => {
    const { get, lastTransfer } = await begin(t, { object: { bucket: 'b', key: 'SECRET' } });
    const { status, content } = await get();
    assert.equal(status, 404);
    assert.doesNotMatch(String(content), /SECRET/);
    const { outcome, error } = await lastTransfer();
    assert.deepEqual([outcome, error?.code], ['source-failed', 'not-found']);
  });

  it('asks the source for nothing but the bytes when all else is known', async (t) => {
    const representation = { size: SIZE, etag: '"mine"', filename: 'mine.bin', mediaType: 'x/y' };
    const source = createMemorySource();
    const { etag } = source.put(OBJECT, BYTES);
    source.stat = () => Promise.reject(new Error('nobody should ask'));
    const { get } = await begin(t, { source, representation: { ...representation, etag }, filename: 'ignored' });
    const { status, fields, content } = await get();
    assert.deepEqual([status, fields['content-type']], [200, 'x/y']);
    assert.equal(fields['content-disposition'], 'attachment; filename="mine.bin"');
    assert.ok(content.equals(BYTES));
  });

  it('never sends another version than the one that is known', async (t) => {
    const representation = { size: SIZE, etag: '"old"' };
    const { get, lastTransfer } = await begin(t, { representation });
    const { status, fields } = await get('Range: bytes=5-9');
    assert.deepEqual([status, fields['content-range'], fields['etag']], [502, undefined, undefined]);
    const { outcome, ranges, deliveredBytes, error } = await lastTransfer();
    assert.deepEqual([outcome, deliveredBytes, error?.code], ['source-failed', 0, 'changed']);
    assert.deepEqual(ranges, [{ start: 5, end: 10 }], 'it tells what was planned');
  });

  it('refuses other methods, and reads nothing of what came with them', async (t) => {
    const { peer, lastTransfer } = await begin(t);
    peer.ask('/', { method: 'POST', fields: ['Content-Length: 1000000000'] });
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['allow'], fields['connection']], [405, 'GET, HEAD', 'close']);
    await peer.ended;
    assert.deepEqual(await lastTransfer(), { outcome: 'complete', status: 405, ...NOTHING_MOVED });
  });

  it('adds to the fields that its server has set, and does not take them away', async (t) => {
    const source = createMemorySource();
    source.put(OBJECT, BYTES);
    const trial = await HttpTrial.start(t, (request, response) => {
      response.setHeader('X-Mine', 'mine');
      void sendObject(request, response, { source, object: OBJECT });
    });
    const peer = await trial.connect();
    peer.ask('/', { fields: ['Range: bytes=0-1'] });
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['x-mine'], fields['content-length']], [206, 'mine', '2']);
  });

  it('answers pipelined requests in their order, each with its own bytes', async (t) => {
    const { peer, etag } = await begin(t);
    const asked = [
      { fields: ['Range: bytes=0-399999'], status: 206 },
      { fields: [`If-None-Match: ${etag}`], status: 304 },
      { fields: ['Range: bytes=400000-'], status: 206 },
      { fields: [`Range: bytes=${SIZE}-`], status: 416 },
      { fields: [], status: 200 },
    ];
    for (const { fields } of asked) peer.ask('/', { fields });
    const answers: Answer[] = [];
    for (const _ of asked) answers.push(await peer.answer());
    assert.deepEqual(
      answers.map(({ status }) => status),
      asked.map(({ status }) => status),
    );
    assert.ok(Buffer.concat([answers[0]!.content, answers[2]!.content]).equals(BYTES));
    assert.ok(answers[4]!.content.equals(BYTES));
  });
});
