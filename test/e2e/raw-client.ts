// A client that sends what it is told, octet by octet, pipelined or not, and hands out the answers in their order.
import { once } from 'node:events';
import { connect } from 'node:net';
import { HttpReader } from './http-reader.ts';
import type { Answer } from './http-reader.ts';

type Waiting = { readonly method: string; readonly answered: PromiseWithResolvers<Answer> };

export type RawClient = {
  /** Each character is an octet. */
  write(text: string): void;
  /** The next answer, to a request of this method. Rejects when the connection ends before it is whole. */
  answer(method?: string): Promise<Answer>;
  /** Resolves when the connection is over, in whatever way. */
  readonly ended: Promise<void>;
  /** What came and is no part of an answer that was asked for. */
  readonly unasked: string;
  close(): void;
};

export async function openRawClient({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<RawClient> {
  const socket = connect({ host, port });
  const reader = new HttpReader();
  const waiting: Waiting[] = [];
  const handOut = () => {
    for (let [next] = waiting; next; [next] = waiting) {
      const answer = reader.take(next.method);
      if (!answer) return;
      waiting.shift();
      next.answered.resolve(answer);
    }
  };
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const { answered } of waiting.splice(0))
        answered.reject(new Error('the connection ended without the answer'));
      resolve();
    });
  });
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes);
    try {
      handOut();
    } catch (error) {
      waiting.shift()?.answered.reject(error);
      socket.destroy();
    }
  });
  return {
    ended,
    write: (text) => void socket.write(text, 'latin1'),
    answer: (method = 'GET') => {
      const answered = Promise.withResolvers<Answer>();
      waiting.push({ method, answered });
      if (socket.closed) answered.reject(new Error('the connection has ended'));
      else handOut();
      return answered.promise;
    },
    get unasked() {
      return reader.held.toString('latin1');
    },
    close: () => void socket.destroy(),
  };
}
