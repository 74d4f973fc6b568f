import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { establishedConnections } from './established-connections.ts';

for (const host of ['127.0.0.1', '::1']) {
  const skip = process.platform !== 'linux';
  test(`a connection to ${host} counts until one side closes it, in the same turn`, { skip }, async (t) => {
    const server = createServer();
    t.after(() => server.close());
    server.listen(0, host);
    const failed = once(server, 'error').then(() => false);
    // A machine may have no IPv6; then there is nothing to count.
    if (!(await Promise.race([once(server, 'listening').then(() => true), failed]))) return;
    const { port } = server.address() as AddressInfo;
    assert.equal(establishedConnections(port), 0);
    const sockets = [connect(port, host), connect(port, host)];
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    assert.equal(establishedConnections(port), 2);
    sockets[0]!.destroy();
    assert.equal(establishedConnections(port), 1);
    sockets[1]!.resetAndDestroy();
    assert.equal(establishedConnections(port), 0);
    server.on('connection', (socket) => socket.on('error', () => {}));
  });
}
