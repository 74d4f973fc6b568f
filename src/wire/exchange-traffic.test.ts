// Many exchanges at once over few connections, with origins that break off, fall silent, say too much or leave, and
// readers that are slow, hold on to their chunks or hang up: nobody gets a byte of another's body or a part for the
// whole, and at the end nothing is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { Exchange } from './exchange.ts';
import type { WireChunk } from './inbox.ts';
import type { Peer } from './scripted-origin.test-double.ts';
import { withWire } from './wire-trial.test-double.ts';
import type { WireTrial } from './wire-trial.test-double.ts';

const SEED = 99;
const READERS_AT_ONCE = 6;

/** What the origin does with a response, and the codes of which a reader of it may be told. */
const ENDINGS = {
  kept: [],
  'kept, then left': [],
  'too long': [],
  ended: ['truncated', 'origin-unreachable'],
  'broken off': ['truncated', 'origin-unreachable'],
  /** And its reader hangs up then. */
  silent: ['closed'],
} as const;

/** Any exchange may meet a kept connection that has just been left by the origin, twice in a row. */
const UNLUCKY = 'origin-unreachable';

const plans = fc
  .array(
    fc.record({
      framing: fc.constantFrom('length', 'chunked'),
      sizeBytes: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 5_000 }), fc.nat({ max: 700_000 })),
      ending: fc.constantFrom(...(Object.keys(ENDINGS) as (keyof typeof ENDINGS)[]), 'kept', 'kept'),
      /** Where a broken response breaks, of all its bytes, head included. */
      breakAtPercent: fc.integer({ min: 0, max: 99 }),
      pieces: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 })),
      reader: fc.record({
        startTurns: fc.nat({ max: 3 }),
        turnsBetween: fc.nat({ max: 3 }),
        holdChunks: fc.nat({ max: 3 }),
        closeAfterChunks: fc.option(fc.nat({ max: 4 }), { nil: Infinity, freq: 2 }),
      }),
    }),
    { minLength: 12, maxLength: 24 },
  )
  .map((all) =>
    all.map((plan) =>
      // A surplus that comes later than its response cannot be told from the next one: here it comes with it.
      plan.ending === 'too long' ? { ...plan, sizeBytes: plan.sizeBytes % 5_000, pieces: 1 } : plan,
    ),
  );

type Plan = typeof plans extends fc.Arbitrary<(infer One)[]> ? One : never;

function toResponse({ framing, sizeBytes, ending }: Plan, seed: number): Buffer {
  const body = patternBytes({ start: 0, end: sizeBytes }, seed);
  const surplus = Buffer.from(ending === 'too long' ? 'HTTP/1.1 200 OK\r\n' : '');
  if (framing === 'length') {
    return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${sizeBytes}\r\n\r\n`), body, surplus]);
  }
  const parts: Buffer[] = [Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')];
  for (let at = 0, size = 1; at < sizeBytes; at += size, size = Math.min(size * 7, 50_000)) {
    const chunk = body.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n'), surplus]);
}

type Traffic = { readonly plans: readonly Plan[]; readonly exchanges: Exchange[] };

/** Answers the requests of one connection, `/number` for the plan of that number, until a plan breaks it. */
async function serve(peer: Peer, { plans: all, exchanges }: Traffic): Promise<void> {
  for (;;) {
    const request = await peer.request();
    const number = Number(/^GET \/(\d+) /.exec(request)?.[1]);
    const plan = all[number]!;
    const whole = toResponse(plan, number);
    const isBroken = ENDINGS[plan.ending].length > 0;
    const response = isBroken ? whole.subarray(0, Math.floor((plan.breakAtPercent / 100) * whole.length)) : whole;
    const pieceBytes = Math.ceil(response.length / plan.pieces);
    for (let at = 0; at < response.length && !peer.isGone; at += pieceBytes) {
      await peer.sent(response.subarray(at, at + pieceBytes));
    }
    if (plan.ending === 'silent') exchanges[number]?.close();
    if (plan.ending === 'ended' || plan.ending === 'kept, then left') peer.end();
    if (plan.ending === 'broken off') peer.cut();
    if (isBroken) return;
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

/** Reads as the plan says, and compares with the pattern of its number. */
async function readAsPlanned(exchange: Exchange, { plan, number }: { plan: Plan; number: number }): Promise<void> {
  const { sizeBytes, ending, reader } = plan;
  const held: { readonly chunk: WireChunk; readonly start: number }[] = [];
  const release = (): void => {
    const first = held.shift();
    if (!first) return;
    const { chunk, start } = first;
    const expected = patternBytes({ start, end: start + chunk.bytes.length }, number);
    assert.ok(expected.equals(chunk.bytes), `exchange ${number} was given other bytes than its own at ${start}`);
    chunk.release();
  };
  let readBytes = 0;
  try {
    await turns(reader.startTurns);
    for (let chunks = 0; chunks < reader.closeAfterChunks; chunks += 1) {
      const chunk = await exchange.read();
      if (!chunk) {
        assert.equal(readBytes, sizeBytes, `exchange ${number} ended as if it were whole`);
        assert.equal(ENDINGS[ending].length, 0, `exchange ${number} was broken, and ended as if it were whole`);
        return;
      }
      held.push({ chunk, start: readBytes });
      readBytes += chunk.bytes.length;
      if (held.length > reader.holdChunks) release();
      await turns(reader.turnsBetween);
    }
  } catch (error) {
    assert.ok(isSluiceError(error), String(error));
    const allowed: readonly string[] = [UNLUCKY, ...ENDINGS[ending]];
    assert.ok(allowed.includes(error.code), `exchange ${number}, which was ${ending}: ${error.message}`);
    assert.equal(error.retryable, error.code !== 'closed');
  } finally {
    exchange.close();
    while (held.length > 0) release();
  }
}

async function runTraffic(wire: WireTrial, { plans: all, exchanges }: Traffic): Promise<void> {
  const waiting = [...all.entries()];
  async function readOneAfterTheOther(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [number, plan] = next;
      const exchange = wire.send('GET', `/${number}`);
      exchanges[number] = exchange;
      await readAsPlanned(exchange, { plan, number });
    }
  }
  await Promise.all(Array.from({ length: READERS_AT_ONCE }, readOneAfterTheOther));
  await nextTurn();
  assert.equal(wire.slabs.takenCount, 0, 'a slab is left outside its pool');
  assert.ok(wire.client.openConnections <= 3);
}

for (const [transport, secret, numRuns] of [
  ['TCP', undefined, 40],
  ['TLS', createSelfSigned(), 20],
] as const) {
  test(`whatever origins and readers do (${transport}), everyone gets their own bytes and nothing is left`, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (all) => {
        await withWire({ ...(secret && { secret }), maxConnections: 3 }, async (wire) => {
          const traffic: Traffic = { plans: all, exchanges: [] };
          void (async () => {
            for (;;) void serve(await wire.origin.accepted(), traffic);
          })();
          await runTraffic(wire, traffic);
        });
      }),
      { seed: SEED, numRuns, endOnFailure: true },
    );
  });
}
