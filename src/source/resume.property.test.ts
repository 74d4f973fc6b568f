// Whatever a source does that may be mended, in chunks of any size and at any byte, its reader sees the bytes of its
// range, each exactly once; the rest is always asked for from the byte that is missing; and a close at any moment
// leaves nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { settle } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import type { ResumePolicy } from './resume-policy.ts';
import { ResumeTrial } from './resume-trial.test-double.ts';
import type { ByteRange, OpenRequest } from './source.ts';

const SIZE = 5_000;

const POLICY: ResumePolicy = {
  attempts: 40,
  progressBytes: 1_000,
  breakMs: 10,
  refusalMs: 100,
  maxMs: 2_000,
  openingMs: 1_000_000,
};

/** What becomes of one body of the source below; those that no play is left for give all that they are asked. */
type Play = {
  /** Whether it is refused, and not broken off. */
  readonly refused: boolean;
  readonly code: ErrorCode;
  /** Whether it ends as if complete, and not with an error. */
  readonly ends: boolean;
  readonly bytes: number;
  readonly chunkBytes: number;
};

const aRange: fc.Arbitrary<ByteRange> = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

const aPlay: fc.Arbitrary<Play> = fc.record({
  refused: fc.boolean(),
  code: fc.constantFrom('truncated', 'stalled', 'origin-unreachable', 'origin-failed', 'origin-busy', 'origin-timeout'),
  ends: fc.boolean(),
  bytes: fc.nat(SIZE),
  chunkBytes: fc.integer({ min: 1, max: SIZE }),
});

const plays = fc.array(aPlay, { maxLength: 30 });
const draws = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));

class PlayedSource extends ScriptedSource {
  /** Called with each body when its turn to be played has come. */
  onOpen: (request: OpenRequest) => void = () => {};
  readonly #plays: Play[];
  readonly #last: ErrorCode | undefined;

  /** `last` is what every opening after the plays is refused with. */
  constructor(plays: readonly Play[], last?: ErrorCode) {
    super();
    this.#plays = [...plays];
    this.#last = last;
  }

  override open(request: OpenRequest): ScriptedBody {
    const body = super.open(request);
    this.onOpen(request);
    const play = this.#plays.shift();
    if (!body.isOver) setImmediate(() => void (body.isOver || this.#play(body, play)));
    return body;
  }

  #play(body: ScriptedBody, play: Play | undefined): void {
    const { start, end } = body.request.range;
    if (!play && this.#last) return body.fail(new SluiceError(this.#last, 'it is final'));
    if (play?.refused) return body.fail(new SluiceError(play.code, 'refused', { retryable: true }));
    body.confirm();
    const { bytes, chunkBytes, ends, code } = play ?? { bytes: SIZE, chunkBytes: 700, ends: true, code: 'truncated' };
    const stop = Math.min(end, start + bytes);
    for (let at = start; at < stop; at += chunkBytes) this.give(body, Math.min(chunkBytes, stop - at));
    if (ends) body.end();
    else body.fail(new SluiceError(code, 'broken off', { retryable: true }));
  }

  give: (body: ScriptedBody, bytes: number) => void = () => {};
}

/** A trial whose every opening is held against what its reader has, and every pause against its bounds. */
function setUp(below: PlayedSource, range: ByteRange, random: () => number): ResumeTrial {
  let trial: ResumeTrial | undefined;
  below.onOpen = ({ range: asked, fresh }) => {
    assert.deepEqual(asked, { start: trial?.position ?? range.start, end: range.end });
    assert.equal(fresh, trial ? true : undefined);
  };
  trial = new ResumeTrial({ policy: POLICY, below, random, request: { range } });
  below.give = (body, bytes) => trial.give(body, bytes);
  return trial;
}

/** Lets time pass until `done` has settled. */
async function passTime(trial: ResumeTrial, done: Promise<unknown>): Promise<void> {
  const state = { isDone: false };
  const finish = (): void => void (state.isDone = true);
  done.then(finish, finish);
  while (!state.isDone) await trial.clock.advance(POLICY.maxMs);
}

function assertPauses({ reports }: ResumeTrial): void {
  for (const { attempt, pauseMs } of reports) {
    assert.ok(attempt >= 1 && attempt < POLICY.attempts);
    const boundMs = Math.min(POLICY.maxMs, POLICY.refusalMs * 2 ** (attempt - 1));
    assert.ok(pauseMs >= 0 && pauseMs < boundMs, `${pauseMs} ms before attempt ${attempt}`);
  }
}

test('the reader sees every byte once, and nothing else', async () => {
  const property = fc.asyncProperty(plays, aRange, draws, async (played, range, random) => {
    const below = new PlayedSource(played);
    const trial = setUp(below, range, () => random.next().value);
    const all = trial.readAll();
    await passTime(trial, all);
    await all;
    assertPauses(trial);
    assert.ok((trial.body.resumedCount ?? 0) <= trial.reports.length);
    assert.equal(trial.reports.length, below.bodies.length - 1);
    assert.equal(trial.body.receivedBytes, range.end - range.start);
    trial.assertNothingLeft();
  });
  await fc.assert(property, { numRuns: 200 });
});

test('the reader of an object that is replaced sees bytes of the old version, and then that it has changed', async () => {
  const someBytes = aRange.filter(({ start, end }) => start < end);
  const property = fc.asyncProperty(plays, someBytes, async (played, range) => {
    const trial = setUp(new PlayedSource(played, 'changed'), range, () => 0.5);
    const all = trial.readAll();
    await passTime(trial, all);
    // Complete before the object was replaced, or not at all.
    if (trial.position === range.end) await all;
    else await assert.rejects(all, { code: 'changed' });
    trial.body.close();
    trial.assertNothingLeft();
  });
  await fc.assert(property, { numRuns: 200 });
});

test('a close at any moment leaves nothing', async () => {
  const moments = fc.array(fc.constantFrom(0, 1, 5, 50, 500), { maxLength: 20 });
  const property = fc.asyncProperty(plays, moments, fc.boolean(), async (played, waitsMs, aborts) => {
    const below = new PlayedSource(played);
    const trial = setUp(below, { start: 10, end: SIZE }, () => 0.5);
    const all = trial.readAll().catch((error: { code: string }) => error.code);
    for (const waitMs of waitsMs) await trial.clock.advance(waitMs);
    const wasComplete = trial.position === SIZE;
    if (aborts) trial.controller.abort();
    else trial.body.close();
    assert.ok(below.bodies.every(({ isOver }) => isOver));
    const asked = below.bodies.length;
    assert.equal(await all, wasComplete ? undefined : 'closed');
    await trial.clock.advance(POLICY.maxMs);
    await settle();
    assert.equal(below.bodies.length, asked);
    trial.assertNothingLeft();
  });
  await fc.assert(property, { numRuns: 200 });
});
