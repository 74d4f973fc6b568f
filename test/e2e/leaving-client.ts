// Clients that leave: raw sockets that take a few bytes and go, each in its own way. What one has not read stays in
// the kernel's buffers, as with a real client that has stopped reading.
import { once } from 'node:events';
import { connect } from 'node:net';

/** Small, so that little more leaves the kernel than was asked for. */
const READ_BYTES = 1024;

const END_OF_HEAD = '\r\n\r\n';

export type LeavingClient = {
  /** Resolves when the head and so many bytes of the body have been read. Nothing more is read after that. */
  readonly takeBody: (bytes: number) => Promise<void>;
  /** Reads whatever comes. Resolves with the bytes of the body in all, when the connection is over. */
  readonly readOn: () => Promise<number>;
  /** Resets the connection (RST). This and the other two return when, by the meter's clock. */
  readonly reset: () => number;
  /** Closes the socket: a FIN, or, with bytes here that were never read, an RST. */
  readonly close: () => number;
  /** Says that nothing more will be sent (FIN), and could go on reading. */
  readonly halfClose: () => number;
};

/** The clock of the origin's meter. */
export function meterNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Connects and asks for `url`, once for each of `ranges`, pipelined. An empty Range field asks for the whole. */
export async function openLeavingClient(url: string, ranges: readonly string[] = ['']): Promise<LeavingClient> {
  const { hostname, port, pathname } = new URL(url);
  let wantedBytes = 0;
  let bodyBytes = 0;
  let head: string | undefined = '';
  let taken = Promise.withResolvers<void>();
  const read = (length: number, buffer: Uint8Array): boolean => {
    if (head === undefined) {
      bodyBytes += length;
    } else {
      head += Buffer.from(buffer.subarray(0, length)).toString('latin1');
      const end = head.indexOf(END_OF_HEAD);
      if (end < 0) return true;
      bodyBytes = head.length - end - END_OF_HEAD.length;
      head = undefined;
    }
    if (bodyBytes < wantedBytes) return true;
    taken.resolve();
    return false;
  };
  const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: read };
  const socket = connect({ host: hostname, port: Number(port), onread });
  socket.pause();
  await once(socket, 'connect');
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.on('error', () => {});
  const toRequest = (range: string) =>
    `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n${range && `Range: ${range}\r\n`}\r\n`;
  socket.write(ranges.map(toRequest).join(''));
  return {
    takeBody: async (bytes) => {
      wantedBytes = bytes;
      taken = Promise.withResolvers();
      socket.resume();
      const gone = closed.then(() => Promise.reject(new Error('the gateway closed the connection')));
      await Promise.race([taken.promise, gone]);
    },
    readOn: async () => {
      wantedBytes = Infinity;
      socket.resume();
      await closed;
      return bodyBytes;
    },
    reset: () => {
      socket.resetAndDestroy();
      return meterNow();
    },
    close: () => {
      socket.destroy();
      return meterNow();
    },
    halfClose: () => {
      socket.end();
      return meterNow();
    },
  };
}
