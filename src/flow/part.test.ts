// A part of a read-ahead: it takes its bytes as they come, says how fast that was, and gives back the memory it was
// given as nobody needs it any more, never sooner and, in the end, all of it.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeClock, settle } from '../clock.test-double.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import { drawFrom } from '../random.test-double.ts';
import type { ByteRange, Chunk } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import { Budget } from './budget.ts';
import { toMemoryBytes } from './cut.ts';
import { GUARDED } from './http-trial.test-double.ts';
import { ModelOrigin } from './model-origin.test-double.ts';
import { Part } from './part.ts';

const KIB = 1 << 10;
const SLAB_BYTES = 16 * KIB;
const RANGE = { start: 1_000, end: 1_000 + 4 * SLAB_BYTES };

/** A part whose body the test plays. */
function begin(range: ByteRange = RANGE) {
  const clock = new FakeClock();
  const budget = new Budget({ totalBytes: 1 << 20 });
  const account = budget.open();
  assert.ok(account.takeFirst(toMemoryBytes(range.end - range.start, SLAB_BYTES)));
  const source = new ScriptedSource();
  const { signal } = new AbortController();
  const changes = { count: 0 };
  const part = new Part(
    (asked, slabBytes) =>
      source.open({
        object: { bucket: '', key: 'k' },
        version: { size: 1 << 20, etag: '"v"' },
        range: asked,
        slabBytes,
        signal,
      }),
    { range, slabBytes: SLAB_BYTES, account, clock, onChange: () => (changes.count += 1) },
  );
  const scripted = source.bodies[0]!;
  const give = async (start: number, end: number) => {
    scripted.give(patternBytes({ start: range.start + start, end: range.start + end }));
    await settle();
  };
  return { clock, budget, account, source, part, scripted, give, changes };
}

