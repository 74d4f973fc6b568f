// What the gateway answers on a real socket: each status with its fields and its bytes, and how a connection goes on.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import type { Answer } from './http-reader.ts';
import { runProgram } from './program.ts';
import { openRawClient } from './raw-client.ts';
import { startWorld, within } from './world.ts';

const EMPTY = { id: 'empty', size: 0, seed: 5 };
const ONE = { id: 'one', size: 1, seed: 6 };
const NOTE = { id: 'notes/note 1.txt', size: 300_000, seed: 7, sha256: '00'.repeat(32) };

const TARGETS = { empty: '/data/empty', one: '/data/one', note: '/data/notes/note%201.txt' };

const world = await startWorld({ objects: [EMPTY, ONE, NOTE] });
const { gateway, origin } = world;

const bytesOf = ({ seed }: { readonly seed: number }, offset: number, length: number) =>
  syntheticBytes({ seed, offset, length });

type Fields = Readonly<Record<string, string>>;

function toRequest(target: string, fields: Fields = {}, method = 'GET'): string {
  const lines = Object.entries({ Host: 'test', ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** One request on a connection of its own. */
async function ask(target: string, fields: Fields = {}, method = 'GET'): Promise<Answer> {
  const client = await openRawClient(gateway);
  client.write(toRequest(target, fields, method));
  const answer = await within(client.answer(method), `an answer to ${method} ${target}`);
  client.close();
  return answer;
}

function withoutDate({ fields }: Answer): Fields {
  const { date, ...rest } = fields;
  assert.ok(date);
  return rest;
}

describe('an answer on a real socket', () => {
  after(() => world.close());

  for (const [name, target] of Object.entries({ ...TARGETS, missing: '/data/missing', malformed: '/data/%00' })) {
    it(`has the same fields to HEAD as to GET: ${name}`, async () => {
      for (const fields of [
        {},
        { 'If-None-Match': '*' },
        { 'If-Match': '"other"' },
        { 'Want-Repr-Digest': 'sha-256=3' },
      ]) {
        const [get, head] = [await ask(target, fields), await ask(target, fields, 'HEAD')];
        assert.equal(head.status, get.status);
        assert.deepEqual(withoutDate(head), withoutDate(get));
        assert.equal(head.content.length, 0);
      }
    });
  }

  it('is 200 with the whole object, and says what it is', async () => {
    const { status, fields, content } = await ask(TARGETS.note);
    assert.equal(status, 200);
    assert.deepEqual(content, bytesOf(NOTE, 0, NOTE.size));
    assert.equal(fields['accept-ranges'], 'bytes');
    assert.equal(fields['content-type'], 'application/octet-stream');
    assert.equal(fields['content-disposition'], 'attachment; filename="note 1.txt"');
    assert.equal(fields['repr-digest'], `sha-256=:${Buffer.alloc(32).toString('base64')}:`);
    assert.match(fields['etag'] ?? '', /^"[^"]+"$/);
    assert.ok(!Number.isNaN(Date.parse(fields['last-modified'] ?? '')));
  });

  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=0-', 0, NOTE.size],
    ['bytes=65535-65537', 65_535, 65_538],
    ['bytes=299999-', NOTE.size - 1, NOTE.size],
    ['bytes=-1000', NOTE.size - 1000, NOTE.size],
    ['bytes=299990-400000', 299_990, NOTE.size],
  ] as const) {
    it(`is 206 with just the range: ${range}`, async () => {
      const { status, fields, content } = await ask(TARGETS.note, { Range: range });
      assert.equal(status, 206);
      assert.equal(fields['content-range'], `bytes ${start}-${end - 1}/${NOTE.size}`);
      assert.deepEqual(content, bytesOf(NOTE, start, end - start));
    });
  }

  it('is 206 with several parts, in the order in which they were asked for', async () => {
    const { status, fields, content } = await ask(TARGETS.note, { Range: 'bytes=200000-200099, 0-9, -5' });
    assert.equal(status, 206);
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(fields['content-type'] ?? '')?.[1];
    const toPart = (start: number, length: number) =>
      `--${boundary}\r\nContent-Type: application/octet-stream\r\n` +
      `Content-Range: bytes ${start}-${start + length - 1}/${NOTE.size}\r\n\r\n` +
      `${bytesOf(NOTE, start, length).toString('latin1')}\r\n`;
    const expected = `${toPart(200_000, 100)}${toPart(0, 10)}${toPart(NOTE.size - 5, 5)}--${boundary}--\r\n`;
    assert.equal(content.toString('latin1'), expected);
  });

  it('is 304 without content where the client has it already', async () => {
    const { fields } = await ask(TARGETS.note);
    const etag = fields['etag'] ?? '';
    const answer = await ask(TARGETS.note, { 'If-None-Match': `"a", W/${etag}`, Range: 'bytes=0-1' });
    assert.deepEqual([answer.status, answer.fields['etag']], [304, etag]);
    const since = { 'If-Modified-Since': fields['last-modified'] ?? '' };
    assert.equal((await ask(TARGETS.note, since)).status, 304);
  });

  it('is 412 where the client wants another version, and 206 where it wants this one', async () => {
    const etag = (await ask(TARGETS.note)).fields['etag'] ?? '';
    assert.equal((await ask(TARGETS.note, { 'If-Match': '"other"' })).status, 412);
    const { status, content } = await ask(TARGETS.note, { 'If-Match': etag, 'If-Range': etag, Range: 'bytes=5-6' });
    assert.equal(status, 206);
    assert.deepEqual(content, bytesOf(NOTE, 5, 2));
    const whole = await ask(TARGETS.note, { 'If-Range': '"other"', Range: 'bytes=5-6' });
    assert.deepEqual([whole.status, whole.content.length], [200, NOTE.size]);
  });

  it('is 416 with the size where the range lies beyond the end', async () => {
    for (const [target, size] of [
      [TARGETS.note, NOTE.size],
      [TARGETS.one, ONE.size],
      [TARGETS.empty, EMPTY.size],
    ] as const) {
      const { status, fields } = await ask(target, { Range: `bytes=${size}-` });
      assert.deepEqual([status, fields['content-range']], [416, `bytes */${size}`]);
      assert.equal(fields['content-type'], 'application/problem+json');
    }
  });

  it('is the whole of an empty object, and of one of a single byte', async () => {
    for (const range of [{}, { Range: 'bytes=-5' }]) {
      const { status, fields, content } = await ask(TARGETS.empty, range);
      assert.deepEqual([status, fields['content-length'], content.length], [200, '0', 0]);
    }
    assert.deepEqual((await ask(TARGETS.one)).content, bytesOf(ONE, 0, 1));
    const { status, content } = await ask(TARGETS.one, { Range: 'bytes=0-' });
    assert.equal(status, 206);
    assert.deepEqual(content, bytesOf(ONE, 0, 1));
  });

  it('ends the connection of an HTTP/1.0 client, which may not name a host', async () => {
    const client = await openRawClient(gateway);
    client.write(`GET ${TARGETS.note} HTTP/1.0\r\n\r\n`);
    const answer = await within(client.answer(), 'an answer');
    assert.deepEqual(answer.content, bytesOf(NOTE, 0, NOTE.size));
    assert.equal(answer.fields['transfer-encoding'], undefined);
    await within(client.ended, 'the end of the connection');
    assert.equal(client.unasked, '');
  });

  it('comes on the same connection as the one before it', async () => {
    const client = await openRawClient(gateway);
    for (let request = 0; request < 50; request += 1) {
      const range = { Range: `bytes=${request * 1000}-${request * 1000 + 99}` };
      client.write(toRequest(TARGETS.note, range));
      const answer = await within(client.answer(), 'an answer');
      assert.deepEqual(answer.content, bytesOf(NOTE, request * 1000, 100));
    }
    client.close();
    assert.ok(origin.meter.read().connections.total < 10, 'connections to the origin are used again as well');
  });

  it('comes in the order of the requests, however many are sent at once', async () => {
    const client = await openRawClient(gateway);
    const targets = [TARGETS.note, '/data/missing', TARGETS.one, TARGETS.empty];
    const requests = Array.from({ length: 40 }, (_, index) => targets[index % targets.length]!);
    client.write(requests.map((target) => toRequest(target)).join(''));
    const bodies = { [TARGETS.note]: bytesOf(NOTE, 0, NOTE.size), [TARGETS.one]: bytesOf(ONE, 0, 1) };
    for (const target of requests) {
      const answer = await within(client.answer(), 'an answer');
      if (target === '/data/missing') assert.equal(answer.status, 404);
      else assert.deepEqual(answer.content, bodies[target] ?? Buffer.alloc(0));
    }
    client.close();
  });

  it('is the last on its connection where the client would rather speak another protocol', async () => {
    const client = await openRawClient(gateway);
    const upgrade = { Connection: 'Upgrade', Upgrade: 'h2c' };
    client.write(toRequest(TARGETS.one, upgrade) + toRequest(TARGETS.note));
    const { status, fields, content } = await within(client.answer(), 'an answer');
    assert.deepEqual([status, fields['connection'], content], [200, 'close', bytesOf(ONE, 0, 1)]);
    await within(client.ended, 'the end of the connection');
    assert.equal(client.unasked, '');
  });

  it('serves curl twice over one connection', async () => {
    const url = `${gateway.url}${TARGETS.one}`;
    const { code, complaints } = await runProgram('curl', ['-sSv', url, url]);
    assert.equal(code, 0);
    assert.match(complaints, /Re-using existing connection/);
  });
});
