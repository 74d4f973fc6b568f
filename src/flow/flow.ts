// The loop between a body and its client, and what became of it.
//
// It takes a slab that the body has filled, writes it to the client, waits until the kernel has it, and gives the
// slab back. The body goes on meanwhile, as far as it reads ahead. When the client goes, its signal has closed the body
// before this loop hears of it.
import { SluiceError } from '../errors.ts';
import type { Body } from '../source/source.ts';
import type { Client, Ending } from './client.ts';
import type { Delivered } from './delivery.ts';

/** What became of a transfer: exactly one of these. */
export type Outcome = 'complete' | 'source-failed' | Ending;

export type FlowResult = {
  readonly outcome: Outcome;
  /** Bytes of content that the client has received by now; of a complete one the last may still be on their way. */
  readonly deliveredBytes: number;
  readonly deliveredBy: Delivered['by'];
  /** Why, unless it is complete. */
  readonly error?: SluiceError;
};

/**
 * Carries `body` to `client` and ends both. Never rejects: every way it can end is an outcome. It is complete when the
 * kernel has all of it; whether the client's machine has it, too, `client.acknowledged` tells.
 */
export async function flow(body: Body, client: Client): Promise<FlowResult> {
  const ended = await carry(body, client);
  const { bytes: deliveredBytes, by: deliveredBy } = client.delivered;
  return { ...ended, deliveredBytes, deliveredBy };
}

async function carry(body: Body, client: Client): Promise<Pick<FlowResult, 'outcome' | 'error'>> {
  try {
    for (let chunk = await body.read(); chunk; chunk = await body.read()) {
      try {
        await client.write(chunk.bytes);
      } finally {
        chunk.release();
      }
    }
    await client.end();
    return { outcome: 'complete' };
  } catch (cause) {
    const error =
      cause instanceof SluiceError ? cause : new SluiceError('misuse', 'a body failed unexpectedly', { cause });
    // A body that is short must not look whole: without its last bytes the connection is no good for anything.
    client.destroy();
    // Whoever is at a limit in the middle is cut short; everything else that a body fails by is its source.
    const failed: Outcome = error.code === 'limited' ? 'cut-short' : 'source-failed';
    return { outcome: client.ending ?? failed, error };
  } finally {
    body.close();
  }
}
