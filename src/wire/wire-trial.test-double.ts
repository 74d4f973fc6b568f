// One test of the wire over real sockets: a scripted origin, a client with a slab pool, and the checks at the end
// that nothing is left of what the test has opened: no slab, no connection on either side.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { isSluiceError } from '../errors.ts';
import type { SluiceError } from '../errors.ts';
import { WireClient } from './client.ts';
import type { WireClientOptions } from './client.ts';
import type { Exchange } from './exchange.ts';
import { toWireRequest } from './request.ts';
import { ScriptedOrigin } from './scripted-origin.test-double.ts';
import type { KeyAndCertificate, Peer } from './scripted-origin.test-double.ts';
import { SlabPool } from './slab-pool.ts';

/** So long that it never passes in a test that is not about it: a hang is then the test's own time-out. */
const NEVER_MS = 60_000;

/** A wait that takes longer than this is called a hang. */
const HANG_MS = 30_000;

export type WireTrialOptions = Partial<WireClientOptions> & {
  /** Present for TLS. */
  readonly secret?: KeyAndCertificate;
};

/** A body as far as it came. */
export type Outcome = { readonly bytes: Buffer; readonly failure: SluiceError | undefined };

/** Reads to the end or to the failure, and gives every chunk back. */
export async function readAll(exchange: Exchange): Promise<Outcome> {
  const parts: Buffer[] = [];
  let failure: SluiceError | undefined;
  try {
    for (let chunk = await exchange.read(); chunk; chunk = await exchange.read()) {
      parts.push(Buffer.from(chunk.bytes));
      chunk.release();
    }
  } catch (error) {
    assert.ok(isSluiceError(error), `a read rejected with something other than a SluiceError: ${String(error)}`);
    failure = error;
  }
  return { bytes: Buffer.concat(parts), failure };
}

/** Reads a body that must be whole. */
export async function readWhole(exchange: Exchange): Promise<Buffer> {
  const { bytes, failure } = await readAll(exchange);
  if (failure) throw failure;
  return bytes;
}

/** Waits for something that no event tells of, turn by turn of the loop. */
export async function untilTrue(what: string, isTrue: () => boolean): Promise<void> {
  for (const deadline = performance.now() + HANG_MS; !isTrue(); await nextTurn()) {
    assert.ok(performance.now() < deadline, `${what}: still waiting after ${HANG_MS} ms`);
  }
}

export class WireTrial {
  readonly origin: ScriptedOrigin;
  readonly client: WireClient;
  readonly slabs: SlabPool;
  readonly #exchanges: Exchange[] = [];

  constructor(origin: ScriptedOrigin, options: Partial<WireClientOptions>) {
    this.origin = origin;
    this.slabs = options.slabs ?? new SlabPool();
    this.client = new WireClient({
      maxConnections: 4,
      idleTimeoutMs: NEVER_MS,
      connectTimeoutMs: NEVER_MS,
      queueTimeoutMs: NEVER_MS,
      headTimeoutMs: NEVER_MS,
      stallTimeoutMs: NEVER_MS,
      ...options,
      slabs: this.slabs,
    });
  }

  send(method: 'GET' | 'HEAD' = 'GET', target = '/'): Exchange {
    const exchange = this.client.exchange(this.origin.address, toWireRequest(method, target, [['host', 'origin']]));
    this.#exchanges.push(exchange);
    return exchange;
  }

  /** Sends a request on a new connection and waits until the origin has it. */
  async reach(method: 'GET' | 'HEAD' = 'GET'): Promise<{ readonly exchange: Exchange; readonly peer: Peer }> {
    const exchange = this.send(method);
    const peer = await this.origin.accepted();
    await peer.request();
    return { exchange, peer };
  }

  /** Lets a whole exchange take place on `peer`'s connection: it must be idle, and as good as new. */
  async assertReusable(peer: Peer): Promise<void> {
    const { acceptedCount } = this.origin;
    const exchange = this.send();
    const body = readWhole(exchange);
    await peer.request();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain');
    assert.equal((await body).toString(), 'again');
    assert.equal(this.origin.acceptedCount, acceptedCount, 'no other connection was made');
  }

  /** Closes what is open, and fails if anything is left. */
  async finish(): Promise<void> {
    for (const exchange of this.#exchanges) exchange.close();
    await nextTurn();
    assert.equal(this.slabs.takenCount, 0, 'a slab is left outside its pool');
    this.client.close();
    assert.equal(this.client.openConnections, 0, 'a connection is left open');
    await this.origin.untilAllGone();
  }
}

/** Fails when `work` hangs, so that what it has opened can be closed. */
export async function withoutHanging(work: Promise<void>): Promise<void> {
  const done = new AbortController();
  const hang = delay(HANG_MS, undefined, { signal: done.signal }).then(
    () => assert.fail(`the test hangs: still waiting after ${HANG_MS} ms`),
    () => {},
  );
  try {
    await Promise.race([work, hang]);
  } finally {
    done.abort();
  }
}

/** Runs `test` with a trial of its own, and checks afterwards that nothing is left of it. */
export async function withWire(options: WireTrialOptions, test: (wire: WireTrial) => Promise<void>): Promise<void> {
  const { secret, ...clientOptions } = options;
  const wire = new WireTrial(await ScriptedOrigin.start(secret), clientOptions);
  try {
    await withoutHanging(test(wire).then(() => wire.finish()));
  } finally {
    wire.client.close();
    await wire.origin.close();
  }
}
