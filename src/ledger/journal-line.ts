// One line of the journal: eight hexadecimal digits of CRC-32 over all that follows, the version, what kind it is, and
// the row. JSON has no line breaks, so a damaged line ends where it should, and the next one can be read.
import { crc32 } from 'node:zlib';

/** Of the line, and of the order of the columns in its row. */
const VERSION = '1';

/** A row that is open, with the last counts; a row that is settled. */
export type LineKind = 'o' | 's';

export type Line = { readonly kind: LineKind | 'damaged' | 'foreign'; readonly row: string };

const CHECKSUM_DIGITS = 8;
const ROW_AT = CHECKSUM_DIGITS + 2;

const DAMAGED: Line = { kind: 'damaged', row: '' };

/** Genuine, and of a version that this program does not know. */
const FOREIGN: Line = { kind: 'foreign', row: '' };

export function toLine(kind: LineKind, row: string): string {
  const rest = `${VERSION}${kind}${row}`;
  return `${crc32(rest).toString(16).padStart(CHECKSUM_DIGITS, '0')}${rest}\n`;
}

/** `bytes` are a line without its end. */
export function parseLine(bytes: Buffer): Line {
  if (bytes.length < ROW_AT) return DAMAGED;
  const checksum = bytes.toString('latin1', 0, CHECKSUM_DIGITS);
  const expected = crc32(bytes.subarray(CHECKSUM_DIGITS)).toString(16).padStart(CHECKSUM_DIGITS, '0');
  if (checksum !== expected) return DAMAGED;
  const kind = bytes.toString('latin1', CHECKSUM_DIGITS + 1, ROW_AT);
  if (bytes.toString('latin1', CHECKSUM_DIGITS, CHECKSUM_DIGITS + 1) !== VERSION) return FOREIGN;
  if (kind !== 'o' && kind !== 's') return FOREIGN;
  return { kind, row: bytes.toString('utf8', ROW_AT) };
}
