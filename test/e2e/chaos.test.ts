// An origin that breaks everything it can, and clients that see nothing of it but the bytes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import type { FaultRule } from '../../src/lab/origin/fault-rules.ts';
import { fillSynthetic } from '../../src/lab/origin/synthetic-bytes.ts';
import { MIB } from './hang-up-rounds.ts';
import { startWorld, within } from './world.ts';

const LARGE = { id: 'large', size: 20 * 2 ** 30, seed: 41 };
const REPLACED = { id: 'replaced', size: 2 ** 30, seed: 42 };
const PARTS = 8;

/** So long it takes at most; the rest of the suite guards against hanging with less. */
const PATIENCE_MS = 300_000;

/** One fault at most strikes an answer; the last rule is for those that none before it struck. */
const CHAOS: readonly FaultRule[] = [
  { probability: 0.05, seed: 1, fault: { slowDown: {} } },
  { probability: 0.01, seed: 2, fault: { stallAfterBytes: { from: 0, to: MIB } } },
  { probability: 0.01, seed: 3, fault: { truncateAfterBytes: { from: 0, to: MIB } } },
  { seed: 4, fault: { resetConnectionAfterBytes: { from: MIB, to: 64 * MIB } } },
];

const world = await startWorld({ objects: [LARGE, REPLACED], config: { timeouts: { upstreamStallMs: 200 } } });
const { origin, gateway } = world;

type Taken = { readonly code: number | null; readonly bytes: number; readonly wrongAt: number | undefined };

/** What curl gets of an object from `start` on, held against what the object is there. */
async function take(id: string, { start, args }: { readonly start: number; readonly args: readonly string[] }) {
  const { seed } = id === LARGE.id ? LARGE : REPLACED;
  const child = spawn('curl', ['-sS', '--fail', ...args, world.urlOf(id)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let bytes = 0;
  let wrongAt: number | undefined;
  const expected = Buffer.allocUnsafe(MIB);
  child.stdout.on('data', (chunk: Buffer) => {
    const want = expected.subarray(0, chunk.length);
    fillSynthetic(want, { seed, offset: start + bytes });
    if (wrongAt === undefined && !want.equals(chunk)) wrongAt = start + bytes;
    bytes += chunk.length;
  });
  const [code] = (await closed) as [number | null];
  return { code, bytes, wrongAt } satisfies Taken;
}

describe('an origin that resets, stalls, truncates and refuses', () => {
  after(() => world.close());

  it('is not noticed by curl', async (t) => {
    origin.setFaults(CHAOS);
    const taken = await within(take(LARGE.id, { start: 0, args: [] }), 'the object', PATIENCE_MS);
    assert.deepEqual(taken, { code: 0, bytes: LARGE.size, wrongAt: undefined });
    const line = await within(
      gateway.untilTransfers((lines) => lines[0]),
      'a line of the ledger',
    );
    assert.equal(line.outcome, 'complete');
    assert.ok(line.resumedCount > 0, 'it was asked again');
    const struck = origin.readFaults().map(({ struck: count }) => count);
    t.diagnostic(`resumed ${line.resumedCount} times; answers struck by each rule: ${struck.join(', ')}`);
    assert.ok(struck.every((count) => count > 0));
  });

  it('is not noticed by eight that take a range each', async () => {
    origin.setFaults(CHAOS);
    const partBytes = LARGE.size / PARTS;
    const parts = Array.from({ length: PARTS }, (_, part) => {
      const start = part * partBytes;
      return take(LARGE.id, { start, args: ['-r', `${start}-${start + partBytes - 1}`] });
    });
    for (const taken of await within(Promise.all(parts), 'every part', PATIENCE_MS)) {
      assert.deepEqual(taken, { code: 0, bytes: partBytes, wrongAt: undefined });
    }
  });

  it('gives no byte of another version when the object is replaced in the middle', async () => {
    origin.setFaults([{ fault: { rateBytesPerSecond: 20_000_000 } }]);
    origin.meter.reset();
    const taking = take(REPLACED.id, { start: 0, args: [] });
    await origin.meter.until(({ totals }) => totals.bytesLeft > 10 * MIB || undefined);
    origin.replaceObject(world.bucket, REPLACED.id);
    const { code, bytes, wrongAt } = await within(taking, 'the end of the transfer');
    assert.notEqual(code, 0);
    assert.ok(bytes > 0 && bytes < REPLACED.size);
    assert.equal(wrongAt, undefined);
    const last = gateway.untilTransfers((lines) => (lines.length === PARTS + 2 ? lines.at(-1) : undefined));
    const { outcome, error } = await within(last, 'its line of the ledger');
    assert.deepEqual([outcome, error], ['source-failed', 'changed']);
  });
});
