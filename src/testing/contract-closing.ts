// The part of the source contract about letting go: each of its sentences, at each moment, by `close()` and by the signal.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSluiceError } from '../errors.ts';
import { CLOSING_BYTES, CLOSING_CASES, type ClosingCase, type Reached } from './closing-cases.ts';
import { contractTest, type ContractTest } from './contract-test.ts';
import { assertBytes } from './observed-body.ts';
import type { Capability } from './source-harness.ts';
import type { Trial } from './trial.ts';

const AT_ONCE = 'Closing is O(1): it MUST return at once, whatever is left of the body, and MUST NOT throw.';
const ANY_MOMENT = 'It MAY come at any moment: before `opened`, between two reads, during one, twice, after the end.';
const CLOSED = 'A pending read or `opened` MUST reject with `closed`, and so MUST every later read.';
const TOLD = 'The origin MUST be told before the event loop turns again: what was held for this body is let go.';
const NOTHING_MORE = 'After a close the body MUST NOT receive anything more.';
const SLABS_BACK =
  'When the chunks that were handed out are released, no slab of this body MUST be left outside its pool.';
const ABORT = 'An abort MUST do what `close()` does.';
const HOLDERS_BYTES =
  "They are the holder's until it calls `release()`, which it does exactly once; after that the memory belongs to other bytes.";

/** A call that takes longer than this does not return at once, however slow the machine. */
const AT_ONCE_MS = 50;

/** When the origin must have seen that a body was let go: what a person takes for instant, with room for a busy machine. */
const LET_GO_MS = 50;

/** Of so many tries the middle one counts, so that a pause of the machine in a few of them does not. */
const TRIES = 9;

/** Lets go of the body in the ways of the case, and takes care of what was pending. */
function letGo({ observed, pendingRead }: Reached, closing: ClosingCase): void {
  // A read that the origin could serve may have been served; then its chunk is the reader's, and is accounted for.
  void pendingRead?.then(
    (chunk) => chunk && observed.take(chunk),
    () => undefined,
  );
  for (const way of closing.ways) observed.close(way);
}

/** One test of a sentence for each case, or for those that `matters` keeps. */
function forEachCase(
  must: string,
  run: (trial: Trial<Capability>, closing: ClosingCase) => Promise<void>,
  options: { readonly needs?: readonly Capability[]; readonly matters?: (closing: ClosingCase) => boolean } = {},
): readonly ContractTest[] {
  return CLOSING_CASES.filter(options.matters ?? (() => true)).map((closing) =>
    contractTest<Capability>({
      member: 'close',
      must,
      when: closing.when,
      needs: [...closing.needs, ...(options.needs ?? [])],
      run: (trial) => run(trial, closing),
    }),
  );
}

const returning: readonly ContractTest[] = [
  ...forEachCase(AT_ONCE, async (trial, closing) => {
    const reached = (await closing.approach(trial))();
    const received = reached.observed.body.receivedBytes;
    letGo(reached, closing);
    assert.equal(reached.observed.body.receivedBytes, received, 'closing has read from the origin');
  }),
  contractTest({
    member: 'close',
    must: AT_ONCE,
    when: 'measured: the quickest of nine',
    async run(trial) {
      const placed = await trial.harness.put({ size: CLOSING_BYTES });
      const tookMs: number[] = [];
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const observed = trial.open(placed);
        await trial.within('a read', observed.skip());
        const before = performance.now();
        observed.body.close();
        tookMs.push(performance.now() - before);
      }
      const quickestMs = Math.min(...tookMs);
      assert.ok(quickestMs <= AT_ONCE_MS, `the quickest of ${TRIES} closes took ${quickestMs} ms, not ≤ ${AT_ONCE_MS}`);
    },
  }),
  ...forEachCase(
    ANY_MOMENT,
    async (trial, closing) => {
      const reached = (await closing.approach(trial))();
      letGo(reached, closing);
      await nextTurn();
      // The source itself is as good as before.
      const next = trial.open(await trial.harness.put({ size: 1000 }));
      await trial.within('the next body', next.rest());
    },
    { matters: ({ needs }) => !needs.includes('hold') },
  ),
];

const rejecting: readonly ContractTest[] = forEachCase(CLOSED, async (trial, closing) => {
  const reached = (await closing.approach(trial))();
  const { observed, pendingRead } = reached;
  const { body } = observed;
  letGo(reached, closing);
  if (pendingRead && closing.starving) await trial.rejection('the pending read', pendingRead, 'closed');
  if (pendingRead && !closing.starving) {
    const served = await trial.within(
      'the pending read',
      pendingRead.catch((error: unknown) => ({ error })),
    );
    assert.ok(served, 'the pending read ended as if the body were complete');
    if ('error' in served) await trial.rejection('the pending read', pendingRead, 'closed');
  }
  if (closing.opening) await trial.rejection('opened', body.opened, 'closed');
  for (const read of ['a later read', 'a still later read']) {
    const answer = await trial.within(read, body.read().then(toAnswer, toAnswer));
    assert.ok(
      closing.laterReads.includes(answer),
      `${read} answered ${answer}, not ${closing.laterReads.join(' or ')}`,
    );
  }
});

