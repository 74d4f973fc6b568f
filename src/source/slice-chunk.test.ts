import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { patternBytes } from '../testing/pattern.ts';
import { sliceChunk } from './slice-chunk.ts';

const BYTES = patternBytes({ start: 0, end: 100 });

function lend() {
  let releaseCount = 0;
  const chunk = { bytes: BYTES, release: () => void (releaseCount += 1) };
  return { chunk, releaseCount: () => releaseCount };
}

test('it is the bytes of the range, in the same memory, and released as the whole is', () => {
  const offset = fc.nat(BYTES.length + 10);
  fc.assert(
    fc.property(offset, offset, (start, end) => {
      const { chunk, releaseCount } = lend();
      const sliced = sliceChunk(chunk, start, end);
      assert.deepEqual(Buffer.from(sliced.bytes), BYTES.subarray(start, end));
      assert.equal(sliced.bytes.buffer, BYTES.buffer);
      assert.equal(releaseCount(), 0);
      sliced.release();
      assert.equal(releaseCount(), 1);
    }),
  );
});

test('a chunk of which all is wanted is left as it is', () => {
  const { chunk } = lend();
  for (const end of [BYTES.length, BYTES.length + 1]) assert.equal(sliceChunk(chunk, 0, end), chunk);
  assert.notEqual(sliceChunk(chunk, 1, BYTES.length), chunk);
  assert.notEqual(sliceChunk(chunk, 0, BYTES.length - 1), chunk);
});
