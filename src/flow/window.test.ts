// The window in each of its states, and whatever its client does: how it opens, grows, shrinks, halves and begins anew.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FIRST_WINDOW_BYTES, Window } from './window.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;
const MIN_BYTES = 64 * KIB;
const MAX_BYTES = 64 * MIB;

/** A client that drinks a window at a time, at a speed and over a way that the test says. */
class Drinking {
  readonly window = new Window({ maxBytes: MAX_BYTES });
  drunkBytes = 0;
  nowMs = 0;

  constructor() {
    this.window.asked(this);
  }

  /** Drinks as much as the window is wide, or `bytes`, and returns how wide it is then. */
  drink({ bytesPerMs, roundMs = 0 }: { bytesPerMs: number; roundMs?: number }, bytes = this.window.bytes): number {
    this.drunkBytes += bytes;
    this.nowMs += bytes / bytesPerMs;
    this.window.drank({ nowMs: this.nowMs, drunkBytes: this.drunkBytes, roundMs });
    return this.window.bytes;
  }
}

describe('Window', () => {
  it('opens with 256 KiB, or with all it may have', () => {
    assert.equal(FIRST_WINDOW_BYTES, 256 * KIB);
    assert.deepEqual(
      [new Window({ maxBytes: MAX_BYTES }).bytes, new Window({ maxBytes: 1000 }).bytes],
      [256 * KIB, 1000],
    );
  });

  it('does nothing about what is drunk before anything was asked for', () => {
    const window = new Window({ maxBytes: MAX_BYTES });
    window.drank({ nowMs: 1, drunkBytes: 10 * MIB, roundMs: 1 });
    assert.deepEqual([window.bytes, window.bytesPerMs], [256 * KIB, 0]);
  });

  it('waits for a whole window to be drunk, but for the third that may go unacknowledged', () => {
    const drinking = new Drinking();
    const fast = { bytesPerMs: 64 * KIB, roundMs: 100 };
    assert.equal(drinking.drink(fast, 170 * KIB), 256 * KIB);
    assert.equal(drinking.window.bytesPerMs, 0);
    assert.equal(drinking.drink(fast, KIB), 512 * KIB);
    assert.equal(drinking.window.bytesPerMs, 64 * KIB);
  });

  it('doubles with each window that is drunk, up to the largest', () => {
    const drinking = new Drinking();
    const widths = Array.from({ length: 10 }, () => drinking.drink({ bytesPerMs: MIB, roundMs: 1_000 }) / KIB);
    assert.deepEqual(widths, [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 65_536, 65_536]);
  });

  it('doubles while it is not known how long a round takes', () => {
    assert.equal(new Drinking().drink({ bytesPerMs: 1, roundMs: Number.POSITIVE_INFINITY }), 512 * KIB);
  });

  it('takes four rounds of what the client drinks, where that is more than an eighth of what it drank', () => {
    const drinking = new Drinking();
    for (let count = 0; count < 4; count += 1) drinking.drink({ bytesPerMs: 8 * KIB, roundMs: 30 });
    assert.equal(drinking.window.bytes, 4 * 30 * 8 * KIB);
  });

  it('takes an eighth of what was drunk, where that lasts the client for a quarter of a second at most', () => {
    const drinking = new Drinking();
    drinking.drink({ bytesPerMs: 64 * KIB }, 8 * MIB);
    assert.equal(drinking.window.bytes, 512 * KIB, 'twice as wide and no wider');
    drinking.drink({ bytesPerMs: 64 * KIB }, 8 * MIB);
    drinking.drink({ bytesPerMs: 64 * KIB }, 8 * MIB);
    assert.equal(drinking.window.bytes, 2 * MIB);
    drinking.drink({ bytesPerMs: 64 * KIB }, 2 * MIB);
    assert.equal(drinking.window.bytes, (26 * MIB) / 8);
    drinking.drink({ bytesPerMs: KIB }, 4 * MIB);
    assert.equal(drinking.window.bytes, 250 * KIB);
  });

  it('shrinks by the next stretch for a client that has become slow, to 64 KiB at the least', () => {
    const drinking = new Drinking();
    for (let count = 0; count < 8; count += 1) drinking.drink({ bytesPerMs: MIB, roundMs: 1_000 });
    assert.equal(drinking.window.bytes, MAX_BYTES);
    assert.equal(drinking.drink({ bytesPerMs: 1, roundMs: 10 }), MIN_BYTES);
  });

  it('takes what is drunk within one tick of the clock for as fast as can be told', () => {
    const drinking = new Drinking();
    assert.equal(drinking.drink({ bytesPerMs: Number.POSITIVE_INFINITY, roundMs: 1 }), 512 * KIB);
    assert.ok(Number.isFinite(drinking.window.bytesPerMs));
  });

  it('halves when it is refused, once in each stretch, to 64 KiB at the least', () => {
    const drinking = new Drinking();
    const halved = () => {
      drinking.window.refused();
      return drinking.window.bytes / KIB;
    };
    assert.deepEqual([halved(), halved()], [128, 128]);
    const slow = { bytesPerMs: 1, roundMs: 0 };
    assert.equal(drinking.drink(slow), MIN_BYTES);
    assert.deepEqual([halved(), drinking.drink({ bytesPerMs: MIB, roundMs: 1_000 }) / KIB, halved()], [64, 128, 64]);
  });

  it('begins anew after a rest, which counts for no stretch', () => {
    const drinking = new Drinking();
    for (let count = 0; count < 4; count += 1) drinking.drink({ bytesPerMs: MIB, roundMs: 1_000 });
    drinking.window.refused();
    drinking.window.rested();
    assert.equal(drinking.window.bytes, 256 * KIB);
    drinking.nowMs += 60_000;
    assert.equal(drinking.drink({ bytesPerMs: 1 }), 256 * KIB, 'nothing has been asked for since');
    drinking.window.asked(drinking);
    drinking.nowMs += 1;
    drinking.window.asked(drinking);
    drinking.window.refused();
    assert.equal(drinking.window.bytes, 128 * KIB, 'a refusal before the rest is forgotten');
    assert.equal(drinking.drink({ bytesPerMs: MIB, roundMs: 1_000 }), 256 * KIB);
    assert.equal(
      Math.round(drinking.window.bytesPerMs),
      Math.round((128 * KIB) / (128 / 1024 + 1)),
      'from the first ask on',
    );
  });

  it('stays within its bounds whatever happens, and never more than doubles', () => {
    const anEvent = fc.record({
      kind: fc.constantFrom('drank', 'drank', 'drank', 'refused', 'rested', 'asked' as const),
      bytes: fc.nat(8 * MIB),
      ms: fc.double({ min: 0, max: 2_000, noNaN: true }),
      roundMs: fc.oneof(fc.double({ min: 0, max: 500, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY)),
    });
    const property = fc.property(fc.integer({ min: 1, max: MAX_BYTES }), fc.array(anEvent), (maxBytes, events) => {
      const window = new Window({ maxBytes });
      const at = { nowMs: 0, drunkBytes: 0 };
      window.asked(at);
      for (const { kind, bytes, ms, roundMs } of events) {
        const before = window.bytes;
        at.nowMs += ms;
        if (kind === 'drank') {
          at.drunkBytes += bytes;
          window.drank({ ...at, roundMs });
          assert.ok(window.bytes <= 2 * before);
        } else if (kind === 'asked') {
          window.asked(at);
        } else {
          window[kind]();
        }
        assert.ok(window.bytes <= maxBytes && window.bytes >= Math.min(maxBytes, MIN_BYTES), `${window.bytes}`);
        assert.ok(Number.isInteger(window.bytes));
        // To be twice as wide, two thirds of the width must have been drunk: so it stays in proportion to that.
        assert.ok(window.bytes <= FIRST_WINDOW_BYTES + (at.drunkBytes * 3) / 2, 'more than what was drunk explains');
      }
    });
    fc.assert(property);
  });
});