/** How a read was answered: with a code, the end, or bytes. Any other error is not an answer. */
function toAnswer(answer: unknown): string {
  if (isSluiceError(answer)) return answer.code;
  if (answer instanceof Error) throw answer;
  return answer === undefined ? 'the end' : 'bytes';
}

const telling: readonly ContractTest[] = [
  ...forEachCase(
    TOLD,
    async (trial, closing) => {
      const reach = await closing.approach(trial);
      if (closing.held) await trial.untilHeld(1);
      letGo(reach(), closing);
      await trial.untilHeld(0);
    },
    { needs: ['heldByOrigin'] },
  ),
  contractTest({
    member: 'close',
    must: TOLD,
    when: `measured: the middle one of nine within ${LET_GO_MS} ms`,
    needs: ['heldByOrigin'],
    async run(trial) {
      const placed = await trial.harness.put({ size: CLOSING_BYTES });
      const tookMs: number[] = [];
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const observed = trial.open(placed);
        await trial.within('a read', observed.skip());
        await trial.untilHeld(1);
        const before = performance.now();
        observed.body.close();
        await trial.untilHeld(0);
        tookMs.push(performance.now() - before);
      }
      const middleMs = tookMs.toSorted((a, b) => a - b)[TRIES >> 1]!;
      assert.ok(middleMs <= LET_GO_MS, `the origin was let go after ${middleMs} ms, not within ${LET_GO_MS} ms`);
    },
  }),
  ...forEachCase(
    TOLD,
    async (trial, closing) => {
      const before = trial.harness.heldNow();
      const reach = await closing.approach(trial);
      if (closing.held) await trial.untilHeld(1);
      letGo(reach(), closing);
      // Blocks this thread, so that the event loop cannot turn, while the news travels to the origin.
      const deadline = performance.now() + LET_GO_MS;
      const clock = new Int32Array(new SharedArrayBuffer(4));
      while (trial.harness.heldNow() > before && performance.now() < deadline) Atomics.wait(clock, 0, 0, 1);
      assert.equal(trial.harness.heldNow(), before, `the origin still held it ${LET_GO_MS} ms later in the same turn`);
    },
    // A read of a file that is under way ends in its own time; what it holds cannot go before it.
    {
      needs: ['heldNow', 'heldByOrigin'],
      matters: ({ when, starving }) => starving || !when.includes('during a read'),
    },
  ),
];

const receiving: readonly ContractTest[] = forEachCase(NOTHING_MORE, async (trial, closing) => {
  const reached = (await closing.approach(trial))();
  letGo(reached, closing);
  const received = reached.observed.body.receivedBytes;
  await trial.untilHeld(0);
  const sent = trial.harness.sentByOrigin?.();
  await trial.quiet();
  assert.equal(reached.observed.body.receivedBytes, received, 'the body went on receiving');
  assert.equal(trial.harness.sentByOrigin?.(), sent, 'the origin went on sending');
});

const givingBack: readonly ContractTest[] = [
  ...forEachCase(SLABS_BACK, async (trial, closing) => {
    const reached = (await closing.approach(trial))();
    letGo(reached, closing);
    await nextTurn();
    reached.observed.releaseAll();
    await trial.untilSlabsBack();
  }),
  ...(['close()', 'the signal'] as const).map((way) =>
    contractTest({
      member: 'chunk',
      must: HOLDERS_BYTES,
      when: `by ${way}, and other bodies are read before it`,
      async run(trial) {
        const placed = await trial.harness.put({ size: CLOSING_BYTES });
        const observed = trial.open(placed);
        const held = [await trial.within('a read', observed.read()), await trial.within('a read', observed.read())];
        observed.close(way);
        const other = trial.open(placed, { range: { start: 999_999, end: 4 << 20 } });
        await trial.within('another body', other.rest());
        for (const chunk of held) assertBytes(chunk!.bytes, placed, chunk!.start);
        observed.releaseAll();
        await trial.untilSlabsBack();
      },
    }),
  ),
];

const aborting: readonly ContractTest[] = [
  contractTest({
    member: 'signal',
    must: ABORT,
    when: 'aborted before open()',
    async run(trial) {
      const placed = await trial.harness.put({ size: CLOSING_BYTES });
      const controller = new AbortController();
      controller.abort();
      const { body } = trial.open(placed, { controller });
      await trial.rejection('opened', body.opened, 'closed');
      await trial.rejection('a read', body.read(), 'closed');
      await trial.quiet();
      assert.equal(body.receivedBytes, 0);
    },
  }),
];

export const closingTests: readonly ContractTest[] = [
  ...returning,
  ...rejecting,
  ...telling,
  ...receiving,
  ...givingBack,
  ...aborting,
];
