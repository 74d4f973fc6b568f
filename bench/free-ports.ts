// Ports that nobody listens on, for servers that cannot be told to take any.
import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** All are held until the last is found, so that no two are the same. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, HOST));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}
