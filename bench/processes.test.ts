import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { findFreePorts } from './free-ports.ts';
import { Processes } from './processes.ts';
import type { Command } from './processes.ts';

async function setUp(context: TestContext, stop = new AbortController()): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-test-'));
  const processes = new Processes(folder, stop.signal);
  context.after(async () => {
    await processes.stopAll();
    await rm(folder, { recursive: true });
  });
  return processes;
}

function toNode(script: string): Command {
  return [process.execPath, '-e', script];
}

async function pickPort(): Promise<number> {
  const [port = 0] = await findFreePorts(1);
  return port;
}

test('a server is there when it listens, and gone when it has stopped', async (context) => {
  const processes = await setUp(context);
  const port = await pickPort();
  const server = await processes.serve(toNode(`require('net').createServer().listen(${port}, '127.0.0.1')`), {
    name: 'server',
    port,
  });
  await server.stop();
  await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
});

test('a server that ends at once is an error with what it said', async (context) => {
  const processes = await setUp(context);
  const serving = processes.serve(toNode(`console.error('no such thing')`), { name: 'server', port: await pickPort() });
  await assert.rejects(serving, /server ended before it listened: no such thing/);
});

test('a command gives its output, or fails with what it said', async (context) => {
  const processes = await setUp(context);
  assert.equal(await processes.run(toNode(`process.stdout.write('yes')`), text), 'yes');
  const failing = processes.run(toNode(`console.error('broken'); process.exitCode = 3`), text);
  await assert.rejects(failing, /failed \(exit code 3\): broken/);
});

test('a program that is not there is an error', async (context) => {
  const processes = await setUp(context);
  await assert.rejects(processes.run(['/nowhere/program'], text), { code: 'ENOENT' });
});

test('an abort ends a command under way with its reason, and nothing is begun after it', async (context) => {
  const stop = new AbortController();
  const processes = await setUp(context, stop);
  const endless = toNode(`process.stdout.write('begun'); setInterval(() => {}, 1000)`);
  const running = processes.run(endless, async (stdout) => {
    await once(stdout, 'data');
    stop.abort(new Error('enough'));
  });
  await assert.rejects(running, /enough/);
  await assert.rejects(processes.run(toNode(''), text), /enough/);
});
