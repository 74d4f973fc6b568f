// The examples do what they say: each as a process of its own, in front of the lab's origin in this one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SAMPLES } from '../../src/cli/demo-library.ts';
import { startOrigin } from '../../src/lab/origin/origin.ts';
import type { Origin } from '../../src/lab/origin/origin.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const KEYS = { AWS_ACCESS_KEY_ID: 'LABKEY', AWS_SECRET_ACCESS_KEY: 'lab-secret' };
const TOKEN = 'open.sesame-0f9c';

/** An object whose SHA-256 is known, and one that nobody wants to the end. */
const PHOTO = SAMPLES.find(({ id }) => id === 'photo')!;
const BIG = SAMPLES.find(({ id }) => id === 'big')!;

/** A thousandth of the object. How little a hang-up costs is measured elsewhere; here it is let go of, or it is not. */
const MAX_WASTED_BYTES = BIG.size / 1000;

type Example = {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  readonly lines: string[];
  readonly url: string;
};

async function start(name: string, origin: Origin): Promise<Example> {
  const env = {
    ...KEYS,
    TOKEN,
    PORT: '0',
    S3_ENDPOINT: origin.url,
    S3_BUCKET: 'library',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const args = ['--conditions=source', `examples/${name}.ts`];
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const output = createInterface(child.stdout);
  const [first] = (await Promise.race([once(output, 'line'), once(child, 'exit').then(() => [''])])) as [string];
  const url = /http:\/\/\S+\/objects/.exec(first)?.[0];
  assert.ok(url, `it should print what to ask it, not: ${first}`);
  const lines: string[] = [];
  output.on('line', (line) => lines.push(line));
  return { child, lines, url };
}

const authorization = `Bearer ${TOKEN}`;
const encode = (key: string) => key.split('/').map(encodeURIComponent).join('/');

describe('the examples', { timeout: 120_000 }, () => {
  let origin: Origin;
  before(async () => {
    const credentials = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY };
    origin = await startOrigin({
      credentials,
      buckets: { library: { objects: [PHOTO, BIG, { key: 'a b/ü%?', size: 10 }] } },
    });
  });
  after(() => origin.close());

  for (const name of ['node-http', 'express', 'fastify']) {
    describe(`examples/${name}.ts`, () => {
      let example: Example;
      before(async () => {
        example = await start(name, origin);
      });
      after(async () => {
        const exited = once(example.child, 'exit');
        example.child.kill('SIGTERM');
        assert.deepEqual(await exited, [0, null], 'it should end by itself when it is asked to');
        await origin.meter.until(({ connections }) => (connections.open === 0 ? true : undefined));
      });
      const ask = (key: string, headers: Record<string, string> = {}, method = 'GET') =>
        fetch(`${example.url}/${encode(key)}`, { method, headers: { authorization, ...headers } });

      it('lets nobody in without the token, and asks the store for nothing', async () => {
        const before = origin.meter.read().totals.requests;
        for (const headers of [
          {},
          { authorization: 'Bearer' },
          { authorization: 'Bearer sesame' },
          { authorization: TOKEN },
        ]) {
          const answer = await fetch(`${example.url}/${encode(PHOTO.key)}`, { headers });
          assert.deepEqual([answer.status, answer.headers.get('www-authenticate')], [401, 'Bearer']);
          assert.equal(await answer.text(), '');
        }
        assert.equal(origin.meter.read().totals.requests, before);
      });

      it('sends a whole object', async () => {
        const answer = await ask(PHOTO.key);
        assert.equal(answer.status, 200);
        const digest = createHash('sha256')
          .update(await answer.bytes())
          .digest('hex');
        assert.equal(digest, PHOTO.sha256);
      });

      it('sends a range, and refuses one that there is not', async () => {
        const whole = await (await ask(PHOTO.key)).bytes();
        const answer = await ask(PHOTO.key, { range: 'bytes=1000000-1999999' });
        assert.deepEqual(
          [answer.status, answer.headers.get('content-range')],
          [206, `bytes 1000000-1999999/${PHOTO.size}`],
        );
        assert.ok(Buffer.from(await answer.bytes()).equals(whole.subarray(1_000_000, 2_000_000)));
        assert.equal((await ask(PHOTO.key, { range: `bytes=${PHOTO.size}-` })).status, 416);
      });

      it('answers HEAD as it does GET', async () => {
        const [forGet, forHead] = [await ask(PHOTO.key), await ask(PHOTO.key, {}, 'HEAD')];
        await forGet.body?.cancel();
        // fetch() asks for the end of the connection after a HEAD.
        const ofTheMoment = ['date', 'connection', 'keep-alive'];
        const fieldsOf = ({ headers }: Response) => [...headers].filter(([field]) => !ofTheMoment.includes(field));
        assert.deepEqual([forHead.status, fieldsOf(forHead)], [forGet.status, fieldsOf(forGet)]);
        assert.equal(forHead.headers.get('content-length'), String(PHOTO.size));
      });

      it('finds a key with whatever characters, and says when there is none', async () => {
        assert.equal((await (await ask('a b/ü%?')).bytes()).length, 10);
        assert.equal((await ask('nothing/here')).status, 404);
      });

      it('lets go of the store when a client hangs up after ten bytes', async () => {
        origin.meter.reset();
        const { hostname, port, pathname } = new URL(`${example.url}/${encode(BIG.key)}`);
        const socket = connect({ host: hostname, port: Number(port) });
        socket.write(
          `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: ${authorization}\r\n\r\n`,
          'latin1',
        );
        const taken = await new Promise<Buffer>((resolve) => {
          let received = Buffer.alloc(0);
          socket.on('data', (bytes: Buffer) => {
            received = Buffer.concat([received, bytes]);
            const contentStart = received.indexOf('\r\n\r\n') + 4;
            if (contentStart < 4 || received.length < contentStart + 10) return;
            socket.destroy();
            resolve(received);
          });
        });
        assert.match(taken.toString('latin1'), /^HTTP\/1\.1 200 /);
        // What was asked first may have left whole before the client did; what came after it was cut.
        const asked = await origin.meter.until(({ requests }) => {
          const gets = requests.filter(({ key, method }) => method === 'GET' && key === BIG.key);
          return gets.length > 0 && gets.every(({ endedAt }) => endedAt !== undefined) ? gets : undefined;
        });
        for (const { complete, closedBy } of asked) assert.ok(complete || closedBy === 'peer');
        const leftBytes = asked.reduce((sum, { bytesLeft, bytesInWrite }) => sum + bytesLeft + bytesInWrite, 0);
        assert.ok(leftBytes <= MAX_WASTED_BYTES, `${leftBytes} bytes left the store`);
      });

      it('tells what became of each transfer', () => {
        assert.ok(example.lines.some((line) => /^GET .*: 206, complete, 1000000 bytes$/.test(line)));
        assert.ok(example.lines.some((line) => /: 200, client-gone, \d+ bytes$/.test(line)));
      });
    });
  }
});
