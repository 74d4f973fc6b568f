// Administration over HTTP against servers that are not as they should be, and a token that goes nowhere but to the one
// that was named.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import { SluiceError, isSluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { collect, toContent } from './admin-trial.test-double.ts';
import { createRemoteAdmin } from './remote-admin.ts';

const TOKEN = 'sluice_secretsecret';
const WORK = { principal: '', signal: new AbortController().signal };

/** A server that does as it is told; it ends with the test. */
async function open(t: TestContext, listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { serverUrl, admin: createRemoteAdmin({ serverUrl, token: TOKEN }) };
}

/** What it rejects with: one of ours, with the token nowhere in it. */
async function failureOf(work: Promise<unknown>): Promise<SluiceError> {
  const error = await work.then(
    () => assert.fail('it should reject'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof SluiceError, inspect(error));
  assert.equal(inspect(error, { depth: 20, showHidden: true }).includes(TOKEN), false, 'the token is in it');
  return error;
}

describe('createRemoteAdmin()', () => {
  it('sends the token to https and to this machine, and to others only when told', () => {
    for (const serverUrl of ['https://example.org', 'http://localhost:8080', 'http://127.1.2.3', 'http://[::1]:80/']) {
      createRemoteAdmin({ serverUrl, token: TOKEN });
    }
    for (const serverUrl of [
      'http://example.org',
      'http://localhost.example.org',
      'http://127.0.0.1.example.org',
      'http://10.0.0.1',
      'ftp://example.org',
      'https://ann:secret@example.org',
      'https://example.org/?token=secret',
      'https://example.org/#secret',
      'example.org',
      '',
    ]) {
      assert.throws(
        () => createRemoteAdmin({ serverUrl, token: TOKEN }),
        (error) => isSluiceError(error, 'bad-input') && !/secret/.test(inspect(error)),
        serverUrl,
      );
    }
    createRemoteAdmin({ serverUrl: 'http://example.org', token: TOKEN, allowInsecure: true });
  });

  it('refuses what is no token without repeating it', () => {
    for (const token of ['', 'secret\nX: y', 'secret token', 'sécret']) {
      assert.throws(
        () => createRemoteAdmin({ serverUrl: 'https://example.org', token }),
        (error) => isSluiceError(error, 'bad-input') && !/s[eé]cret/.test(inspect(error)),
      );
    }
  });

  it('asks below the path of the address', async (t) => {
    const asked: string[] = [];
    const { serverUrl } = await open(t, (request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.setHeader('content-type', 'application/json').end('{"items":[]}');
    });
    const admin = createRemoteAdmin({ serverUrl: `${serverUrl}/gateway/`, token: TOKEN });
    await admin.objects({ prefix: 'a&b=c#d', limit: 2 }, WORK);
    assert.deepEqual(asked, [`GET /gateway/admin/objects?prefix=a%26b%3Dc%23d&limit=2 Bearer ${TOKEN}`]);
  });

  it('follows no redirect: nobody else is sent the token', async (t) => {
    let hasLeaked = false;
    const other = await open(t, (_request, response) => {
      hasLeaked = true;
      response.end('{"items":[]}');
    });
    const { admin } = await open(t, (_request, response) => {
      response.writeHead(302, { location: other.serverUrl }).end();
    });
    assert.equal((await failureOf(admin.collections(WORK))).code, 'unavailable');
    assert.equal(hasLeaked, false);
  });

  it('tells what the server says in the words of the house', async (t) => {
    let answer = { status: 200, type: 'application/problem+json', content: '', retryAfter: '' };
    const { admin } = await open(t, (_request, response) => {
      const { status, type, content, retryAfter } = answer;
      response.writeHead(status, { 'content-type': type, ...(retryAfter && { 'retry-after': retryAfter }) });
      response.end(content);
    });
    const rows: readonly (readonly [number, ErrorCode, number?])[] = [
      [400, 'bad-input'],
      [401, 'origin-denied'],
      [403, 'origin-denied'],
      [404, 'not-found'],
      [405, 'origin-invalid'],
      [408, 'unavailable'],
      [409, 'bad-input'],
      [413, 'bad-input'],
      [415, 'bad-input'],
      [422, 'bad-input'],
      [429, 'limited', 7000],
      [500, 'origin-failed'],
      [502, 'origin-failed'],
      [503, 'unavailable', 7000],
    ];
    for (const [status, code, retryAfterMs] of rows) {
      const content = JSON.stringify({ title: `It is\u001b[31m ${status} ${TOKEN}`, detail: 'so' });
      answer = { status, type: 'application/problem+json', content, retryAfter: retryAfterMs ? '7' : '' };
      const error = await failureOf(admin.object('a', WORK));
      const retryable = code === 'unavailable' || code === 'limited';
      assert.deepEqual([error.code, error.retryAfterMs, error.retryable], [code, retryAfterMs, retryable]);
      assert.equal(error.message, `It is [31m ${status} …: so`);
      answer = { status, type: 'text/html', content: '<h1>no</h1>', retryAfter: '' };
      assert.equal((await failureOf(admin.object('a', WORK))).message, `the server answers ${status}`);
    }
  });

  it('takes for absent only what the gateway calls so', async (t) => {
    let absent: string | undefined = 'object';
    const { admin } = await open(t, (_request, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ title: 'There is nothing here', absent }));
    });
    assert.equal(await admin.object('a', WORK), undefined);
    assert.equal(await admin.removeObject('a', WORK), false);
    absent = undefined;
    assert.equal((await failureOf(admin.object('a', WORK))).code, 'not-found');
    assert.equal((await failureOf(admin.removeObject('a', WORK))).code, 'not-found');
  });

  it('refuses answers that are none of ours', async (t) => {
    let content = '';
    const { admin } = await open(t, (_request, response) => void response.end(content));
    for (content of ['', 'rubbish', '[]', '{"items":{}}', '{"items":[{"id":"a"}]}', '{"items":[],"more":1}']) {
      assert.equal((await failureOf(admin.collections(WORK))).code, 'origin-invalid', content);
    }
    for (content of ['rubbish\n', '{"kind":"else"}\n', 'x'.repeat(100_000)]) {
      assert.equal((await failureOf(collect(admin.scan({ store: 's', bucket: 'b' }, WORK)))).code, 'origin-invalid');
    }
  });

  it('sees that what it was to be sent was broken off', async (t) => {
    const { admin } = await open(t, (_request, response) => {
      response.write('{"kind":"refused","key":"a","reason":"b"}\n');
      setImmediate(() => response.destroy());
    });
    assert.equal((await failureOf(collect(admin.exportObjects({}, WORK)))).code, 'unavailable');
    assert.equal((await failureOf(collect(admin.scan({ store: 's', bucket: 'b' }, WORK)))).code, 'unavailable');
  });

  it('does not take a scan without its last line for a whole one', async (t) => {
    const { admin } = await open(t, (_request, response) => {
      response.end('{"kind":"refused","key":"a","reason":"b"}\n');
    });
    assert.equal((await failureOf(collect(admin.scan({ store: 's', bucket: 'b' }, WORK)))).code, 'truncated');
  });

  it('rejects where a scan has failed', async (t) => {
    const { admin } = await open(t, (_request, response) => void response.end('{"kind":"failed","title":"No"}\n'));
    const error = await failureOf(collect(admin.scan({ store: 's', bucket: 'b' }, WORK)));
    assert.deepEqual([error.code, error.message], ['origin-failed', 'No']);
  });

  it('says where nobody answers, and that it was given up', async (t) => {
    const gone = await open(t, (request) => request.socket.destroy());
    assert.equal((await failureOf(gone.admin.collections(WORK))).code, 'unavailable');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const closed = createRemoteAdmin({ serverUrl: `http://127.0.0.1:${port}`, token: TOKEN });
    const refused = await failureOf(closed.collections(WORK));
    assert.deepEqual([refused.code, refused.retryable], ['unavailable', true]);
    assert.equal(refused.message, `127.0.0.1:${port} does not answer, or not to the end (ECONNREFUSED)`);
    const giveUp = new AbortController();
    const silent = await open(t, () => giveUp.abort());
    const given = await failureOf(silent.admin.collections({ principal: '', signal: giveUp.signal }));
    assert.equal(given.code, 'closed');
  });

  it('tells why content could not be sent, where that is our own doing', async (t) => {
    const { admin } = await open(t, (request) => void request.resume());
    async function* failing() {
      yield* toContent({});
      throw new SluiceError('bad-input', 'the file cannot be read');
    }
    const error = await failureOf(admin.importObjects(failing(), WORK));
    assert.equal(error.message, 'the file cannot be read');
  });

  it('asks for no name that a URL cannot have', async (t) => {
    const { admin } = await open(t, () => assert.fail('nothing is to be asked'));
    for (const name of ['', '.', '..', '\ud800']) {
      assert.equal((await failureOf(admin.removeQuota(name, WORK))).code, 'bad-input', name);
    }
    for (const id of ['', '.', '..', 'a/../b', 'a//b', '\ud800']) {
      assert.equal((await failureOf(admin.removeObject(id, WORK))).code, 'bad-input', id);
    }
  });
});
