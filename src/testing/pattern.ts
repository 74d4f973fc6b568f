// Test bytes that are a function of their offset, so that a wrong offset, a repeated or a lost byte shows.
import type { ByteRange } from '../source/source.ts';

/** The period of the pattern: a prime, so that no power of two of it repeats. */
const PERIOD_BYTES = 65_521;

const periods = new Map<number, Buffer>();

/** One period of the pattern of `seed`, from a multiplicative hash of each position. */
function patternPeriod(seed: number): Buffer {
  let period = periods.get(seed);
  if (!period) {
    period = Buffer.allocUnsafeSlow(PERIOD_BYTES);
    for (let position = 0; position < PERIOD_BYTES; position += 1) {
      // 2654435761 is 2^32 divided by the golden ratio (Knuth, TAOCP 6.4); the high byte of the product is well mixed.
      period[position] = Math.imul(position + 1 + seed * PERIOD_BYTES, 2_654_435_761) >>> 24;
    }
    periods.set(seed, period);
  }
  return period;
}

/** The bytes that the endless pattern of `seed` (a small whole number) has in this range. */
export function patternBytes(range: ByteRange, seed = 0): Buffer {
  const period = patternPeriod(seed);
  const bytes = Buffer.allocUnsafeSlow(range.end - range.start);
  for (let filled = 0; filled < bytes.length;) {
    filled += period.copy(bytes, filled, (range.start + filled) % PERIOD_BYTES);
  }
  return bytes;
}