describe('Part', GUARDED, () => {
  it('asks for its range, in slabs of its size, and takes all that comes without being read', async () => {
    const { part, scripted, give, changes, source } = begin();
    assert.deepEqual([scripted.request.range, scripted.request.slabBytes], [RANGE, SLAB_BYTES]);
    scripted.confirm();
    await give(0, SLAB_BYTES);
    await give(SLAB_BYTES, 4 * SLAB_BYTES);
    assert.deepEqual([part.isWhole, part.isDrained, scripted.queuedChunks, changes.count], [true, false, 0, 2]);
    let position = RANGE.start;
    for (let chunk = part.take(); chunk; chunk = part.take()) {
      const expected = patternBytes({ start: position, end: position + chunk.bytes.length });
      assert.ok(expected.equals(chunk.bytes), `other bytes than the object has at ${position}`);
      position += chunk.bytes.length;
      chunk.release();
    }
    assert.deepEqual([position, part.isDrained], [RANGE.end, true]);
    part.close();
    assert.deepEqual([source.unreleasedChunks, scripted.isOver], [0, true]);
  });

  it('times the first byte from the asking, and its speed from the first bytes on', async () => {
    const { clock, part, scripted, give } = begin();
    assert.equal(part.firstByteMs, undefined);
    await clock.advance(30);
    scripted.confirm();
    await settle();
    assert.equal(part.firstByteMs, 30);
    await clock.advance(5);
    await give(0, SLAB_BYTES);
    assert.deepEqual(part.timed, { bytes: 0, ms: 0 }, 'it is not whole');
    await clock.advance(10);
    await give(SLAB_BYTES, 4 * SLAB_BYTES);
    assert.deepEqual([part.firstByteMs, part.timed], [30, { bytes: 3 * SLAB_BYTES, ms: 10 }]);
    part.close();
  });

  it('says nothing of a speed when all came in one piece', async () => {
    const { part, scripted, give } = begin();
    scripted.confirm();
    await give(0, 4 * SLAB_BYTES);
    assert.deepEqual(part.timed, { bytes: 0, ms: 0 });
    part.close();
  });

  it('keeps memory for what is still to come and for what is held, and gives back the rest', async () => {
    const { account, part, scripted, give } = begin();
    const slab = toMemoryBytes(SLAB_BYTES, SLAB_BYTES);
    scripted.confirm();
    await give(0, SLAB_BYTES);
    await give(SLAB_BYTES, 2 * SLAB_BYTES);
    assert.equal(account.heldBytes, 4 * slab);
    part.take()!.release();
    assert.equal(account.heldBytes, 4 * slab, 'three slabs of bytes may lie in four');
    part.take()!.release();
    assert.equal(account.heldBytes, 3 * slab);
    await give(2 * SLAB_BYTES, 4 * SLAB_BYTES);
    const last = part.take()!;
    part.close();
    assert.equal(account.heldBytes, 3 * slab, 'the reader holds the last');
    last.release();
    assert.equal(account.heldBytes, 0);
  });

  it('lets go of all that was not taken when it is closed, once', async () => {
    const { account, part, scripted, give, source, changes } = begin();
    scripted.confirm();
    await give(0, 100);
    const held = part.take()!;
    await give(100, 200);
    part.close();
    part.close();
    assert.deepEqual([scripted.closedBy, source.unreleasedChunks, part.take()], ['close()', 1, undefined]);
    assert.equal(account.heldBytes, 2 * toMemoryBytes(1, SLAB_BYTES));
    held.release();
    assert.deepEqual([account.heldBytes, source.unreleasedChunks], [0, 0]);
    await settle();
    assert.deepEqual([part.failure, changes.count], [undefined, 2], 'closing is no news to who closed');
  });

  it('releases bytes that a read had already been given when it was closed', async () => {
    const { account, part, scripted, source } = begin();
    scripted.confirm();
    await settle();
    scripted.give(patternBytes({ start: RANGE.start, end: RANGE.start + 1 }));
    part.close();
    await settle();
    assert.deepEqual([source.unreleasedChunks, account.heldBytes, part.take()], [0, 0, undefined]);
  });

  it('fails with its body, and keeps what came before', async () => {
    for (const isOpen of [false, true]) {
      const { account, part, scripted, give, changes } = begin();
      if (isOpen) scripted.confirm();
      if (isOpen) await give(0, 100);
      const error = new SluiceError('stalled', 'a test');
      scripted.fail(error);
      await settle();
      assert.deepEqual([part.failure, changes.count, part.isWhole], [{ error }, isOpen ? 2 : 1, false]);
      assert.equal(part.take()?.bytes.length, isOpen ? 100 : undefined);
      part.close();
      assert.equal(account.heldBytes === 0, !isOpen);
    }
  });

  it('fails when its source throws instead of opening a body, and gives back its memory', async () => {
    const { account, budget, clock, part: other } = begin();
    other.close();
    assert.ok(account.takeFirst(toMemoryBytes(1, SLAB_BYTES)));
    const error = new SluiceError('misuse', 'a test');
    const open = () => {
      throw error;
    };
    const range = { start: 0, end: 1 };
    let changeCount = 0;
    const onChange = () => (changeCount += 1);
    const part = new Part(open, { range, slabBytes: SLAB_BYTES, account, clock, onChange });
    assert.equal(changeCount, 0, 'who begins it knows it before it hears of it');
    await settle();
    assert.deepEqual([part.failure, changeCount, part.body.receivedBytes], [{ error }, 1, 0]);
    part.close();
    assert.equal(budget.reservedBytes, 0);
  });

  it('fails when its body ends early as if complete, or goes on beyond its end', async () => {
    const tooMany = RANGE.end - RANGE.start + 1;
    for (const [bytes, code] of [
      [100, 'truncated'],
      [tooMany, 'misuse'],
    ] as const) {
      const { part, scripted, give, source } = begin();
      scripted.confirm();
      await give(0, bytes);
      scripted.end();
      await settle();
      assert.ok(isSluiceError(part.failure?.error, code));
      part.close();
      assert.equal(source.unreleasedChunks, 0);
    }
  });

  it('never holds more slabs than it has reserved, however its bytes come and go in order', async () => {
    const aPart = fc.record({
      seed: fc.nat(),
      bytes: fc.integer({ min: 1, max: 300 * KIB }),
      slabBytes: fc.constantFrom(16 * KIB, 64 * KIB, 256 * KIB),
      readBytes: fc.integer({ min: 1 * KIB, max: 100 * KIB }),
      closesAt: fc.option(fc.nat(400 * KIB), { nil: undefined }),
    });
    const property = fc.asyncProperty(aPart, async ({ seed, bytes, slabBytes, readBytes, closesAt }) => {
      const draw = drawFrom(seed);
      const clock = new FakeClock(draw);
      const origin = new ModelOrigin({ latencyMs: 3, bytesPerMs: 50 * KIB, readBytes }, { clock, draw });
      const budget = new Budget({ totalBytes: 1 << 20 });
      const account = budget.open();
      assert.ok(account.takeFirst(toMemoryBytes(bytes, slabBytes)));
      const { signal } = new AbortController();
      const open = (range: ByteRange) => origin.open(range, { slabBytes, signal });
      const part = new Part(open, { range: { start: 0, end: bytes }, slabBytes, account, clock, onChange: () => {} });
      const held: Chunk[] = [];
      const check = () => {
        const { takenBytes } = origin.slabs;
        assert.ok(takenBytes <= account.heldBytes, `${takenBytes} bytes are held, ${account.heldBytes} reserved`);
      };
      origin.onEvent = check;
      for (let takenBytes = 0; !part.isDrained && takenBytes < (closesAt ?? bytes);) {
        await clock.advance(draw() * 4);
        const chunk = draw() < 0.5 ? part.take() : undefined;
        if (chunk) held.push(chunk);
        takenBytes += chunk?.bytes.length ?? 0;
        while (held.length > 0 && draw() < 0.3) held.shift()!.release();
        check();
      }
      part.close();
      await settle();
      check();
      for (const chunk of held.splice(0)) {
        chunk.release();
        check();
      }
      assert.deepEqual([account.heldBytes, origin.slabs.takenCount, origin.openCount, clock.alarmCount], [0, 0, 0, 0]);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
