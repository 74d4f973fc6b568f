// A tar made whole, in memory, the plain way: what ranges of a layout are compared with. It shares nothing with the
// layout but the header of a member.
import { BLOCK_BYTES, formatTarHeader } from './tar-header.ts';
import type { TarMember } from './tar-header.ts';

export function buildNaiveTar(members: readonly TarMember[], contentOf: (index: number) => Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (const [index, member] of members.entries()) {
    parts.push(formatTarHeader(member), contentOf(index));
    if (member.size % BLOCK_BYTES > 0) parts.push(Buffer.alloc(BLOCK_BYTES - (member.size % BLOCK_BYTES)));
  }
  return Buffer.concat([...parts, Buffer.alloc(BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES)]);
}
