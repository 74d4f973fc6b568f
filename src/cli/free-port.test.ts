import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { findFreePort } from './free-port.ts';

const HOST = '127.0.0.1';

test('the usual port is taken if nobody listens there, and any other if somebody does', async () => {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal(await findFreePort(HOST, port), 0);
  server.close();
  await once(server, 'close');
  assert.equal(await findFreePort(HOST, port), port);
  // It has been let go again.
  assert.equal(await findFreePort(HOST, port), port);
});
