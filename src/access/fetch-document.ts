// Fetches a small JSON document of an issuer's: in bounded time, of bounded size, from where it was asked and nowhere
// else, and the connection goes with it.
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';

/** An issuer that takes longer keeps clients waiting for no good. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** A key is 0.5 to 3 KiB with its certificates, and an issuer has a few. */
const DEFAULT_MAX_BYTES = 256 << 10;

export type FetchDocumentOptions = {
  /** From the beginning to the last byte. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly clock?: Clock;
};

/** Rejects with `unavailable` when it did not come, or is no JSON. A redirect is not followed. */
export async function fetchDocument(url: URL, options: FetchDocumentOptions = {}): Promise<unknown> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxBytes = DEFAULT_MAX_BYTES, clock = SYSTEM_CLOCK } = options;
  const headers = { accept: 'application/json, application/jwk-set+json' };
  // With no agent the connection is used once and closed: the next document is wanted in minutes.
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { agent: false, headers });
  const timeOut = () => request.destroy(new Error(`it took longer than ${timeoutMs} ms`));
  const callOff = clock.after(timeoutMs, timeOut);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject).end();
    });
    if (response.statusCode !== 200) throw new Error(`it answered ${response.statusCode}, want 200`);
    return JSON.parse(await readText(response, maxBytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `${url.origin}${url.pathname} cannot be fetched: ${why}`;
    throw new SluiceError('unavailable', message, { cause, retryable: true });
  } finally {
    callOff();
    request.destroy();
  }
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
