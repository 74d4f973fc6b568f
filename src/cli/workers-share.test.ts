import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import type { ServeConfig } from './config.ts';
import { checkAddress, checkPlatform, parseWorkers, toWorkerConfig } from './workers-share.ts';

const MAX = availableParallelism() * 4;

describe('parseWorkers', () => {
  it('takes one to four for each core', () => {
    assert.equal(parseWorkers('1'), 1);
    assert.equal(parseWorkers(String(MAX)), MAX);
  });

  for (const text of ['0', String(MAX + 1), '-1', '1.5', '2x', '', ' 2', '1e1', '100000']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseWorkers(text), { message: `Want a whole number from 1 to ${MAX}, four for each core.` });
    });
  }
});

describe('checkPlatform', () => {
  it('takes Linux, and says of others that they are not', () => {
    checkPlatform('linux');
    assert.throws(() => checkPlatform('darwin'), { code: 'bad-input', message: /darwin, want Linux/ });
  });
});

describe('toWorkerConfig', () => {
  const config = { path: 'sluice.yaml', memory: { budgetBytes: 10 << 20, waitMs: 5 } } as ServeConfig;

  it('gives each the same part of the budget, and leaves the rest as it is', () => {
    const share = { ...config, memory: { budgetBytes: Math.floor((10 << 20) / 3), waitMs: 5 } };
    assert.deepEqual(toWorkerConfig(config, 3), share);
  });

  it('refuses parts that are too small', () => {
    assert.equal(toWorkerConfig(config, 10).memory.budgetBytes, 1 << 20);
    const message = 'sluice.yaml: memory.budget: got 10MiB for 11 workers, want 11MiB or more';
    assert.throws(() => toWorkerConfig(config, 11), { code: 'bad-config', message });
  });
});

describe('checkAddress', () => {
  it('is content where nobody listens, and leaves the address free', async () => {
    const server = createServer().listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await checkAddress({ host: '127.0.0.1', port });
    await checkAddress({ host: '127.0.0.1', port });
    await checkAddress({ host: '127.0.0.1', port: 0 });
  });

  it('refuses an address where somebody listens who would share it', async (t) => {
    const server = createServer().listen({ host: '127.0.0.1', port: 0, reusePort: true });
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const message = `the gateway cannot listen at 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`;
    await assert.rejects(checkAddress({ host: '127.0.0.1', port }), { code: 'bad-config', message });
  });
});
