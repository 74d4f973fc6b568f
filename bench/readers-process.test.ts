import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startOrigin } from '../src/lab/origin/origin.ts';
import { Processes } from './processes.ts';
import { startReaders } from './readers-process.ts';

const TAKE_BYTES = 100_000;
const COUNT = 5;

async function setUp(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-test-'));
  const processes = new Processes(folder, new AbortController().signal);
  const objects = [{ key: 'large', size: 2 ** 30 }];
  const origin = await startOrigin({ credentials: undefined, buckets: { bench: { objects } } });
  context.after(async () => {
    await processes.stopAll();
    await origin.close();
    await rm(folder, { recursive: true });
  });
  return { processes, origin, url: `${origin.url}/bench/large` };
}

test('readers take what they are told and stay, until they are stopped', async (context) => {
  const { processes, origin, url } = await setUp(context);
  const wanted = { name: 'readers', url, count: COUNT, takeBytes: TAKE_BYTES };
  const readers = await startReaders(processes, { ...wanted, readsOn: false });
  const { there, readBytes, problems } = await readers.report();
  assert.deepEqual([there, problems], [COUNT, {}]);
  assert.ok(readBytes >= COUNT * TAKE_BYTES && readBytes < 3 * COUNT * TAKE_BYTES, `${readBytes} bytes`);
  assert.equal(origin.openConnections(), COUNT);
  await readers.stop();
  await origin.meter.until(({ connections }) => connections.open === 0 || undefined);
});

test('those that are refused are counted by what they were told', async (context) => {
  const { processes, origin, url } = await setUp(context);
  origin.setFaults([{ times: 2, fault: { internalError: true } }]);
  const wanted = { name: 'readers', url, count: COUNT, takeBytes: TAKE_BYTES };
  const readers = await startReaders(processes, { ...wanted, readsOn: false });
  const { there, problems } = await readers.report();
  assert.deepEqual([there, problems], [COUNT - 2, { 'status 500': 2 }]);
});

test('those that read on read all there is', async (context) => {
  const { processes, origin, url } = await setUp(context);
  const wanted = { name: 'readers', url, count: 1, takeBytes: 1 };
  await startReaders(processes, { ...wanted, readsOn: true });
  const isComplete = origin.meter.until(({ totals }) => totals.complete === 1 || undefined);
  assert.equal(await isComplete, true);
});
