// Where everything is in the tar of some members, known from their names and sizes alone: that is why its length, its
// ETag and each of its ranges can be told before a byte of a member has been read. The tar is gap, content, gap,
// content, …, gap: a gap is the padding of the member before it and the header of the one after it, and the last
// ends the archive. Gaps are made when they are asked for; what is kept is one number for each member.
import { SluiceError } from '../errors.ts';
import type { ByteRange } from '../source/source.ts';
import { BLOCK_BYTES, formatTarHeader, paddingOf, tarHeaderBytes } from './tar-header.ts';
import type { TarMember } from './tar-header.ts';

/**
 * Two blocks of zeros. The standard wants no more; that tar programs write up to a multiple of 10,240 is for tapes,
 * whose blocks have one size, and no reader minds its absence.
 */
const END_BYTES = 2 * BLOCK_BYTES;

/** Bytes of the archive's own, or a range of a member's content. Neither is ever empty. */
export type TarSegment =
  | { readonly kind: 'own'; readonly bytes: Uint8Array }
  | { readonly kind: 'member'; readonly index: number; readonly range: ByteRange };

export type TarLayout = {
  /** The length of the tar, in bytes. */
  readonly size: number;
  /**
   * What the range is made of, in order, found by binary search and made one by one as they are asked for.
   * `0 <= start <= end <= size`.
   */
  segments(range: ByteRange): Generator<TarSegment, void, undefined>;
};

/** Lays the members out in their order. Throws `bad-input` where offsets would no longer be exact integers. */
export function planTar(members: readonly TarMember[]): TarLayout {
  /** Where the content of each member begins. */
  const starts = new Float64Array(members.length);
  let position = 0;
  let padding = 0;
  for (const [index, member] of members.entries()) {
    const start = position + padding + tarHeaderBytes(member);
    starts[index] = start;
    position = start + member.size;
    padding = paddingOf(member.size);
    if (position > Number.MAX_SAFE_INTEGER) throw toTooLarge();
  }
  const size = position + padding + END_BYTES;
  if (size > Number.MAX_SAFE_INTEGER) throw toTooLarge();

  const startOf = (index: number) => starts[index] ?? size;
  /** Where the content of a member ends; the archive does with a member more than there are. */
  const endOf = (index: number) => startOf(index) + (members[index]?.size ?? 0);

  /** The bytes before the content of the member `index`: all of them, for a range may begin anywhere. */
  const gapBefore = (index: number): Uint8Array => {
    const before = members[index - 1];
    const next = members[index];
    const header = next ? formatTarHeader(next) : Buffer.alloc(END_BYTES);
    return Buffer.concat([Buffer.alloc(before ? paddingOf(before.size) : 0), header]);
  };

  /** The first member whose content ends behind `offset`. */
  const findAfter = (offset: number): number => {
    let low = 0;
    let high = members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (endOf(middle) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    size,
    *segments({ start, end }) {
      if (start === end) return;
      for (let index = findAfter(start); ; index += 1) {
        const gapStart = index === 0 ? 0 : endOf(index - 1);
        const contentStart = startOf(index);
        if (start < contentStart) {
          const bytes = gapBefore(index).subarray(Math.max(0, start - gapStart), end - gapStart);
          yield { kind: 'own', bytes };
        }
        if (end <= contentStart) return;
        const range = { start: Math.max(0, start - contentStart), end: Math.min(end, endOf(index)) - contentStart };
        if (range.start < range.end) yield { kind: 'member', index, range };
        if (end <= endOf(index)) return;
      }
    },
  };
}

function toTooLarge(): SluiceError {
  const message = `the members would make a tar of more than ${Number.MAX_SAFE_INTEGER} bytes; want fewer or smaller`;
  return new SluiceError('bad-input', message);
}
