// Whatever the two attempts do and whenever they do it, the reader gets the bytes of the range, each once and in order,
// or an error that one of them had; and nothing is left of either.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { patternBytes } from '../testing/pattern.ts';
import { EAGER_POLICY, HedgeTrial, give } from './hedge-trial.test-double.ts';
import type { Body } from './source.ts';

const RANGE = { start: 11, end: 11 + 40_000 };

/** What one attempt does. */
type Script = {
  readonly answerMs: number;
  /** After so many milliseconds each, so many bytes; over and over. */
  readonly pieces: readonly { readonly delayMs: number; readonly bytes: number }[];
  /** Fails, if the attempt comes so far, having given so many bytes. */
  readonly failure?: { readonly afterBytes: number; readonly retryable: boolean } | undefined;
};

const aScript: fc.Arbitrary<Script> = fc.record({
  answerMs: fc.nat(120),
  pieces: fc.array(fc.record({ delayMs: fc.nat(120), bytes: fc.integer({ min: 500, max: 20_000 }) }), {
    minLength: 1,
    maxLength: 6,
  }),
  failure: fc.option(fc.record({ afterBytes: fc.nat(45_000), retryable: fc.boolean() }), { nil: undefined }),
});

type Failed = Map<ScriptedBody, SluiceError>;

/** Plays a script to an attempt, for as long as somebody wants it. */
function play(trial: HedgeTrial, body: ScriptedBody, { script, failed }: { script: Script; failed: Failed }): void {
  const { start, end } = body.request.range;
  const { answerMs, pieces, failure } = script;
  const later = (delayMs: number, act: () => void): void => {
    trial.clock.after(delayMs, () => {
      if (!body.isOver) act();
    });
  };
  const sendPiece = (index: number): void => {
    const position = start + body.receivedBytes;
    if (failure && body.receivedBytes >= failure.afterBytes) {
      const code = failure.retryable ? 'truncated' : 'origin-invalid';
      const error = new SluiceError(code, 'it failed', { retryable: failure.retryable });
      failed.set(body, error);
      return body.fail(error);
    }
    if (position === end) return body.end();
    const { delayMs, bytes } = pieces[index % pieces.length]!;
    later(delayMs, () => {
      give(body, position, Math.min(end, position + bytes));
      sendPiece(index + 1);
    });
  };
  later(answerMs, () => {
    body.confirm();
    sendPiece(0);
  });
}

/** Reads to the end, pausing between reads; gives what came, and how it ended. */
async function readAll(body: Body, { clock }: HedgeTrial, pausesMs: readonly number[]) {
  const parts: Buffer[] = [];
  try {
    for (let chunk = await body.read(); chunk; chunk = await body.read()) {
      parts.push(Buffer.from(chunk.bytes));
      chunk.release();
      const pauseMs = pausesMs[parts.length % pausesMs.length]!;
      if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    }
    return { bytes: Buffer.concat(parts), error: undefined };
  } catch (error) {
    body.close();
    return { bytes: Buffer.concat(parts), error };
  }
}

test('with random delays, pieces and failures of every attempt', async () => {
  let hedgeCount = 0;
  let secondsWon = 0;
  const scripts = fc.tuple(aScript, aScript, aScript);
  const pauses = fc.array(fc.constantFrom(0, 0, 0, 15, 80), { minLength: 1, maxLength: 5 });
  const property = fc.asyncProperty(scripts, pauses, async (played, pausesMs) => {
    const trial = new HedgeTrial(EAGER_POLICY);
    await trial.teach();
    const failed: Failed = new Map();
    const { origin } = trial;
    let known = 0;
    const open = origin.open.bind(origin);
    origin.open = (request) => {
      const scripted = open(request);
      play(trial, scripted, { script: played[known]!, failed });
      known += 1;
      assert.ok(origin.bodies.filter(({ isOver }) => !isOver).length <= 2, 'more than two at once');
      return scripted;
    };
    const body = trial.open(RANGE);
    const state = { isRead: false };
    const reading = readAll(body, trial, pausesMs).finally(() => {
      state.isRead = true;
    });
    while (!state.isRead) await trial.clock.advance(1_000);
    const { bytes, error } = await reading;
    const expected = patternBytes({ start: RANGE.start, end: RANGE.start + bytes.length });
    assert.ok(expected.equals(bytes), 'other bytes than the object has');
    if (error === undefined) assert.equal(bytes.length, RANGE.end - RANGE.start);
    else assert.ok([...failed.values()].includes(error as SluiceError), 'failed as no attempt has');
    assert.equal(
      body.receivedBytes,
      origin.bodies.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    );
    assert.ok(origin.bodies.length <= 1 + EAGER_POLICY.maxPerBody);
    assert.equal(trial.hedges.length, origin.bodies.length - 1);
    await trial.clock.advance(10_000);
    trial.assertNothingLeft();
    hedgeCount += trial.hedges.length;
    secondsWon += trial.hedges.filter(({ winner }) => winner === 'second').length;
  });
  await fc.assert(property, { numRuns: 300 });
  assert.ok(hedgeCount > 100 && secondsWon > 50, 'the property has seen its subject');
});
