// Read-aheads between a model of an origin and models of clients, on a fake clock and one budget, all by a seed; and what
// must be true at every moment of it and when it is over.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { FakeClock, settle } from '../clock.test-double.ts';
import { isSluiceError } from '../errors.ts';
import { drawFrom } from '../random.test-double.ts';
import type { ByteRange } from '../source/source.ts';
import { Budget } from './budget.ts';
import { ModelClient } from './model-client.test-double.ts';
import type { ClientTraits } from './model-client.test-double.ts';
import { ModelOrigin } from './model-origin.test-double.ts';
import type { OriginTraits } from './model-origin.test-double.ts';
import { DEFAULT_READ_AHEAD, ReadAhead } from './readahead.ts';
import type { ReadAheadPolicy } from './readahead.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;

/** What takes longer by the clock of the model is called a hang. */
const HANG_MS = 3_600_000;

/** How often is looked whether it is so. */
const LOOK_MS = 5;

export type TrialOptions = {
  readonly seed?: number;
  readonly budgetBytes?: number;
  readonly origin?: Partial<OriginTraits>;
  readonly policy?: Partial<ReadAheadPolicy>;
};

export type FlowOptions = {
  readonly range: ByteRange;
  readonly client?: Partial<ClientTraits>;
  readonly storedPartBytes?: number | undefined;
};

export type ModelFlow = {
  readonly range: ByteRange;
  readonly client: ModelClient;
  readonly body: ReadAhead;
  readonly controller: AbortController;
  /** What was asked for, in order. */
  readonly parts: ByteRange[];
  /** Whole bytes that arrived, or the code of the error that ended it. */
  readonly outcome: Promise<number | string>;
  isOver: boolean;
};

const FAST_CLIENT: ClientTraits = { bytesPerMs: 100 * KIB, roundTripMs: 1, isTold: true };
const FAST_ORIGIN: OriginTraits = { latencyMs: 5, bytesPerMs: 100 * KIB, readBytes: 256 * KIB };

export class ReadAheadTrial {
  readonly draw: () => number;
  readonly clock: FakeClock;
  readonly budget: Budget;
  readonly origin: ModelOrigin;
  readonly flows: ModelFlow[] = [];
  readonly #policy: ReadAheadPolicy;

  constructor({ seed = 1, budgetBytes = 64 * MIB, origin, policy }: TrialOptions = {}) {
    this.draw = drawFrom(seed);
    this.clock = new FakeClock(this.draw);
    this.budget = new Budget({ totalBytes: budgetBytes, clock: this.clock });
    this.origin = new ModelOrigin({ ...FAST_ORIGIN, ...origin }, this);
    this.origin.onEvent = () => this.check();
    this.#policy = { ...DEFAULT_READ_AHEAD, ...policy };
  }

  /** Opens a body for a client who begins to read it at once. */
  begin({ range, client: traits, storedPartBytes }: FlowOptions): ModelFlow {
    const client = new ModelClient({ ...FAST_CLIENT, ...traits }, this);
    client.onEvent = () => this.check();
    const controller = new AbortController();
    const { signal } = controller;
    const parts: ByteRange[] = [];
    let flow: ModelFlow | undefined;
    const body = new ReadAhead({
      open: (part, slabBytes) => {
        this.#checkAsked(part, { range, client, body: flow?.body, before: parts.at(-1) });
        parts.push(part);
        return this.origin.open(part, { slabBytes, signal });
      },
      range,
      storedPartBytes,
      drinker: client.thirst,
      budget: this.budget,
      policy: this.#policy,
      signal,
      clock: this.clock,
    });
    const outcome = client.run(body, range.start).catch((error: unknown) => {
      if (!isSluiceError(error)) throw error;
      return error.code;
    });
    flow = { range, client, body, controller, parts, outcome, isOver: false };
    const over = flow;
    void outcome.finally(() => (over.isOver = true)).catch(() => undefined);
    this.flows.push(flow);
    return flow;
  }

  /** Lets time pass until it is so. */
  async until(what: string, isTrue: () => boolean): Promise<void> {
    await settle();
    for (const deadlineMs = this.clock.now() + HANG_MS; !isTrue(); await this.clock.advance(LOOK_MS)) {
      assert.ok(this.clock.now() < deadlineMs, `${what}: still waiting`);
    }
  }

  /** Lets time pass until all flows are over, and fails unless nothing is left of them. Resolves to what became of them. */
  async finish(): Promise<readonly (number | string)[]> {
    await this.until('all flows to be over', () => this.flows.every(({ isOver }) => isOver));
    const outcomes = await Promise.all(this.flows.map(({ outcome }) => outcome));
    await settle();
    for (const { client, controller } of this.flows) {
      client.stop();
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0, 'a listener is left on the signal');
    }
    const { reservedBytes, activeCount, waitingCount } = this.budget;
    assert.deepEqual(
      { reservedBytes, activeCount, waitingCount },
      { reservedBytes: 0, activeCount: 0, waitingCount: 0 },
    );
    assert.deepEqual([this.clock.alarmCount, this.origin.openCount, this.origin.slabs.takenCount], [0, 0, 0]);
    return outcomes;
  }

  /** What is true at every moment. */
  check(): void {
    const { reservedBytes, totalBytes } = this.budget;
    const { takenBytes } = this.origin.slabs;
    assert.ok(takenBytes <= reservedBytes, `${takenBytes} bytes are held, and ${reservedBytes} reserved`);
    assert.ok(reservedBytes <= totalBytes, `${reservedBytes} bytes are reserved of ${totalBytes}`);
  }

  /** What is true of every part at the moment at which it is asked for. */
  #checkAsked(
    part: ByteRange,
    {
      range,
      client,
      body,
      before,
    }: Pick<ModelFlow, 'range' | 'client'> & { body?: ReadAhead | undefined; before?: ByteRange | undefined },
  ): void {
    assert.ok(part.start < part.end && part.start >= range.start && part.end <= range.end, 'a part outside the range');
    assert.ok(before === undefined || part.start <= before.end, 'a part that leaves something out');
    const { drunkBytes } = client;
    const askedBytes = part.end - range.start;
    const windowBytes = body?.windowBytes ?? 256 * KIB;
    assert.ok(askedBytes - drunkBytes <= windowBytes, `${askedBytes - drunkBytes} ahead in a window of ${windowBytes}`);
    if (!client.traits.isTold && drunkBytes < 5 * MIB) {
      const mayAskBytes = Math.max(3.75 * MIB, drunkBytes + 128 * KIB);
      assert.ok(
        askedBytes <= mayAskBytes,
        `${askedBytes} asked, and the kernel may have taken ${drunkBytes} for nobody`,
      );
    }
    // Without the code's own word for it: most of a window was drunk before it was twice as wide.
    assert.ok(askedBytes - drunkBytes <= 256 * KIB + 2 * drunkBytes, `${askedBytes} asked, ${drunkBytes} drunk`);
  }
}
