// A client that stops drinking, for a while or for good: it is let sleep, costs nothing but what it was handed, and goes on
// where it stopped. Model clients and origins on a fake clock.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GUARDED } from './http-trial.test-double.ts';
import { ReadAheadTrial } from './readahead-trial.test-double.ts';
import type { ModelFlow } from './readahead-trial.test-double.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;
const PARK_MS = 5_000;
const SIZE_BYTES = 24 * MIB;
const RANGE = { start: 777, end: 777 + SIZE_BYTES };

/** A flow whose client has drunk some MiB over several connections, and stops. */
async function beginAndStop({ isTold = true, drunkBytes = 6 * MIB } = {}) {
  const trial = new ReadAheadTrial({ policy: { parkAfterMs: PARK_MS } });
  const flow = trial.begin({ range: RANGE, client: { isTold, roundTripMs: 20 } });
  await trial.until('some to be drunk', () => flow.client.ackedBytes >= drunkBytes);
  flow.client.stop();
  return { trial, flow };
}

async function finishExactly(trial: ReadAheadTrial, { client }: ModelFlow): Promise<void> {
  client.goOn();
  assert.deepEqual(await trial.finish(), [SIZE_BYTES]);
}

describe('ReadAhead, for a client that stops', GUARDED, () => {
  for (const isTold of [true, false]) {
    const name = isTold ? 'by the kernel’s word' : 'without the kernel’s word';
    it(`parks between one time and two after it stopped, ${name}`, async () => {
      const { trial, flow } = await beginAndStop({ isTold });
      const { body, parts } = flow;
      await trial.clock.advance(PARK_MS - 10);
      assert.ok(trial.budget.reservedBytes > MIB, 'what was read ahead is kept for it');
      assert.equal(trial.budget.activeCount, 1);
      await trial.clock.advance(PARK_MS + 1_000);
      const { reservedBytes, activeCount } = trial.budget;
      assert.deepEqual([activeCount, trial.origin.openCount], [0, 0]);
      // All but the write that is under way, whose bytes may lie in two slabs.
      assert.ok(trial.origin.slabs.takenCount <= 1, `${trial.origin.slabs.takenCount} slabs`);
      assert.ok(reservedBytes <= 2 * 1028 * KIB, `${reservedBytes} bytes`);
      const [askedCount, receivedBytes] = [parts.length, body.receivedBytes];
      await trial.clock.advance(1_000 * PARK_MS);
      assert.deepEqual([parts.length, body.receivedBytes], [askedCount, receivedBytes], 'a sleeper asks for nothing');
      await finishExactly(trial, flow);
      // It was asked for again from where the client had been handed it to, no earlier than it had drunk.
      const again = parts[askedCount]!;
      assert.ok(again.start < parts[askedCount - 1]!.end && again.start - RANGE.start >= 6 * MIB);
      assert.ok(again.end - again.start <= 256 * KIB, 'as if it had just come');
    });
  }

  it('parks again each time it stops, and loses no byte', async () => {
    const { trial, flow } = await beginAndStop({ drunkBytes: 2 * MIB });
    for (let drunkBytes = 4 * MIB; drunkBytes < SIZE_BYTES; drunkBytes += 2 * MIB) {
      await trial.clock.advance(3 * PARK_MS);
      assert.deepEqual([trial.budget.activeCount, trial.origin.openCount], [0, 0]);
      flow.client.goOn();
      await trial.until('more to be drunk', () => flow.client.ackedBytes >= drunkBytes);
      assert.equal(trial.budget.activeCount, 1);
      flow.client.stop();
    }
    await finishExactly(trial, flow);
  });

  it('costs one window at the most for a client that never drinks, and then nothing', async () => {
    const trial = new ReadAheadTrial({ policy: { parkAfterMs: PARK_MS } });
    const flow = trial.begin({ range: RANGE });
    flow.client.stop();
    await trial.clock.advance(PARK_MS / 2);
    assert.equal(flow.parts.length, 1);
    await trial.clock.advance(2 * PARK_MS);
    assert.deepEqual([trial.budget.reservedBytes, trial.origin.slabs.takenCount, trial.origin.openCount], [0, 0, 0]);
    assert.ok(flow.body.receivedBytes <= 256 * KIB);
    await finishExactly(trial, flow);
  });

  it('never asks for more than 4 MiB and one bite before a client drinks, when the kernel does not tell', async () => {
    const trial = new ReadAheadTrial({ policy: { parkAfterMs: PARK_MS } });
    const flow = trial.begin({ range: RANGE, client: { isTold: false } });
    flow.client.stop();
    await trial.clock.advance(100 * PARK_MS);
    const askedBytes = flow.parts.at(-1)!.end - RANGE.start;
    assert.ok(askedBytes <= 4 * MIB + 128 * KIB, `${askedBytes} bytes were asked for`);
    assert.equal(trial.budget.activeCount, 0);
    await finishExactly(trial, flow);
  });

  it('does not park a client that waits for the origin', async () => {
    const trial = new ReadAheadTrial({ origin: { latencyMs: 4 * PARK_MS }, policy: { parkAfterMs: PARK_MS } });
    const flow = trial.begin({ range: { start: 0, end: MIB } });
    assert.deepEqual(await trial.finish(), [MIB]);
    const askedBytes = flow.parts.reduce((sum, { start, end }) => sum + end - start, 0);
    assert.equal(askedBytes, MIB, 'nothing was asked for twice');
  });

  it('does not park a client that drinks slowly, but shrinks what it holds to 64 KiB', async () => {
    const trial = new ReadAheadTrial({ policy: { parkAfterMs: PARK_MS } });
    const flow = trial.begin({ range: { start: 0, end: MIB }, client: { bytesPerMs: 10 } });
    await trial.until('half of it', () => flow.client.ackedBytes >= MIB / 2);
    assert.equal(flow.body.windowBytes, 64 * KIB);
    assert.ok(trial.budget.reservedBytes <= 2 * 68 * KIB, `${trial.budget.reservedBytes} bytes`);
    await trial.finish();
    assert.equal(flow.body.receivedBytes, MIB);
  });
});
