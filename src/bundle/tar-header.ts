// The blocks before a member of a tar: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header". Nothing
// in them but the member's name, its size and its time, so that the same member has the same bytes every time.

/** A tar is made of blocks of this size ("logical records" in the standard). */
export const BLOCK_BYTES = 512;

/** What a header says of a member. */
export type TarMember = {
  /** A path with `/` between its segments, as `member-name.ts` makes it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Seconds since 1970: a whole number, from 0. */
  readonly modifiedAtSeconds: number;
};

/** What the ustar header holds without an extended one before it: 100 bytes, and ASCII is the charset all agree on. */
const PLAIN_NAME = /^[\x20-\x7e]{1,100}$/;
const MAX_PLAIN_NAME_BYTES = 100;

/** Eleven octal digits: one byte less than 8 GiB, and the year 2242. */
const MAX_OCTAL_11 = 8 ** 11 - 1;

/** Where the extended header would be laid down by who does not know it. One name for all: it is never a file. */
const EXTENDED_NAME = 'PaxHeaders/member';

/** Offsets and lengths of the fields that are not zero. */
const FIELDS = {
  name: 0,
  mode: { at: 100, digits: 7 },
  uid: { at: 108, digits: 7 },
  gid: { at: 116, digits: 7 },
  size: { at: 124, digits: 11 },
  mtime: { at: 136, digits: 11 },
  checksum: { at: 148, digits: 6 },
  typeflag: 156,
  magicAndVersion: 257,
  devmajor: { at: 329, digits: 7 },
  devminor: { at: 337, digits: 7 },
} as const;

/** Readable by everyone, writable by who unpacks it. */
const MODE = 0o644;

const REGULAR_FILE = '0';
const EXTENDED_HEADER = 'x';

/** So many bytes up to the next block. */
export function paddingOf(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** How long `formatTarHeader` is, without making it. */
export function tarHeaderBytes(member: TarMember): number {
  const records = recordsOf(member).reduce((total, [keyword, value]) => total + recordBytes(keyword, value), 0);
  return records === 0 ? BLOCK_BYTES : BLOCK_BYTES + records + paddingOf(records) + BLOCK_BYTES;
}

/** The blocks before the member's content: one, or an extended header first where one block cannot say it. */
export function formatTarHeader(member: TarMember): Buffer {
  const { name, size, modifiedAtSeconds } = member;
  // Where an extended header says it better, a reader that knows none still finds something that it can read.
  const plain = {
    name: name.replaceAll(/[^\x20-\x7e]/gu, '_').slice(0, MAX_PLAIN_NAME_BYTES),
    size: size > MAX_OCTAL_11 ? 0 : size,
    modifiedAtSeconds: Math.min(modifiedAtSeconds, MAX_OCTAL_11),
  };
  const header = formatBlock(plain, REGULAR_FILE);
  const records = Buffer.from(recordsOf(member).map(formatRecord).join(''));
  if (records.length === 0) return header;
  const extended = formatBlock({ ...plain, name: EXTENDED_NAME, size: records.length }, EXTENDED_HEADER);
  return Buffer.concat([extended, records, Buffer.alloc(paddingOf(records.length)), header]);
}

type Record = readonly [keyword: 'path' | 'size', value: string];

/** What one block cannot say. */
function recordsOf({ name, size }: TarMember): readonly Record[] {
  const records: Record[] = [];
  if (!PLAIN_NAME.test(name)) records.push(['path', name]);
  if (size > MAX_OCTAL_11) records.push(['size', String(size)]);
  return records;
}

/** `"%d %s=%s\n"`: the first is the length of all of it, its own digits included. */
function formatRecord([keyword, value]: Record): string {
  return `${recordBytes(keyword, value)} ${keyword}=${value}\n`;
}

function recordBytes(keyword: string, value: string): number {
  const rest = Buffer.byteLength(` ${keyword}=${value}\n`);
  const length = rest + String(rest).length;
  // The digits may themselves make it a digit longer.
  return rest + String(length).length;
}

function formatBlock({ name, size, modifiedAtSeconds }: TarMember, typeflag: string): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, FIELDS.name, 'latin1');
  writeOctal(block, FIELDS.mode, MODE);
  writeOctal(block, FIELDS.uid, 0);
  writeOctal(block, FIELDS.gid, 0);
  writeOctal(block, FIELDS.size, size);
  writeOctal(block, FIELDS.mtime, modifiedAtSeconds);
  block.write(typeflag, FIELDS.typeflag, 'latin1');
  block.write('ustar\x0000', FIELDS.magicAndVersion, 'latin1');
  writeOctal(block, FIELDS.devmajor, 0);
  writeOctal(block, FIELDS.devminor, 0);
  // The sum of all bytes, with its own field taken for spaces.
  const { at, digits } = FIELDS.checksum;
  block.fill(' ', at, at + digits + 2);
  const sum = block.reduce((total, byte) => total + byte, 0);
  writeOctal(block, FIELDS.checksum, sum);
  return block;
}

/** Leading zeros, and a NUL at the end. */
function writeOctal(block: Buffer, field: { readonly at: number; readonly digits: number }, value: number): void {
  block.write(`${value.toString(8).padStart(field.digits, '0')}\0`, field.at, 'latin1');
}
