// Ranges of a layout against the same range of a tar that was made whole; and what no whole tar could be made of.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../errors.ts';
import type { ByteRange } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { planTar } from './layout.ts';
import type { TarLayout } from './layout.ts';
import { buildNaiveTar } from './naive-tar.test-double.ts';
import { tarHeaderBytes } from './tar-header.ts';
import type { TarMember } from './tar-header.ts';

/** Each member has a pattern of its own. */
const contentOf = (index: number, range: ByteRange) => patternBytes(range, index + 1);

function readRange(layout: TarLayout, range: ByteRange): Buffer {
  const parts: Uint8Array[] = [];
  for (const segment of layout.segments(range)) {
    const bytes = segment.kind === 'own' ? segment.bytes : contentOf(segment.index, segment.range);
    assert.ok(bytes.length > 0, 'no segment is empty');
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

const aName = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }),
  fc.integer({ min: 98, max: 600 }).map((length) => 'n'.repeat(length)),
);
const aMember: fc.Arbitrary<TarMember> = fc.record({
  name: aName,
  size: fc.oneof(fc.constantFrom(0, 1, 511, 512, 513, 1024), fc.nat(5000)),
  modifiedAtSeconds: fc.nat(),
});

describe('planTar()', () => {
  it('has in every range what the whole tar has there', () => {
    const property = fc.property(
      fc.array(aMember, { maxLength: 12 }),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
        minLength: 20,
        maxLength: 20,
      }),
      (members, fractions) => {
        const whole = buildNaiveTar(members, (index) => contentOf(index, { start: 0, end: members[index]!.size }));
        const layout = planTar(members);
        assert.equal(layout.size, whole.length);
        assert.ok(readRange(layout, { start: 0, end: whole.length }).equals(whole));
        for (const fraction of fractions) {
          const [start, end] = fraction.map((part) => Math.round(part * whole.length)).toSorted((a, b) => a - b) as [
            number,
            number,
          ];
          assert.ok(readRange(layout, { start, end }).equals(whole.subarray(start, end)), `${start} to ${end}`);
        }
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('has each single byte, and nothing in an empty range', () => {
    const members = [0, 3, 512, 0, 0, 515].map((size, index) => ({ name: `${index}`, size, modifiedAtSeconds: index }));
    const whole = buildNaiveTar(members, (index) => contentOf(index, { start: 0, end: members[index]!.size }));
    const layout = planTar(members);
    for (let start = 0; start < whole.length; start += 1) {
      assert.equal(readRange(layout, { start, end: start + 1 })[0], whole[start]);
      assert.equal(readRange(layout, { start, end: start }).length, 0);
    }
    assert.equal(readRange(layout, { start: whole.length, end: whole.length }).length, 0);
  });

  it('is two blocks of zeros for no members', () => {
    assert.ok(readRange(planTar([]), { start: 0, end: 1024 }).equals(Buffer.alloc(1024)));
  });

  for (const [count, size] of [
    [1_800, 5_000_000_000_000],
    [100_000, 90_000_000_001],
  ] as const) {
    it(`knows to the byte where ${count.toLocaleString('en')} members of ${size} bytes are`, () => {
      const members = Array.from({ length: count }, (_, index) => ({ name: `m${index}`, size, modifiedAtSeconds: 0 }));
      const layout = planTar(members);
      const blockBytes = BigInt(size) + BigInt((512 - (size % 512)) % 512);
      const slotBytes = BigInt(tarHeaderBytes(members[0]!)) + blockBytes;
      assert.equal(BigInt(layout.size), BigInt(count) * slotBytes + 1024n);
      for (const index of [0, 1, count >> 1, count - 1]) {
        const at = Number(BigInt(index) * slotBytes) + tarHeaderBytes(members[index]!);
        const [segment, ...more] = layout.segments({ start: at + 7, end: at + 9 });
        assert.deepEqual([segment, more], [{ kind: 'member', index, range: { start: 7, end: 9 } }, []]);
      }
    });
  }

  it('makes the header of no member that the range does not touch', () => {
    let made = 0;
    const members = Array.from({ length: 100_000 }, (_, index) => ({
      name: `m${index}`,
      size: 1000,
      // Read only when a header is made.
      get modifiedAtSeconds() {
        made += 1;
        return 0;
      },
    }));
    const layout = planTar(members);
    const middle = layout.size / 2;
    assert.ok([...layout.segments({ start: middle, end: middle + 4096 })].length > 1);
    assert.ok(made < 10, `${made} headers were made`);
    const first = layout.segments({ start: 0, end: layout.size }).next();
    assert.equal(first.value?.kind, 'own');
    assert.ok(made < 12, 'the range is not gone through ahead of its reader');
  });

  it('refuses what cannot be counted in exact integers', () => {
    const size = 5_000_000_000_000;
    const members = Array.from({ length: 100_000 }, (_, index) => ({ name: `m${index}`, size, modifiedAtSeconds: 0 }));
    const isTooLarge = (error: unknown) => error instanceof SluiceError && error.code === 'bad-input';
    assert.throws(() => planTar(members), isTooLarge);
    const one = (bytes: number) => [{ name: 'm', size: bytes, modifiedAtSeconds: 0 }];
    assert.throws(() => planTar(one(Number.MAX_SAFE_INTEGER)), isTooLarge);
    // A header of three blocks, and two at the end.
    assert.equal(planTar(one(2 ** 53 - 6 * 512)).size, 2 ** 53 - 512);
    assert.throws(() => planTar(one(2 ** 53 - 5 * 512 - 511)), isTooLarge);
  });
});
