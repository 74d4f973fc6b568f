// Names of transfers: UUIDs of version 7 (RFC 9562 §5.7). They begin with the millisecond in which the transfer began, so
// that the order of the ids is the order of time, and a stretch of time is a stretch of the primary key.
import { randomBytes } from 'node:crypto';

/** What fits into the 48 bits that a UUID of version 7 has for it. */
const MAX_MS = 2 ** 48 - 1;

/** A counter of 26 bits tells apart what began in one millisecond: 12 bits before the variant, 14 behind it. */
const COUNTER_BITS = 26;

/**
 * Gives ids, one for each call, which is handed when the transfer began, in milliseconds since 1970. `node`, 12
 * hexadecimal digits, sets this process apart from every other.
 */
export function createTransferIds(node: string = randomBytes(6).toString('hex')): (startedAtMs: number) => string {
  // It is never set back: a clock that is gives the same milliseconds again, and not the same ids.
  let counter = 0;
  let lastMs = Number.NaN;
  let prefix = '';
  return (startedAtMs) => {
    if (startedAtMs !== lastMs) {
      lastMs = startedAtMs;
      prefix = toPrefix(startedAtMs);
    }
    counter = (counter + 1) % 2 ** COUNTER_BITS;
    const high = toHex(counter >>> 14, 3);
    const low = toHex(0x8000 | (counter & 0x3fff), 4);
    return `${prefix}-7${high}-${low}-${node}`;
  };
}

/** No id of a transfer that began then, or later, is less than this text; every earlier one is. */
export function toPrefix(startedAtMs: number): string {
  const digits = toHex(Math.min(Math.max(Math.trunc(startedAtMs) || 0, 0), MAX_MS), 12);
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

function toHex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0');
}
