import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_HEDGE_POLICY } from './hedge-policy.ts';
import { LatencyBook, STRETCH_BYTES } from './latency-book.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;
const { floorMs, minSamples } = DEFAULT_HEDGE_POLICY;

/** The estimate rounds up by at most nine per cent. */
function assertAbout(actualMs: number, expectedMs: number): void {
  assert.ok(actualMs >= expectedMs && actualMs <= expectedMs * 1.1, `${actualMs} ms, not about ${expectedMs} ms`);
}

/** A book that has seen `count` answers, the nth of which took `durationOf(n)`. */
function bookOf(count: number, durationOf: (index: number) => number): LatencyBook {
  const book = new LatencyBook(DEFAULT_HEDGE_POLICY);
  for (let index = 0; index < count; index += 1) book.noteAnswer(durationOf(index));
  return book;
}

describe('answers', () => {
  test('nothing is slow before enough of them are known', () => {
    assert.equal(bookOf(minSamples - 1, () => 50).answerLimitMs, Number.POSITIVE_INFINITY);
    assertAbout(bookOf(minSamples, () => 50).answerLimitMs, 100);
  });

  test('on a quick network the floor is what counts', () => {
    assert.equal(bookOf(1_000, (index) => (index % 50 === 0 ? 3 : 0.3)).answerLimitMs, floorMs);
  });

  test('where all are alike, none of them is slow', () => {
    assertAbout(bookOf(1_000, (index) => 40 + (index % 10)).answerLimitMs, 2 * 44);
  });

  test('where they are spread out, the slowest few per cent are slow', () => {
    assertAbout(bookOf(1_000, (index) => 1 + (index % 100) ** 2 / 10).answerLimitMs, 1 + 96 ** 2 / 10);
  });

  test('a rare slow kind does not move what is slow; one that is not rare does', () => {
    assertAbout(bookOf(1_000, (index) => (index % 50 === 0 ? 1_000 : 20)).answerLimitMs, 40);
    assertAbout(bookOf(1_000, (index) => (index % 10 === 0 ? 1_000 : 20)).answerLimitMs, 1_000);
  });

  test('what has become usual is learned', () => {
    const book = bookOf(5_000, () => 20);
    for (let index = 0; index < 5_000; index += 1) book.noteAnswer(200);
    assertAbout(book.answerLimitMs, 400);
  });
});

describe('stretches', () => {
  function bookOfStretches(bytes: number, waitedMs: number): LatencyBook {
    const book = new LatencyBook(DEFAULT_HEDGE_POLICY);
    for (let index = 0; index < minSamples; index += 1) book.noteStretch(bytes, waitedMs);
    return book;
  }

  test('peers are those of like length, and time goes with the length among them', () => {
    const book = bookOfStretches(4 * MIB, 100);
    assertAbout(book.stretchLimitMs(4 * MIB), 200);
    assertAbout(book.stretchLimitMs(6 * MIB), 300);
    assert.equal(book.stretchLimitMs(STRETCH_BYTES), Number.POSITIVE_INFINITY);
    assert.equal(book.stretchLimitMs(4 * MIB - 1), Number.POSITIVE_INFINITY);
  });

  test('a longer one than its class’s shortest is scaled down to it', () => {
    assertAbout(bookOfStretches(6 * MIB, 150).stretchLimitMs(4 * MIB), 200);
  });

  test('a stretch that is shorter than all peers has the time of the shortest of them', () => {
    const book = bookOfStretches(256 * KIB, 30);
    assert.equal(book.stretchLimitMs(1), book.stretchLimitMs(256 * KIB));
    assertAbout(book.stretchLimitMs(1), 60);
  });

  test('short ones, which come with the answer, teach nothing', () => {
    const book = bookOfStretches(256 * KIB - 1, 1);
    assert.equal(book.stretchLimitMs(256 * KIB - 1), Number.POSITIVE_INFINITY);
  });

  test('answers and stretches are apart, and the floor is for both', () => {
    const book = bookOfStretches(MIB, 0.1);
    assert.equal(book.stretchLimitMs(MIB), floorMs);
    assert.equal(book.answerLimitMs, Number.POSITIVE_INFINITY);
  });
});
