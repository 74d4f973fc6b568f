// The loop between a body and its client, and what became of it.
//
// It takes a slab that the body has filled, writes it to the client, waits until the kernel has it, and gives the
// slab back. The body fills the next slab meanwhile; when it has two ahead it stops, and so its origin does. When
// the client goes, its signal has closed the body before this loop hears of it.
import { SluiceError } from '../errors.ts';
import type { Body } from '../source/source.ts';
import type { Client, Ending } from './client.ts';

/** What became of a transfer: exactly one of these. */
export type Outcome = 'complete' | 'source-failed' | Ending;

export type FlowResult = {
  readonly outcome: Outcome;
  /** Bytes of content that the kernel has taken for the client. */
  readonly deliveredBytes: number;
  /** Why, unless it is complete. */
  readonly error?: SluiceError;
};

/** Carries `body` to `client` and ends both. Never rejects: every way it can end is an outcome. */
export async function flow(body: Body, client: Client): Promise<FlowResult> {
  let deliveredBytes = 0;
  try {
    for (let chunk = await body.read(); chunk; chunk = await body.read()) {
      const { length } = chunk.bytes;
      try {
        await client.write(chunk.bytes);
      } finally {
        chunk.release();
      }
      deliveredBytes += length;
    }
    await client.end();
    return { outcome: 'complete', deliveredBytes };
  } catch (cause) {
    const error =
      cause instanceof SluiceError ? cause : new SluiceError('misuse', 'a body failed unexpectedly', { cause });
    // A body that is short must not look whole: without its last bytes the connection is no good for anything.
    client.destroy();
    return { outcome: client.ending ?? 'source-failed', deliveredBytes, error };
  } finally {
    body.close();
  }
}
