// Many clients in one process, as cheap as can be: each asks for the same object, reads so many bytes of it, and then
// either nothing more or all the rest. When every one of them is there it listens, and tells whoever asks how they are.
//   node readers.ts PORT URL COUNT BYTES [on]
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { ReadersReport } from './readers-process.ts';

/** Fewer than any server's queue of connections that it has not accepted yet. */
const AT_ONCE = 100;

const READ_BYTES = 64 << 10;

/** All read into the same memory: nobody looks at it. */
const buffer = Buffer.allocUnsafeSlow(READ_BYTES);

const [port, address = '', count, bytes, on] = process.argv.slice(2);
const url = new URL(address);
const readsOn = on === 'on';
let arrived = 0;
let readBytes = 0;
const problems = new Map<string, number>();

/** Resolves when this one is where it should be, or will never be. */
function open(wantedBytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let taken = 0;
  let hasArrived = false;
  let problem = 'ended';
  const callback = (length: number): boolean => {
    if (taken === 0) {
      const status = buffer.toString('latin1', 9, 12);
      if (status !== '200') {
        problem = `status ${status}`;
        socket.resetAndDestroy();
        return false;
      }
    }
    taken += length;
    readBytes += length;
    if (taken < wantedBytes) return true;
    if (!hasArrived) arrived += 1;
    hasArrived = true;
    resolve();
    return readsOn;
  };
  const socket = connect({ host: url.hostname, port: Number(url.port), onread: { buffer, callback } });
  socket.on('error', (error: NodeJS.ErrnoException) => (problem = error.code ?? error.message));
  socket.on('close', () => {
    problems.set(problem, (problems.get(problem) ?? 0) + 1);
    if (hasArrived) arrived -= 1;
    resolve();
  });
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  return promise;
}

let left = Number(count);
const openAll = async (): Promise<void> => {
  while (left > 0) {
    left -= 1;
    await open(Number(bytes));
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, openAll));

const server = createServer((_request, response) => {
  const report: ReadersReport = { there: arrived, readBytes, problems: Object.fromEntries(problems) };
  response.setHeader('Connection', 'close').end(JSON.stringify(report));
});
server.listen(Number(port), '127.0.0.1');
