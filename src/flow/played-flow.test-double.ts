// A read-ahead whose origin and client the test plays: it says when bytes come and what is drunk, and sees in the end that
// nothing is left.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { FakeClock, settle } from '../clock.test-double.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { Budget } from './budget.ts';
import type { Drinker } from './drinker.ts';
import { DEFAULT_READ_AHEAD, ReadAhead } from './readahead.ts';

const MIB = 1 << 20;
const OBJECT = { object: { bucket: '', key: 'k' }, version: { size: 64 * MIB, etag: '"v"' } };

/** Has drunk what the test says, and is told when somebody waits for that. */
export class PlayedDrinker implements Drinker {
  undrunkBytes = 0;
  readonly unseenBytes = 0;
  readonly roundTripMs = 0;
  readonly isProven: boolean;
  readonly waiting = new Set<() => void>();

  constructor(isProven: boolean) {
    this.isProven = isProven;
  }

  onceDrunk(callback: () => void): () => void {
    this.waiting.add(callback);
    return () => this.waiting.delete(callback);
  }

  /** Has drunk all but `undrunkBytes`. */
  drink(undrunkBytes = 0): void {
    this.undrunkBytes = undrunkBytes;
    const told = [...this.waiting];
    this.waiting.clear();
    for (const callback of told) callback();
  }
}

export function begin({ bytes = 16 * MIB, budgetBytes = 64 * MIB, isProven = true } = {}) {
  const clock = new FakeClock();
  const budget = new Budget({ totalBytes: budgetBytes, clock });
  /** Has all the memory there is, until the test gives it back. */
  const others = budget.open();
  const source = new ScriptedSource();
  const drinker = new PlayedDrinker(isProven);
  const controller = new AbortController();
  const { signal } = controller;
  const open = () =>
    new ReadAhead({
      open: (range, slabBytes) => source.open({ ...OBJECT, range, slabBytes, signal }),
      range: { start: 0, end: bytes },
      drinker,
      budget,
      policy: DEFAULT_READ_AHEAD,
      signal,
      clock,
    });
  const assertNothingLeft = () => {
    assert.deepEqual(
      [source.unreleasedChunks, budget.reservedBytes - others.heldBytes, budget.waitingCount],
      [0, 0, 0],
    );
    assert.deepEqual([clock.alarmCount, drinker.waiting.size, budget.activeCount], [0, 0, 1]);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    for (const body of source.bodies) assert.ok(body.isOver, 'a part is open');
  };
  return { clock, budget, others, source, drinker, controller, open, assertNothingLeft };
}

export type Begun = ReturnType<typeof begin>;

/** The origin answers a part with all its bytes, or with the first `bytes` of them. */
export async function serve(part: ScriptedBody, bytes?: number): Promise<void> {
  const { start, end } = part.request.range;
  part.confirm();
  part.give(patternBytes({ start, end: Math.min(end, start + (bytes ?? end)) }));
  if (bytes === undefined) part.end();
  await settle();
}

/**
 * Opens a body whose client drinks at once all that a slow connection brings over a long way, until several parts are
 * asked for at once and none of them has been answered.
 */
export async function beginAhead({ open, source, clock }: Begun) {
  const body = open();
  let reading = body.read();
  const drink = async () => {
    (await reading)!.release();
    reading = body.read();
    await settle();
  };
  for (let count = 0; count < 20; count += 1) {
    const [next, ...others] = source.bodies.filter(({ receivedBytes }) => receivedBytes === 0);
    if (others.length > 0) return { body, reading, pending: [next!, ...others] };
    const { start, end } = next!.request.range;
    const middle = start + Math.floor((end - start) / 2);
    await clock.advance(20);
    next!.confirm();
    next!.give(patternBytes({ start, end: middle }));
    await drink();
    await clock.advance(20);
    next!.give(patternBytes({ start: middle, end }));
    next!.end();
    await drink();
  }
  return assert.fail('it never asks for more than one part at once');
}
