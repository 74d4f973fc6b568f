import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startOrigin } from '../../src/lab/origin/origin.ts';
import type { Origin } from '../../src/lab/origin/origin.ts';
import { fillSynthetic, seedOf } from '../../src/lab/origin/synthetic-bytes.ts';
import { visit } from './visit.ts';
import type { Manner } from './visit-plan.ts';

const SIZE = 5_000_000;
const OBJECT = { path: '/bench/object', size: SIZE };
const ASK = { object: OBJECT, stretch: { start: 3, end: SIZE } };

async function setUp(context: TestContext): Promise<Origin> {
  const objects = [{ key: 'object', size: SIZE }];
  const origin = await startOrigin({ credentials: undefined, buckets: { bench: { objects } } });
  context.after(() => origin.close());
  return origin;
}

function fill(_path: string, target: Uint8Array, offset: number): void {
  fillSynthetic(target, { seed: seedOf('bench/object'), offset });
}

test('a client that gets what there is has nothing to say, however it reads', async (context) => {
  const { url } = await setUp(context);
  const manners: readonly Manner[] = [
    { kind: 'reads' },
    { kind: 'stalls', afterBytes: 1_000_000, sitsMs: 1 },
    { kind: 'reads slowly', stepBytes: 1_000_000, stepMs: 1 },
  ];
  for (const manner of manners) {
    const asks = [{ object: OBJECT, stretch: { start: 0, end: 9 } }, ASK] as const;
    assert.deepEqual(await visit({ asks, manner }, { url, fill }), { heard: 2, unheard: 0, bytes: 9 + SIZE - 3 });
  }
});

test('a client that leaves is counted, as heard or not', async (context) => {
  const origin = await setUp(context);
  const { url } = origin;
  for (const by of ['reset', 'close', 'end'] as const) {
    const leaves = await visit(
      { asks: [ASK], manner: { kind: 'leaves', afterBytes: 10, sitsMs: 1, by } },
      { url, fill },
    );
    assert.deepEqual([leaves.heard, leaves.unheard], [1, 0]);
    const manner = { kind: 'leaves unheard', afterMs: 0, by } as const;
    const unheard = await visit({ asks: [ASK], manner }, { url, fill });
    assert.deepEqual([unheard.heard, unheard.unheard], [0, 1]);
  }
  await origin.meter.until(({ connections }) => connections.open === 0 || undefined);
});

test('one wrong byte is seen, and so is an answer that ends early or is none', async (context) => {
  const origin = await setUp(context);
  const { url } = origin;
  const plan = { asks: [ASK], manner: { kind: 'reads' } } as const;
  const fillWrong = (path: string, target: Uint8Array, offset: number) => {
    fill(path, target, offset);
    if (offset + target.length === SIZE) target[target.length - 1]! ^= 1;
  };
  await assert.rejects(visit(plan, { url, fill: fillWrong }), /bytes 3 to 5000000 of \/bench\/object .*other bytes/);
  origin.setFaults([{ fault: { truncateAfterBytes: 1_000 } }]);
  await assert.rejects(visit(plan, { url, fill }), /the connection ended 1000 bytes into the content/);
  origin.setFaults([{ fault: { internalError: true } }]);
  await assert.rejects(visit(plan, { url, fill }), /status 500, want 206/);
});
