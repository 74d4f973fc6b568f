// One random client, as it was planned: every byte that it is sent is compared with what the object has there.
import { setTimeout as delay } from 'node:timers/promises';
import { RawClient } from '../raw-client.ts';
import { toLength } from './visit-plan.ts';
import type { Ask, Leaving, Manner, VisitPlan } from './visit-plan.ts';

const READ_BYTES = 64 << 10;

/** What follows the end of one's own side is the gateway's to do; so long it has for it. */
const AFTER_END_MS = 100;

/** A client that waits longer than this for what it wants has been forgotten. */
const PATIENCE_MS = 60_000;

export type VisitOptions = {
  /** Of the gateway. */
  readonly url: string;
  /** Writes what an object has from `offset` on into `target`. */
  readonly fill: (path: string, target: Uint8Array, offset: number) => void;
};

export type VisitResult = {
  /** Requests that were heard, each of which the ledger must have; and those that may not have been. */
  readonly heard: number;
  readonly unheard: number;
  readonly bytes: number;
};

/** Rejects with what was wrong. */
export async function visit(plan: VisitPlan, { url, fill }: VisitOptions): Promise<VisitResult> {
  const { asks, manner } = plan;
  const expected = Buffer.allocUnsafeSlow(READ_BYTES);
  let bytes = 0;
  let current = asks[0];
  let wrong: string | undefined;
  const onBody = (content: Uint8Array, offset: number) => {
    bytes += content.length;
    const wanted = expected.subarray(0, content.length);
    fill(current.object.path, wanted, (current.stretch?.start ?? 0) + offset);
    if (Buffer.compare(content, wanted) !== 0) wrong ??= `other bytes within ${content.length} from ${offset}`;
  };
  const client = await RawClient.connect(url, { readBytes: READ_BYTES, onBody });
  try {
    for (const ask of asks.slice(0, -1)) {
      current = ask;
      send(client, ask);
      await patiently(read(client, ask, { kind: 'reads' }));
    }
    current = asks.at(-1)!;
    send(client, current);
    await patiently(read(client, current, manner));
    if (wrong !== undefined) throw new Error(wrong);
  } catch (error) {
    throw new Error(`${describe(current, manner)}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    await leave(client, 'by' in manner ? manner.by : 'reset');
  }
  const unheard = manner.kind === 'leaves unheard' ? 1 : 0;
  return { heard: asks.length - unheard, unheard, bytes };
}

function send(client: RawClient, { object, stretch }: Ask): void {
  client.ask(object.path, stretch && `bytes=${stretch.start}-${stretch.end - 1}`);
}

async function read(client: RawClient, ask: Ask, manner: Manner): Promise<void> {
  if (manner.kind === 'leaves unheard') {
    await delay(manner.afterMs);
    return;
  }
  const length = toLength(ask);
  const { status, contentLength } = await client.take(0);
  const wantedStatus = ask.stretch ? 206 : 200;
  if (status !== wantedStatus) throw new Error(`status ${status}, want ${wantedStatus}`);
  if (contentLength !== length) throw new Error(`${contentLength} bytes are announced, want ${length}`);
  if (manner.kind === 'reads slowly') {
    for (let at = 0; at < length; at += manner.stepBytes) {
      await client.take(at);
      await delay(manner.stepMs);
    }
  }
  if (manner.kind === 'leaves' || manner.kind === 'stalls') {
    await client.take(manner.afterBytes);
    await delay(manner.sitsMs);
  }
  if (manner.kind === 'leaves') return;
  await client.take(length);
  if (client.bodyBytes !== length) throw new Error(`${client.bodyBytes} bytes came, want ${length}`);
}

async function patiently(reading: Promise<void>): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const impatience = delay(PATIENCE_MS, undefined, { signal }).then(
    () => {
      throw new Error(`nothing more after ${PATIENCE_MS} ms`);
    },
    () => {},
  );
  try {
    await Promise.race([reading, impatience]);
  } finally {
    stop.abort();
  }
}

async function leave(client: RawClient, by: Leaving): Promise<void> {
  if (by === 'end') {
    client.end();
    await delay(AFTER_END_MS);
  }
  if (by === 'close') client.close();
  else client.reset();
}

function describe({ object, stretch }: Ask, manner: Manner): string {
  const what = stretch ? `bytes ${stretch.start} to ${stretch.end} of ${object.path}` : object.path;
  return `a client of ${what} (${JSON.stringify(manner)})`;
}
