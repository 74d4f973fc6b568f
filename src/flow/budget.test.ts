// The budget: whatever many flows do with it and in whatever order, it agrees with a model that any reader can check, it
// never lends more than it has, and nobody is left in its line.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeClock, settle } from '../clock.test-double.ts';
import { isSluiceError } from '../errors.ts';
import { Budget } from './budget.ts';
import type { Account } from './budget.ts';
import { GUARDED } from './http-trial.test-double.ts';

const TOTAL_BYTES = 800;
/** All but the last eighth. */
const AHEAD_BYTES = 700;
const WAIT_MS = 100;

/** What became of a wait, once something did. */
type Wait = { readonly flow: number; readonly bytes: number; readonly controller: AbortController; end?: string };

const FLOWS = 4;

const aStep = fc.oneof(
  fc.record({
    kind: fc.constantFrom('more', 'first', 'wait', 'give' as const),
    bytes: fc.integer({ min: 1, max: 400 }),
  }),
  fc.record({ kind: fc.constantFrom('sleep', 'wake', 'abort', 'settle', 'pass' as const), bytes: fc.nat(WAIT_MS) }),
);
const steps = fc.array(fc.tuple(fc.nat(FLOWS - 1), aStep), { maxLength: 60 });

/** A budget beside a model of it. Several steps may come in one turn of the loop. */
class Modelled {
  readonly clock = new FakeClock();
  readonly budget = new Budget({ totalBytes: TOTAL_BYTES, clock: this.clock });
  readonly #accounts: readonly Account[] = Array.from({ length: FLOWS }, () => this.budget.open());
  readonly #held = this.#accounts.map(() => 0);
  readonly #isAwake = this.#accounts.map(() => true);
  readonly #waits: Wait[] = [];
  /** Those in line, first come first. */
  #line: (Wait & { readonly untilMs: number })[] = [];

