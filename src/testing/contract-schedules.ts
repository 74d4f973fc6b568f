// The part of the source contract that no single example shows: whatever is done with a body, and in whatever order,
// no byte is wrong, no slab and no listener is left, and no rejection goes unhandled.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import type { ByteRange, Chunk } from '../source/source.ts';
import { contractTest, type ContractTest } from './contract-test.ts';
import type { HeldChunk, ObservedBody } from './observed-body.ts';
import type { Trial } from './trial.ts';

/** Some reads' worth, and not a multiple of anything. */
const SCHEDULE_BYTES = (700 << 10) + 11;

/** Enough to meet every pair of steps many times; some seconds at most over a real socket. */
const RUNS = 100;

/** What a holder of a body may do next. `settle` awaits the read that is pending, `turn` only lets the event loop turn. */
const STEPS = ['read', 'read', 'read', 'settle', 'settle', 'turn', 'release', 'release', 'close', 'abort'] as const;

type Step = (typeof STEPS)[number];

const aRange: fc.Arbitrary<ByteRange> = fc
  .tuple(fc.nat(SCHEDULE_BYTES), fc.nat(SCHEDULE_BYTES))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

/** What the body may answer from now on. */
type Expected = { closed: boolean; ended: boolean };

/** Does what the schedule says with one body, and checks every answer against what the contract allows. */
class Schedule {
  readonly #observed: ObservedBody;
  readonly #trial: Trial;
  readonly #held: HeldChunk[] = [];
  readonly #expected: Expected = { closed: false, ended: false };
  #pending: Promise<void> | undefined;

  constructor(trial: Trial, observed: ObservedBody) {
    this.#trial = trial;
    this.#observed = observed;
  }

  async take(step: Step): Promise<void> {
    switch (step) {
      case 'read':
        return this.#read();
      case 'settle':
        return this.#settle();
      case 'turn':
        return nextTurn();
      case 'release': {
        const held = this.#held.shift();
        if (held) this.#observed.release(held);
        return;
      }
      case 'close':
        this.#expected.closed = true;
        return this.#observed.close('close()');
      case 'abort':
        this.#expected.closed = true;
        return this.#observed.close('the signal');
    }
  }

  #read(): void {
    const { body } = this.#observed;
    const before = { ...this.#expected };
    const read = body.read();
    if (this.#pending && !before.closed) {
      // The pending one may have settled without our having seen it: then this one is a read like any other.
      this.#pending = Promise.all([this.#pending, this.#check(read, { mayBeMisuse: true })]).then(() => undefined);
    } else {
      const checked = this.#check(read, { mustBeClosed: before.closed });
      this.#pending = Promise.all([this.#pending, checked]).then(() => undefined);
    }
    // It is awaited at the next `settle` or at the end; until then its failure is nobody's.
    this.#pending.catch(() => undefined);
  }

  async #check(
    read: Promise<Chunk | undefined>,
    { mayBeMisuse = false, mustBeClosed = false }: { mayBeMisuse?: boolean; mustBeClosed?: boolean },
  ): Promise<void> {
    let chunk: Chunk | undefined;
    try {
      chunk = await read;
    } catch (error) {
      if (mayBeMisuse && isSluiceError(error, 'misuse')) return;
      assert.ok(isSluiceError(error, 'closed'), `a read rejected with ${String(error)}`);
      assert.ok(this.#expected.closed, 'a read rejected with closed, and nobody had closed');
      return;
    }
    assert.ok(!mustBeClosed || (!chunk && this.#expected.ended), 'a read after a close did not reject');
    if (chunk) {
      assert.ok(!this.#expected.ended, 'bytes came after the end');
      this.#held.push(this.#observed.take(chunk));
    } else {
      assert.equal(this.#observed.position, this.#observed.range.end, 'the body ended as if complete, and was not');
      this.#expected.ended = true;
    }
  }

  async #settle(): Promise<void> {
    if (this.#pending) await this.#trial.within('the pending read', this.#pending);
    this.#pending = undefined;
  }

  /** Closes, releases, and checks that nothing is left. */
  async finish(): Promise<void> {
    await this.take('close');
    await this.#settle();
    this.#observed.releaseAll();
    await this.#trial.untilSlabsBack();
    assert.equal(this.#observed.listenerCount(), 0, 'a listener is left on the signal');
  }
}

export const scheduleTests: readonly ContractTest[] = [
  contractTest({
    member: 'read',
    must: 'It MUST give the bytes of the range, in order, each exactly once, then `undefined`.',
    when: 'any range',
    async run(trial) {
      const placed = await trial.harness.put({ size: SCHEDULE_BYTES });
      const property = fc.asyncProperty(aRange, async (range) => {
        const observed = trial.open(placed, { range });
        await trial.within('the body', observed.rest());
        assert.equal(observed.listenerCount(), 0, 'a listener is left on the signal');
      });
      await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: trial.options.guardMs });
    },
  }),
  contractTest({
    member: 'close',
    must: 'It MAY come at any moment: before `opened`, between two reads, during one, twice, after the end.',
    when: 'any schedule of reads, closes, aborts and releases',
    async run(trial) {
      const placed = await trial.harness.put({ size: SCHEDULE_BYTES });
      const steps = fc.array(fc.constantFrom(...STEPS), { maxLength: 24 });
      const property = fc.asyncProperty(aRange, steps, async (range, schedule) => {
        const observed = trial.open(placed, { range });
        const running = new Schedule(trial, observed);
        try {
          for (const step of schedule) await running.take(step);
          await running.finish();
        } finally {
          // After a failure, so that the next schedule finds the pool as it should be.
          observed.body.close();
          observed.releaseAll();
        }
      });
      await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: trial.options.guardMs });
    },
  }),
];

/** After each way for a body to be over: the signal is as free of listeners as before. */
export const listenerTests: readonly ContractTest[] = [
  ...(['the end', 'close()', 'the signal', 'a failure'] as const).map((by) =>
    contractTest({
      member: 'signal',
      must: 'When the body is over, no listener of it MUST be left on the signal.',
      when: `by ${by}`,
      async run(trial) {
        const placed = await trial.harness.put({ size: SCHEDULE_BYTES });
        if (by === 'a failure') await trial.harness.remove(placed.object);
        const observed = trial.open(placed);
        if (by === 'a failure') {
          await trial.rejection('opened', observed.body.opened, 'not-found');
        } else if (by === 'the end') {
          await trial.within('the body', observed.rest());
        } else {
          await trial.within('opened', observed.body.opened);
          observed.close(by);
        }
        assert.equal(observed.listenerCount(), 0);
      },
    }),
  ),
];
