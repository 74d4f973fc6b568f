// `sluice lab origin` as a process of its own: what it prints, what it serves, how it ends.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';

const KEYS = { AWS_ACCESS_KEY_ID: 'LABKEY', AWS_SECRET_ACCESS_KEY: 'lab-secret' };
const MAIN = join(import.meta.dirname, 'main.ts');

type Origin = ChildProcessByStdio<null, Readable, Readable>;

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Origin {
  const command = ['--conditions=source', MAIN, 'lab', 'origin', '--port', '0', ...args];
  return spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function firstLine(origin: Origin): Promise<string> {
  const [line] = (await once(createInterface(origin.stdout), 'line')) as [string];
  return line;
}

async function exitCode(origin: Origin): Promise<unknown> {
  return origin.exitCode ?? (await once(origin, 'exit'))[0];
}

describe('sluice lab origin', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints one line of JSON when ready, serves, and ends cleanly on ${signal}`, async () => {
      const origin = start([
        '--json',
        '--no-auth',
        '--bucket',
        'mine',
        '--object',
        'a b=1KiB',
        '--object',
        'c=2KB:1KB',
      ]);
      const ready = JSON.parse(await firstLine(origin)) as { url: string; meter: string; pid: number };
      assert.equal(ready.pid, origin.pid);
      assert.equal((await (await fetch(`${ready.url}/mine/a%20b`)).arrayBuffer()).byteLength, 1024);
      assert.match((await fetch(`${ready.url}/mine/c`)).headers.get('etag') ?? '', /-2"$/);
      assert.equal(((await (await fetch(ready.meter)).json()) as { totals: { requests: number } }).totals.requests, 2);
      origin.kill(signal);
      assert.equal(await exitCode(origin), 0);
    });
  }

  it('prints what it serves and what to try, and never the secret', async () => {
    const origin = start(['--object', 'big=5TiB'], KEYS);
    const output = text(origin.stdout);
    await once(origin.stdout, 'data');
    origin.kill('SIGTERM');
    assert.equal(await exitCode(origin), 0);
    assert.match(
      await output,
      /Serving s3:\/\/lab at http:\/\/127\.0\.0\.1:\d+, signed by LABKEY\n {2}big {2}5497558138880 bytes/,
    );
    assert.match(await output, /curl -s .*-r 0-99 'http.*\/lab\/big'/);
    assert.ok(!(await output).includes(KEYS.AWS_SECRET_ACCESS_KEY));
  });

  it('refuses what makes no sense, and says what would', async () => {
    const cases: readonly [readonly string[], RegExp][] = [
      [[], /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
      [['--no-auth', '--object', 'big'], /an object is KEY=SIZE/],
      [['--no-auth', '--object', 'big=6TiB'], /5 TiB/],
      [['--no-auth', '--port', '70000'], /from 0 to 65535/],
      [['--no-auth', '--folder', '/nonexistent'], /there is no folder/],
    ];
    for (const [args, message] of cases) {
      const origin = start(args);
      assert.match(await text(origin.stderr), message);
      assert.equal(await exitCode(origin), 2);
    }
  });
});
