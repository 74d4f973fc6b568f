// Responses that are cut at every byte, split anywhere and changed at random, over real sockets: an exchange makes of
// them what a reader of all their bytes at once does. It never hangs, never takes a part for the whole, leaks nothing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { patternBytes } from '../testing/pattern.ts';
import { readReference } from './reference-response.test-double.ts';
import type { Reference } from './reference-response.test-double.ts';
import { readAll, withWire } from './wire-trial.test-double.ts';
import type { WireTrial } from './wire-trial.test-double.ts';

const SEED = 20_261_123;
const BODY = patternBytes({ start: 0, end: 60 }).toString('latin1');

const RESPONSES = {
  length: `HTTP/1.1 206 Partial Content\r\nContent-Length: 60\r\nETag: "x"\r\n\r\n${BODY}`,
  chunked: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e;a=b\r\n${BODY.slice(0, 30)}\r\n01E\r\n${BODY.slice(30)}\r\n0\r\nA: b\r\n\r\n`,
  'until-close': `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${BODY}`,
  interim: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n${BODY}`,
} as const;

type Delivery = {
  readonly method: 'GET' | 'HEAD';
  readonly pieces: readonly Buffer[];
  /** Whether the reader begins only when everything has been sent. */
  readonly isLate: boolean;
};

/** Delivers a response, ends the connection, and holds what became of it against the reference. */
async function deliver(wire: WireTrial, { method, pieces, isLate }: Delivery): Promise<Reference['kind']> {
  const { exchange, peer } = await wire.reach(method);
  const early = isLate ? undefined : readAll(exchange);
  for (const piece of pieces) {
    await peer.sent(piece);
    await nextTurn();
  }
  peer.end();
  await peer.gone;
  const { bytes, failure } = await (early ?? readAll(exchange));
  const reference = readReference(method, Buffer.concat(pieces));
  if (reference.kind === 'whole') {
    assert.equal(failure, undefined);
    assert.deepEqual(await exchange.head, reference.head);
    assert.ok(bytes.equals(reference.body), 'the body is the reference’s');
  } else {
    assert.ok(failure, 'a response that is not whole was taken for one');
    assert.ok(['truncated', 'origin-invalid', 'origin-unreachable'].includes(failure.code), failure.code);
    assert.ok(reference.body.subarray(0, bytes.length).equals(bytes), 'what came before is the beginning of the body');
  }
  assert.equal(exchange.receivedBytes >= bytes.length, true);
  assert.equal(wire.slabs.takenCount, 0);
  assert.equal(wire.client.openConnections, 0);
  return reference.kind;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

for (const [transport, options] of [
  ['TCP', {}],
  ['TLS', { secret: createSelfSigned() }],
] as const) {
  describe(`a response over ${transport}`, () => {
    for (const [framing, response] of Object.entries(RESPONSES)) {
      const bytes = Buffer.from(response, 'latin1');
      // A handshake costs as much as twenty plain exchanges.
      const step = transport === 'TCP' ? 1 : 7;

      test(`(${framing}) that ends after any of its bytes is whole only if it is`, async () => {
        await withWire(options, async (wire) => {
          for (let length = 0; length <= bytes.length; length += step) {
            const pieces = [bytes.subarray(0, length)];
            const kind = await deliver(wire, { method: 'GET', pieces, isLate: length % 2 === 0 });
            if (framing !== 'until-close') assert.equal(kind, length === bytes.length ? 'whole' : 'failed');
          }
        });
      });

      test(`(${framing}) that pauses after any of its bytes is whole`, async () => {
        await withWire(options, async (wire) => {
          for (let cut = 0; cut <= bytes.length; cut += step) {
            const kind = await deliver(wire, { method: 'GET', pieces: cutAt(bytes, [cut]), isLate: cut % 2 === 0 });
            assert.equal(kind, 'whole');
          }
        });
      });
    }
  });
}

/** How one byte or a few become others. */
const mutation = fc.record({
  at: fc.nat({ max: 250 }),
  remove: fc.nat({ max: 3 }),
  insert: fc.oneof(
    fc.constantFrom('', '\r', '\n', '\r\n', '\r\n\r\n', '\0', ' ', '\t', ':', ';', ',', '0', '9', 'f', '-', '\xff'),
    fc.constantFrom(
      'Content-Length: 9\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: close\r\n',
      '0\r\n\r\n',
      'HTTP/1.1 ',
    ),
    fc.string({ maxLength: 4 }),
  ),
});

function mutate(response: string, mutations: readonly { at: number; remove: number; insert: string }[]): Buffer {
  let text = response;
  for (const { at, remove, insert } of mutations) {
    const start = at % (text.length + 1);
    text = text.slice(0, start) + insert + text.slice(start + remove);
  }
  return Buffer.from(text, 'latin1');
}

const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n'), bytes])),
  fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), bytes])),
);

const damaged = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...Object.values(RESPONSES)), fc.array(mutation, { maxLength: 3 }))
      .map(([response, mutations]) => mutate(response, mutations)),
  },
  { weight: 1, arbitrary: garbage },
);

test('a response that was changed at random is what the reference makes of it', async () => {
  await withWire({}, async (wire) => {
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
          bytes: damaged,
          cuts: fc.array(fc.nat({ max: 300 }), { maxLength: 4 }),
          isLate: fc.boolean(),
        }),
        async ({ method, bytes, cuts, isLate }) => {
          kinds.add(await deliver(wire, { method, pieces: cutAt(bytes, cuts), isLate }));
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
    assert.equal(kinds.size, 2, 'both ends were reached');
  });
});
