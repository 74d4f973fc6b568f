// A port to listen on when nobody has chosen one.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The usual port if nobody listens there, else 0: any that is free. */
export async function findFreePort(host: string, usual: number): Promise<number> {
  const server = createServer();
  server.listen(usual, host);
  try {
    await once(server, 'listening');
  } catch {
    return 0;
  }
  server.close();
  await once(server, 'close');
  return usual;
}