  take(flow: number, { kind, bytes }: { readonly kind: string; readonly bytes: number }): Promise<void> | undefined {
    const account = this.#accounts[flow]!;
    const canTake = this.#line.length === 0;
    if (kind === 'more') {
      const shareBytes = Math.floor(AHEAD_BYTES / Math.max(1, this.#activeCount));
      const may = canTake && this.#held[flow]! + bytes <= shareBytes && this.#reserved + bytes <= AHEAD_BYTES;
      assert.deepEqual([account.shareBytes, account.takeMore(bytes)], [shareBytes, may]);
      if (may) this.#held[flow]! += bytes;
    } else if (kind === 'first') {
      const may = canTake && this.#reserved + bytes <= TOTAL_BYTES;
      assert.equal(account.takeFirst(bytes), may);
      if (may) this.#held[flow]! += bytes;
    } else if (kind === 'wait') {
      this.#wait(flow, bytes);
    } else if (kind === 'give') {
      const givenBytes = Math.min(bytes, this.#held[flow]!);
      account.giveBack(givenBytes);
      this.#held[flow]! -= givenBytes;
      this.#serve();
    } else if (kind === 'sleep' || kind === 'wake') {
      account[kind]();
      this.#isAwake[flow] = kind === 'wake';
    } else if (kind === 'abort') {
      this.#abort(bytes);
    } else {
      return kind === 'settle' ? settle() : this.#pass(bytes);
    }
    return undefined;
  }

  check(): void {
    const { reservedBytes, activeCount, waitingCount } = this.budget;
    assert.ok(reservedBytes <= TOTAL_BYTES, `${reservedBytes} bytes are reserved`);
    assert.deepEqual(
      [reservedBytes, activeCount, waitingCount],
      [this.#reserved, this.#activeCount, this.#line.length],
    );
    const heldBytes = this.#accounts.map((account) => account.heldBytes);
    assert.deepEqual(heldBytes, this.#held);
  }

  /** All leave: everyone in line gives up, and everything is given back. */
  async finish(): Promise<void> {
    for (const { controller } of this.#waits) controller.abort();
    this.#line = [];
    for (const [flow, account] of this.#accounts.entries()) {
      account.giveBack(account.heldBytes);
      account.sleep();
      this.#held[flow] = 0;
      this.#isAwake[flow] = false;
    }
    this.check();
    await settle();
    assert.equal(this.clock.alarmCount, 0);
    for (const { end, controller } of this.#waits) {
      assert.ok(end, 'a wait has never ended');
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    }
  }

  get #reserved(): number {
    return this.#held.reduce((sum, bytes) => sum + bytes, 0);
  }

  get #activeCount(): number {
    return this.#isAwake.filter(Boolean).length;
  }

  #wait(flow: number, bytes: number): void {
    const controller = new AbortController();
    const wait: Wait & { untilMs: number } = { flow, bytes, controller, untilMs: this.clock.now() + WAIT_MS };
    this.#waits.push(wait);
    this.#line.push(wait);
    this.#accounts[flow]!.waitForFirst(bytes, { signal: controller.signal, waitMs: WAIT_MS }).then(
      () => (wait.end = 'granted'),
      (error: unknown) => (wait.end = isSluiceError(error) ? error.code : String(error)),
    );
    this.#serve();
  }

  #abort(index: number): void {
    const wait = this.#waits[index];
    wait?.controller.abort();
    this.#line = this.#line.filter((waiting) => waiting !== wait);
    this.#serve();
  }

  async #pass(byMs: number): Promise<void> {
    const untilMs = this.clock.now() + byMs;
    for (;;) {
      const atMs = Math.min(...this.#line.map((waiting) => waiting.untilMs));
      if (atMs > untilMs) break;
      await this.clock.advance(atMs - this.clock.now());
      // All that came at the same moment: each may have let others in before its own time was up.
      const late = this.#waits.filter(({ end }) => end === 'overloaded');
      this.#line = this.#line.filter((waiting) => !late.includes(waiting));
      this.#serve();
    }
    await this.clock.advance(untilMs - this.clock.now());
    for (const { untilMs: atMs } of this.#line) assert.ok(atMs > untilMs, 'one waits on beyond its time');
  }

  #serve(): void {
    for (let first = this.#line[0]; first && this.#reserved + first.bytes <= TOTAL_BYTES; first = this.#line[0]) {
      this.#held[first.flow]! += first.bytes;
      this.#line.shift();
    }
  }
}

describe('Budget', GUARDED, () => {
  it('agrees with its model whatever flows do, never lends more than it has, and forgets nobody', async () => {
    const property = fc.asyncProperty(steps, async (schedule) => {
      const modelled = new Modelled();
      for (const [flow, step] of schedule) {
        await modelled.take(flow, step);
        modelled.check();
      }
      await modelled.finish();
    });
    await fc.assert(property, { numRuns: 500 });
  });

  it('gives each flow that reads ahead its share, and keeps the last eighth for those who come', () => {
    const budget = new Budget({ totalBytes: TOTAL_BYTES });
    const [first, second] = [budget.open(), budget.open()];
    assert.deepEqual([first.takeMore(351), first.takeMore(350), second.takeMore(350)], [false, true, true]);
    const newcomer = budget.open();
    assert.equal(newcomer.takeMore(1), false, 'all that may be read ahead into is taken');
    assert.deepEqual([newcomer.takeFirst(101), newcomer.takeFirst(100)], [false, true]);
    assert.deepEqual([budget.reservedBytes, budget.activeCount], [TOTAL_BYTES, 3]);
    second.giveBack(350);
    assert.equal(first.takeMore(1), false, 'with three its share is less than what it has');
    second.sleep();
    newcomer.sleep();
    newcomer.sleep();
    assert.deepEqual([first.activeCount, first.takeMore(251), first.takeMore(250)], [1, false, true]);
    second.wake();
    second.wake();
    assert.equal(first.activeCount, 2);
  });

  it('serves those in line in the order they came, a large claim before a small one behind it', async () => {
    const budget = new Budget({ totalBytes: TOTAL_BYTES });
    const [holder, large, small] = [budget.open(), budget.open(), budget.open()];
    assert.ok(holder.takeFirst(TOTAL_BYTES));
    const { signal } = new AbortController();
    const served: string[] = [];
    const waits = [
      large.waitForFirst(500, { signal }).then(() => served.push('large')),
      small.waitForFirst(10, { signal }).then(() => served.push('small')),
    ];
    holder.giveBack(499);
    await settle();
    assert.deepEqual([served, budget.waitingCount, holder.takeFirst(1)], [[], 2, false]);
    holder.giveBack(1);
    await settle();
    assert.deepEqual([served, budget.waitingCount], [['large'], 1]);
    large.giveBack(10);
    await Promise.all(waits);
    assert.deepEqual([served, budget.reservedBytes], [['large', 'small'], TOTAL_BYTES]);
  });

  it('says that it is overloaded when the time is up, and that later it may work', async () => {
    const clock = new FakeClock();
    const budget = new Budget({ totalBytes: TOTAL_BYTES, clock });
    const [holder, late] = [budget.open(), budget.open()];
    assert.ok(holder.takeFirst(TOTAL_BYTES));
    const { signal } = new AbortController();
    const wait = late.waitForFirst(1, { signal, waitMs: WAIT_MS });
    const refused = assert.rejects(wait, { code: 'overloaded', retryable: true });
    await clock.advance(WAIT_MS - 1);
    assert.equal(budget.waitingCount, 1);
    await clock.advance(1);
    await refused;
    assert.deepEqual([budget.waitingCount, late.heldBytes, clock.alarmCount], [0, 0, 0]);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('lets those behind pass when the one before them gives up', async () => {
    const budget = new Budget({ totalBytes: TOTAL_BYTES });
    const [holder, large, small] = [budget.open(), budget.open(), budget.open()];
    assert.ok(holder.takeFirst(700));
    const controller = new AbortController();
    const gaveUp = assert.rejects(large.waitForFirst(101, { signal: controller.signal }), { code: 'closed' });
    const served = small.waitForFirst(100, { signal: new AbortController().signal });
    controller.abort();
    await Promise.all([gaveUp, served]);
    assert.deepEqual([large.heldBytes, small.heldBytes, budget.reservedBytes], [0, 100, TOTAL_BYTES]);
  });

  for (const first of ['the abort', 'the grant'] as const) {
    it(`loses nothing when an abort and a grant come in one turn, ${first} first`, async () => {
      const budget = new Budget({ totalBytes: TOTAL_BYTES });
      const [holder, waiting] = [budget.open(), budget.open()];
      assert.ok(holder.takeFirst(TOTAL_BYTES));
      const controller = new AbortController();
      const wait = waiting.waitForFirst(100, { signal: controller.signal });
      if (first === 'the abort') controller.abort();
      holder.giveBack(TOTAL_BYTES);
      if (first === 'the grant') controller.abort();
      if (first === 'the abort') await assert.rejects(wait, { code: 'closed' });
      else await wait;
      const heldBytes = first === 'the grant' ? 100 : 0;
      assert.deepEqual([waiting.heldBytes, budget.reservedBytes], [heldBytes, heldBytes]);
    });
  }

  it('does not let one who has left already stand in line', async () => {
    const budget = new Budget({ totalBytes: TOTAL_BYTES });
    const wait = budget.open().waitForFirst(1, { signal: AbortSignal.abort() });
    assert.equal(budget.waitingCount, 0);
    await assert.rejects(wait, { code: 'closed' });
    assert.equal(budget.reservedBytes, 0);
  });
});
