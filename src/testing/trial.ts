// One run of one contract test: its harness, the bodies it has opened, and the checks at its end that nothing of
// them is left. The contract's tests are written in its words.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { isSluiceError, type ErrorCode, type SluiceError } from '../errors.ts';
import type { ByteRange, Version } from '../source/source.ts';
import { ObservedBody } from './observed-body.ts';
import type { Capability, HarnessWith, PlacedObject } from './source-harness.ts';

export type TrialOptions = {
  /** How long anything awaited may take before it is called a hang, in milliseconds. */
  readonly guardMs: number;
  /** How long the suite watches when the point is that nothing happens, in milliseconds. */
  readonly quietMs: number;
};

export type TrialOpenOptions = {
  /** Default: the whole object. */
  readonly range?: ByteRange;
  /** Default: the version that was put. */
  readonly version?: Version;
  readonly controller?: AbortController;
};

export class Trial<Needed extends Capability = never> {
  readonly harness: HarnessWith<Needed>;
  readonly options: TrialOptions;
  readonly #bodies: ObservedBody[] = [];
  readonly #unhandled: unknown[] = [];
  readonly #onUnhandled = (reason: unknown): void => void this.#unhandled.push(reason);

  constructor(harness: HarnessWith<Needed>, options: TrialOptions) {
    this.harness = harness;
    this.options = options;
    process.on('unhandledRejection', this.#onUnhandled);
  }

  /** Opens a body that is compared, byte by byte, with what was put. */
  open(placed: PlacedObject, options: TrialOpenOptions = {}): ObservedBody {
    const { range = { start: 0, end: placed.version.size }, version = placed.version } = options;
    const controller = options.controller ?? new AbortController();
    const body = this.harness.source.open({ object: placed.object, version, range, signal: controller.signal });
    const observed = new ObservedBody(body, { placed, range, controller });
    this.#bodies.push(observed);
    return observed;
  }

  /** What `promise` settles to, or a failure that says what never came. */
  async within<Value>(what: string, promise: Promise<Value>, guardMs = this.options.guardMs): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const guard = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new assert.AssertionError({ message: `${what}: still waiting after ${guardMs} ms` })),
        guardMs,
      );
    });
    try {
      return await Promise.race([promise, guard]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for a rejection with one of `codes`, and returns it. */
  async rejection(what: string, promise: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<SluiceError> {
    const expected = codes.length > 0 ? codes.join(' or ') : 'an error';
    const outcome = await this.within(
      what,
      promise.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
    assert.ok('error' in outcome, `${what}: should have rejected with ${expected}, and resolved`);
    const { error } = outcome;
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(isSluiceError(error), `${what}: rejected with something other than a SluiceError: ${String(error)}`);
    if (codes.length > 0) {
      assert.ok(codes.includes(error.code), `${what}: rejected with ${error.code}, not ${expected}: ${error.message}`);
    }
    return error;
  }

  /** Lets time pass in which nothing should happen: that nothing comes can be watched for, not awaited. */
  async quiet(): Promise<void> {
    await delay(this.options.quietMs);
    await nextTurn();
  }

  /** Waits until a number has not changed for a quiet while, or exceeds `limit`; returns it. */
  async untilSteady(what: string, sample: () => number, limit: number): Promise<number> {
    const deadline = performance.now() + this.options.guardMs;
    for (let before = sample(); ;) {
      await this.quiet();
      const now = sample();
      if (now === before || now > limit) return now;
      before = now;
      assert.ok(performance.now() < deadline, `${what}: still changing after ${this.options.guardMs} ms`);
    }
  }

  /** Waits until the origin holds this many connections or descriptors for bodies. */
  async untilHeld(count: number): Promise<void> {
    const { harness } = this;
    if (harness.untilHeldByOrigin) {
      await this.within(`the origin to hold ${count} for bodies`, harness.untilHeldByOrigin(count));
    } else if (harness.heldByOrigin) {
      await this.#untilTrue(
        `the origin to hold ${count} for bodies`,
        async () => (await harness.heldByOrigin?.()) === count,
      );
    }
  }

  /** Waits until no slab is on loan. */
  async untilSlabsBack(): Promise<void> {
    await this.#untilTrue('every slab to be back in its pool', () => this.harness.takenSlabs() === 0);
  }

  async #untilTrue(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + this.options.guardMs;
    while (!(await isTrue())) {
      assert.ok(performance.now() < deadline, `${what}: still waiting after ${this.options.guardMs} ms`);
      await delay(1);
    }
  }

  /** After a test that has passed: closes what it left open, and fails if anything of its bodies is left. */
  async finish(): Promise<void> {
    this.#letGo();
    await this.untilHeld(0);
    await this.untilSlabsBack();
    await nextTurn();
    assert.deepEqual(this.#unhandled, [], 'no rejection may go unhandled');
    for (const observed of this.#bodies) {
      assert.equal(observed.listenerCount(), 0, 'no listener may be left on the signal of a body');
    }
  }

  /** Gives up everything, whatever has happened. */
  end(): void {
    this.#letGo();
    process.off('unhandledRejection', this.#onUnhandled);
  }

  #letGo(): void {
    for (const observed of this.#bodies) {
      observed.body.close();
      observed.releaseAll();
    }
  }
}
