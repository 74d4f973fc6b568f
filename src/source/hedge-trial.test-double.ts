// A hedged source in front of a scripted one, on a clock that the test moves, which has learned that its origin answers
// at once: so whatever takes 25 ms is slow, and is asked again when the watch next looks, at 30 ms.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { FakeClock } from '../clock.test-double.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { hedged } from './hedge.ts';
import type { HedgedSource } from './hedge.ts';
import { DEFAULT_HEDGE_POLICY } from './hedge-policy.ts';
import type { Hedge, HedgePolicy } from './hedge-policy.ts';
import type { Body, ByteRange } from './source.ts';

export const OBJECT = { bucket: 'b', key: 'k' };
export const VERSION = { size: 64 << 20, etag: '"e"' };

/** A body that teaches nothing but how fast it was answered. */
export const SMALL: ByteRange = { start: 5, end: 5 + 1_000 };

/** As long as the peers of all that are short. */
const LESSON: ByteRange = { start: 0, end: 256 << 10 };

/** Learns from one body, and asks again as often as there is cause. */
export const EAGER_POLICY: HedgePolicy = { ...DEFAULT_HEDGE_POLICY, minSamples: 1, share: 1 };

export class HedgeTrial {
  readonly clock = new FakeClock();
  readonly origin = new ScriptedSource();
  readonly hedges: Hedge[] = [];
  readonly controller = new AbortController();
  readonly source: HedgedSource;

  constructor(policy: HedgePolicy = EAGER_POLICY) {
    const report = (hedge: Hedge): void => void this.hedges.push(hedge);
    this.source = hedged(this.origin, { clock: this.clock, policy, report });
  }

  open(range: ByteRange = SMALL): Body {
    return this.source.open({ object: OBJECT, version: VERSION, range, signal: this.controller.signal });
  }

  /** Lets it learn: one body that comes at once. Slow ones are then told by their answer, and as parts if they are as long. */
  async teach(range = LESSON): Promise<void> {
    const body = this.open(range);
    const scripted = this.#last();
    scripted.confirm();
    give(scripted, range.start, range.end);
    (await body.read())!.release();
    body.close();
    this.origin.bodies.length = 0;
  }

  /** A body that is open, of which nothing has been read yet, and the attempt that serves it. */
  async openAnswered(range: ByteRange = SMALL): Promise<{ body: Body; first: ScriptedBody }> {
    const body = this.open(range);
    const first = this.#last();
    first.confirm();
    await body.opened;
    return { body, first };
  }

  /** The only attempt that was made beyond the `count` that are known. */
  attempt(count: number): ScriptedBody {
    assert.equal(this.origin.bodies.length, count + 1, 'so many attempts were made');
    return this.#last();
  }

  /** After a test: nothing is held, waited for or listened to any more. */
  assertNothingLeft(): void {
    assert.equal(this.clock.alarmCount, 0, 'an alarm is set');
    assert.equal(this.origin.unreleasedChunks, 0, 'a chunk is held');
    assert.equal(getEventListeners(this.controller.signal, 'abort').length, 0, 'a listener is left');
    for (const scripted of this.origin.bodies) assert.ok(scripted.isOver, 'an attempt goes on');
  }

  #last(): ScriptedBody {
    return this.origin.bodies.at(-1)!;
  }
}

/** The origin sends the bytes of this range of the object. */
export function give(scripted: ScriptedBody, start: number, end: number): void {
  scripted.give(patternBytes({ start, end }));
}

/** Reads one chunk, which must have exactly the bytes of this range, and releases it. */
export async function assertReads(body: Body, start: number, end: number): Promise<void> {
  const chunk = await body.read();
  assert.ok(chunk, 'the body ended');
  assert.deepEqual(Buffer.from(chunk.bytes), patternBytes({ start, end }));
  chunk.release();
}

/** Reads what is left, which must be exactly the bytes of this range. */
export async function assertRest(body: Body, start: number, end: number): Promise<void> {
  let position = start;
  for (let chunk = await body.read(); chunk; chunk = await body.read()) {
    const expected = patternBytes({ start: position, end: position + chunk.bytes.length });
    assert.ok(expected.equals(chunk.bytes), `other bytes than the object has at ${position}`);
    position += chunk.bytes.length;
    chunk.release();
  }
  assert.equal(position, end);
}
