import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import {
  countParts,
  fillSynthetic,
  PAGE_BYTES,
  seedOf,
  syntheticBytes,
  syntheticEtag,
  syntheticSha256,
} from './synthetic-bytes.ts';

const MIB = 1 << 20;
const TIB = 2 ** 40;

describe('fillSynthetic', () => {
  const whole = syntheticBytes({ seed: 77, offset: 0, length: 3 * MIB });

  it('gives the same bytes at an offset, however they are cut', () => {
    fc.assert(
      fc.property(fc.nat(3 * MIB), fc.nat(3 * MIB), (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const piece = syntheticBytes({ seed: 77, offset: start, length: end - start });
        assert.ok(piece.equals(whole.subarray(start, end)));
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same bytes for small pieces around stamps and blocks', () => {
    for (const edge of [0, PAGE_BYTES, MIB - PAGE_BYTES, MIB, 2 * MIB]) {
      for (let start = Math.max(0, edge - 20); start < edge + 20; start += 1) {
        for (const length of [1, 3, 15, 16, 17, 40]) {
          const piece = syntheticBytes({ seed: 77, offset: start, length });
          assert.ok(piece.equals(whole.subarray(start, start + length)), `${start} + ${length}`);
        }
      }
    }
  });

  it('writes only into its target', () => {
    const memory = new Uint8Array(100);
    fillSynthetic(memory.subarray(30, 40), { seed: 1, offset: PAGE_BYTES - 5 });
    assert.ok(memory.subarray(0, 30).every((byte) => byte === 0));
    assert.ok(memory.subarray(40).every((byte) => byte === 0));
  });

  it('begins every page with the seed and the number of the page', () => {
    const seed = 2 ** 40 + 5;
    const page = 5 * (TIB / PAGE_BYTES) - 1;
    const bytes = syntheticBytes({ seed, offset: page * PAGE_BYTES, length: 16 });
    assert.equal(bytes.readBigUInt64LE(0), BigInt(seed));
    assert.equal(bytes.readBigUInt64LE(8), BigInt(page));
  });

  it('differs between seeds, offsets and blocks, away from the stamps too', () => {
    const at = (seed: number, offset: number): string => syntheticBytes({ seed, offset, length: 24 }).toString('hex');
    const places = [0, 1, PAGE_BYTES, MIB, 2 * MIB, 4 * TIB].map((offset) => offset + 1000);
    const seen = [1, 2, 2 ** 32 + 1].flatMap((seed) => places.map((offset) => at(seed, offset)));
    assert.equal(new Set(seen).size, seen.length);
  });

  it('looks random: no byte but the zeros of the stamps is more frequent than another', () => {
    const counts = new Uint32Array(256);
    for (const byte of whole) counts[byte]! += 1;
    const expected = whole.length / 256;
    assert.ok(counts.subarray(1).every((count) => Math.abs(count - expected) < expected * 0.1));
  });
});

describe('syntheticSha256', () => {
  it('is the SHA-256 of the bytes', async () => {
    for (const size of [0, 1, MIB, MIB + 17, 3 * MIB]) {
      const bytes = syntheticBytes({ seed: 9, offset: 0, length: size });
      assert.equal(await syntheticSha256({ seed: 9, size }), createHash('sha256').update(bytes).digest('hex'));
    }
  });
});

describe('syntheticEtag', () => {
  it('is a strong entity tag that differs by seed, size and part size', () => {
    const tags = [
      syntheticEtag({ seed: 1, size: 10 }),
      syntheticEtag({ seed: 2, size: 10 }),
      syntheticEtag({ seed: 1, size: 11 }),
      syntheticEtag({ seed: 1, size: 10, partSizeBytes: 5 }),
      syntheticEtag({ seed: 1, size: 10, partSizeBytes: 4 }),
    ];
    assert.equal(new Set(tags).size, tags.length);
    for (const tag of tags.slice(0, 3)) assert.match(tag, /^"[0-9a-f]{32}"$/);
    assert.match(tags[3]!, /^"[0-9a-f]{32}-2"$/);
    assert.match(tags[4]!, /^"[0-9a-f]{32}-3"$/);
  });

  it('has one part at least', () => {
    assert.equal(countParts(0, 5), 1);
    assert.equal(countParts(5, 5), 1);
    assert.equal(countParts(6, 5), 2);
  });
});

describe('seedOf', () => {
  it('is a safe integer, the same for a name and another for another', () => {
    assert.equal(seedOf('a/b'), seedOf('a/b'));
    assert.notEqual(seedOf('a/b'), seedOf('a/c'));
    fc.assert(fc.property(fc.string(), (name) => Number.isSafeInteger(seedOf(name)) && seedOf(name) >= 0));
  });
});
