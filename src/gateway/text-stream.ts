// An answer that is made while it is sent: text of any length, in the memory of one piece. It ends well or it is seen to
// be broken off: what a client has taken for whole is whole.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';

/** A reader that takes nothing for so long does not come back for the rest. */
const DEFAULT_STALL_TIMEOUT_MS = 120_000;

export type SendTextOptions = {
  readonly fields: Readonly<Record<string, string>>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly stallTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
};

/**
 * Sends the pieces, each when the one before has left. Where they fail before the first, nothing is sent and it rejects;
 * where they fail later, the connection is reset and it rejects as well.
 */
export async function sendText(
  reply: FastifyReply,
  pieces: AsyncIterable<string>,
  { fields, signal, ...waiting }: SendTextOptions,
): Promise<void> {
  const response = reply.raw;
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    let piece = await iterator.next();
    signal.throwIfAborted();
    reply.hijack();
    response.writeHead(200, { ...fields, 'cache-control': 'no-store' });
    if (response.req.method === 'HEAD') piece = { done: true, value: undefined };
    for (; !piece.done; piece = await iterator.next()) {
      signal.throwIfAborted();
      if (piece.value !== '' && !response.write(piece.value)) await until('drain', response, { signal, ...waiting });
    }
    const left = until('finish', response, { signal, ...waiting });
    response.end();
    await left;
  } catch (error) {
    // A client of HTTP/1.0 would take an orderly end for the end of the text.
    if (response.headersSent) response.req.socket.resetAndDestroy();
    throw error;
  } finally {
    await iterator.return?.();
  }
}

type Waiting = Pick<SendTextOptions, 'signal' | 'stallTimeoutMs' | 'clock'>;

/** Resolves when there is room for more, or all has left; rejects when the client has gone, or takes nothing. */
async function until(
  event: 'drain' | 'finish',
  response: ServerResponse,
  { signal, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS, clock = SYSTEM_CLOCK }: Waiting,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => reject(signal.reason as Error);
  const callOff = clock.after(stallTimeoutMs, () => reject(new SluiceError('closed', 'the client takes nothing more')));
  response.once(event, resolve);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await promise;
  } finally {
    callOff();
    response.off(event, resolve);
    signal.removeEventListener('abort', leave);
  }
}
