// A balancer of TCP connections, each to the next of its backends in turn; one that cannot be reached is passed over.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

export type Balancer = { readonly url: string; close(): void | Promise<void> };

/** Whoever started it closes it. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => undefined);
    client.once('close', () => open.delete(client));
    pass(client, ports.length);
  });
  const pass = (client: Socket, triesLeft: number): void => {
    const port = ports[turn++ % ports.length]!;
    const backend = connect({ host: '127.0.0.1', port });
    let isUp = false;
    backend.once('connect', () => {
      isUp = true;
      client.pipe(backend).pipe(client);
    });
    backend.on('error', () => {
      if (!isUp && triesLeft > 1) pass(client, triesLeft - 1);
      else client.destroy();
    });
    // An orderly end is passed on behind what is still on its way; anything else is passed on as what it is.
    backend.once('close', (hadError) => {
      if (isUp && hadError) client.resetAndDestroy();
    });
    client.once('close', () => backend.destroy());
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
